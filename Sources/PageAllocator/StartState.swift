// Builds the memory of a running machine: so many free blocks of each size and type, so many pages
// on per-CPU lists, the rest in use.
//
// Where each block lies is not known and does not matter; that no two free buddies lie side by side
// does.  Memory is split from the top: a block that is not wholly free gets at most one free half,
// so what is put down never merges by itself.  What does not fit that way stays in use.

import Machine

/// What a zone holds at the start, in blocks.
public struct ZoneStart: Sendable, Equatable {
  /// Pageblocks of each type; together they span the zone.
  public var pageblocks = [Int](repeating: 0, count: Migratetype.count)
  /// Free blocks on the buddy lists, `[type][order]`.
  public var free = [[Int]](
    repeating: [Int](repeating: 0, count: Order.count), count: Migratetype.count)
  /// Blocks in use that somebody will free, `[type][order]`; the rest in use is single pages.
  public var used = [[Int]](
    repeating: [Int](repeating: 0, count: Order.count), count: Migratetype.count)
  /// Blocks on each list of each CPU, `[cpu][list]`, lists numbered as by
  /// `PageAllocator.perCPUList`.
  public var perCPU: [[Int]] = []
  /// The auto-tuned length of each CPU's lists; empty for the boot value.
  public var perCPUHigh: [Int] = []
  /// By how much the watermarks are boosted, in pages.
  public var watermarkBoost = 0

  /// Nothing placed.
  public init() {}
}

/// One zone's start state on its way into memory.
struct StartPlacement {
  private let allocator: PageAllocator
  private let cpu: CPU
  private let zone: Zone
  private var start: ZoneStart

  init(_ allocator: PageAllocator, _ cpu: CPU, _ zone: Zone, _ start: ZoneStart) {
    self.allocator = allocator
    self.cpu = cpu
    self.zone = zone
    self.start = start
  }

  /// Places everything.
  mutating func place() {
    for offset in 0..<zone.spannedPages {
      let word = allocator.frames.word(zone.start.advanced(by: offset))
      word.write(cpu, FrameWord.ofZone(zone.index, 0))
    }
    zone.watermarkBoost.write(cpu, start.watermarkBoost, under: zone.firstArea.atBoot)
    let reserved = start.pageblocks[Migratetype.highAtomic.index] * allocator.pageblockPages
    zone.reservedHighAtomic.write(cpu, reserved, under: zone.firstArea.atBoot)
    for (block, type) in dealPageblocks() { mixed[type.index].append(block) }
    for type in Migratetype.allCases { placeBelowPageblock(type) }
    reserveUnmanaged()
    for (id, high) in start.perCPUHigh.enumerated() {
      allocator.perCPUPages(cpu: id, zone: zone.index).high.write(cpu, high)
    }
  }

  /// Pageblocks of each type that are not wholly free.
  private var mixed = [[PageFrameNumber]](repeating: [], count: Migratetype.count)

  /// Places the free blocks of a pageblock and more; the other pageblocks with the types they get.
  private mutating func dealPageblocks() -> [(PageFrameNumber, Migratetype)] {
    let pageblock = allocator.pageblockOrder
    var parents: [PageFrameNumber] = []
    var order = Order.max
    while true {
      // A block whose buddy lies outside the zone can be free without a thought.
      var candidates = orphans(of: order)
      var rest: [PageFrameNumber] = []
      for parent in parents {
        candidates.append(parent)
        rest.append(parent.advanced(by: order.pages))
      }
      for block in candidates {
        if let type = nextFreeType(order) {
          allocator.putFree(cpu, zone, block, order, type)
          start.free[type.index][order.index] -= 1
          start.pageblocks[type.index] -= order.pages / pageblock.pages
        } else {
          rest.append(block)
        }
      }
      parents = rest
      if order <= pageblock { break }
      order = order.down
    }
    return parents.map { block in
      let type = Migratetype.allCases.first { start.pageblocks[$0.index] > 0 } ?? .movable
      start.pageblocks[type.index] -= 1
      allocator.setBlockType(cpu, zone.area(of: block).atBoot, block, type)
      return (block, type)
    }
  }

  /// A type that has a free block of this order left to place, and pageblocks for it.
  private func nextFreeType(_ order: Order) -> Migratetype? {
    Migratetype.allCases.first {
      start.free[$0.index][order.index] > 0
        && start.pageblocks[$0.index] >= order.pages / allocator.pageblockPages
    }
  }

