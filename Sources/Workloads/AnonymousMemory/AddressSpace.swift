// The anonymous memory of one process: its folios, its page tables, and blocks of drivers that it
// talks to.
//
// Models  mmu_gather, tlb_batch_pages_flush(), mm/mmu_gather.c; folios_put_refs(), mm/swap.c, 7.3.
// Omits   Which address a folio is mapped at: folios lie in the order of their faults.
// Rule    Private to one worker.  A folio may have further references, held elsewhere.

import Machine
import PageAllocator

/// What one worker holds, and how it gives it back.
struct AddressSpace {
  /// Order-0 pages and compound blocks, freed in batches.
  private(set) var folios: HeldBlocks
  /// Page tables, an order-0 page each.
  private(set) var tables: HeldBlocks
  /// Blocks that are not compound, freed one by one.
  private(set) var raw: HeldBlocks
  /// Pages of all three.
  private(set) var pages = 0
  /// The most pages that it may hold.
  let pagesMax: Int
  private let batch: PageSlots
  private let allocator: PageAllocator

  /// Folios that one flush frees: PAGEVEC_SIZE.
  static var batchCount: Int { 31 }
  /// Non-compound blocks held at most.
  static var rawCount: Int { 16 }

  init(_ allocator: PageAllocator, in arena: Arena, pagesMax: Int, stampBase: UInt32) {
    self.allocator = allocator
    self.pagesMax = pagesMax
    folios = HeldBlocks(in: arena, capacity: pagesMax, stampBase: stampBase)
    tables = HeldBlocks(in: arena, capacity: max(pagesMax / 16, 1), stampBase: stampBase)
    raw = HeldBlocks(in: arena, capacity: Self.rawCount, stampBase: stampBase)
    batch = PageSlots(in: arena, count: Self.batchCount)
  }

  /// Bytes that room for `pagesMax` pages takes in an arena.
  static func arenaByteCount(pagesMax: Int) -> Int {
    HeldBlocks.arenaByteCount(capacity: pagesMax)
      + HeldBlocks.arenaByteCount(capacity: max(pagesMax / 16, 1))
      + HeldBlocks.arenaByteCount(capacity: rawCount) + PageSlots.arenaByteCount(count: batchCount)
  }

  /// Forgets all without giving it back: the start of a run.
  mutating func reset() {
    folios.reset()
    tables.reset()
    raw.reset()
    batch.clear()
    pages = 0
  }

  /// True if `more` pages may be held too.
  func hasRoom(_ more: Int) -> Bool { pages + more <= pagesMax }

  /// Holds a folio; there must be room for its pages.
  mutating func map(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) {
    folios.hold(cpu, allocator, frame, order)
    pages += order.pages
  }

  /// Holds a page table; there must be room for it.
  mutating func addTable(_ cpu: CPU, _ frame: PageFrameNumber) {
    tables.hold(cpu, allocator, frame, .zero)
    pages += 1
  }

  /// Holds a block that is not compound; there must be room for it.  The block as it is held.
  mutating func addRaw(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) -> HeldBlock {
    raw.hold(cpu, allocator, frame, order)
    pages += order.pages
    return raw[raw.count - 1]
  }

  /// Takes folio `index` out; the caller frees it or passes it on.
  mutating func takeFolio(_ cpu: CPU, at index: Int) -> HeldBlock {
    let block = folios.release(cpu, allocator, at: index)
    pages -= block.order.pages
    return block
  }

  /// Frees non-compound block `index`.
  mutating func freeRaw(_ cpu: CPU, at index: Int) {
    let block = raw.release(cpu, allocator, at: index)
    pages -= block.order.pages
    allocator.freePages(cpu, block.frame, order: block.order)
  }

  /// Unmaps the `count` folios that end before `end`, or as many as there are.
  mutating func unmap(_ cpu: CPU, endingAt end: Int, count: Int) {
    let cpu = cpu.at(.munmap)
    let first = max(end - count, 0)
    var index = min(end, folios.count)
    while index > first {
      var gathered = 0
      while index > first && gathered < Self.batchCount {
        index -= 1
        // Taking from the upper end leaves those of the run that are still to go in their places.
        batch[gathered] = takeFolio(cpu, at: index).frame
        gathered += 1
      }
      allocator.releasePages(cpu, batch, count: gathered)
    }
  }

  /// Frees the page table added last, if there is one: the run it mapped is gone.
  mutating func freeTable(_ cpu: CPU) {
    if tables.count == 0 { return }
    tables.free(cpu.at(.munmap), allocator, at: tables.count - 1)
    pages -= 1
  }

  /// Unmaps runs until `more` pages fit, which is at most `pagesMax`.
  mutating func makeRoom(_ cpu: CPU, _ more: Int) {
    while !hasRoom(more) && folios.count > 0 {
      unmap(cpu, endingAt: folios.count, count: Self.batchCount)
      freeTable(cpu)
    }
    while !hasRoom(more) && tables.count > 0 { freeTable(cpu) }
    while !hasRoom(more) && raw.count > 0 { freeRaw(cpu, at: raw.count - 1) }
  }

  /// Gives back everything: exit_mmap().
  mutating func exit(_ cpu: CPU) {
    unmap(cpu, endingAt: folios.count, count: folios.count)
    while tables.count > 0 { freeTable(cpu) }
    while raw.count > 0 { freeRaw(cpu, at: raw.count - 1) }
  }
}