  /// The aligned blocks of an order that no larger aligned block inside the zone contains.
  private func orphans(of order: Order) -> [PageFrameNumber] {
    let end = zone.spannedPages & ~(order.pages - 1)
    if order == .max {
      return stride(from: 0, to: end, by: order.pages).map { zone.start.advanced(by: $0) }
    }
    let covered = zone.spannedPages & ~(order.up.pages - 1)
    return covered < end ? [zone.start.advanced(by: covered)] : []
  }

  /// Places one type's smaller free blocks, and what of it is on per-CPU lists or in use.
  private mutating func placeBelowPageblock(_ type: Migratetype) {
    var blocks = mixed[type.index]
    var order = allocator.pageblockOrder
    while order > .zero {
      useBlocks(type, order, &blocks)
      order = order.down
      var halves: [PageFrameNumber] = []
      halves.reserveCapacity(blocks.count * 2)
      for block in blocks {
        if start.free[type.index][order.index] > 0 {
          allocator.putFree(cpu, zone, block, order, type)
          start.free[type.index][order.index] -= 1
        } else {
          halves.append(block)
        }
        halves.append(block.advanced(by: order.pages))
      }
      blocks = halves
    }
    useBlocks(type, .zero, &blocks)
    for frame in blocks { putInUse(frame, .zero) }
  }

  /// Takes blocks of one order for per-CPU lists and for those in use, as long as enough are left
  /// for the free blocks below.
  private mutating func useBlocks(
    _ type: Migratetype, _ order: Order, _ blocks: inout [PageFrameNumber]
  ) {
    var spare = blocks.count - parentsNeeded(type, below: order)
    if PerCPUPages.keeps(order) && type != .highAtomic {
      let list = PerCPUPages.list(order, type)
      for id in start.perCPU.indices where list < start.perCPU[id].count {
        while start.perCPU[id][list] > 0 && spare > 0, let frame = blocks.popLast() {
          putOnPerCPUList(id, list, frame, order)
          start.perCPU[id][list] -= 1
          spare -= 1
        }
      }
    }
    if order == .zero { return }
    while start.used[type.index][order.index] > 0 && spare > 0, let frame = blocks.popLast() {
      putInUse(frame, order)
      start.used[type.index][order.index] -= 1
      spare -= 1
    }
  }

  /// Blocks of `order` that must be split so that each smaller free block finds a parent of its
  /// own.
  private func parentsNeeded(_ type: Migratetype, below order: Order) -> Int {
    // Each parent has one half that may be free; the other halves must do for the orders below.
    var needed = 0
    for smaller in 0..<order.index {
      let free = start.free[type.index][smaller]
      needed = max(free, (needed + free + 1) / 2)
    }
    return needed
  }

  private func putInUse(_ frame: PageFrameNumber, _ order: Order) {
    let word = allocator.frames.word(frame)
    let flags = order > .zero ? FrameWord.compoundHead | FrameWord.allocated : FrameWord.allocated
    word.write(cpu, FrameWord(word.read(cpu)).with(flags, order))
    allocator.frames.references(frame).write(cpu, 1)
  }

  private func putOnPerCPUList(_ id: Int, _ list: Int, _ frame: PageFrameNumber, _ order: Order) {
    let pcp = allocator.perCPUPages(cpu: id, zone: zone.index)
    let frames = allocator.frames
    let word = frames.word(frame)
    word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.perCPU, order))
    frames.insertLast(cpu, frame, in: pcp.head(list: list))
    pcp.count.add(cpu, order.pages)
  }

  /// Of the single pages in use, as many as the zone does not manage are not the allocator's.
  private func reserveUnmanaged() {
    var unmanaged = zone.spannedPages - zone.managedPages
    var offset = zone.spannedPages - 1
    while unmanaged > 0 && offset >= 0 {
      let frame = zone.start.advanced(by: offset)
      let word = FrameWord(allocator.frames.word(frame).atRest)
      if word.has(FrameWord.allocated) && word.order == .zero {
        allocator.frames.word(frame)
          .write(cpu, FrameWord.ofZone(zone.index, FrameWord.reserved))
        allocator.frames.references(frame).write(cpu, 0)
        unmanaged -= 1
      }
      offset -= 1
    }
  }
}
