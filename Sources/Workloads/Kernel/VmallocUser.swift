// Areas of kernel memory made of single pages: stacks of threads, tables, buffers.
//
// Models  vm_area_alloc_pages(), vfree(), mm/vmalloc.c, 7.3.
// Omits   Large mappings, mempolicy, the page tables of the area.
// Rule    At most 100 pages in one bulk call.  The first call that brings fewer than it was asked
//         for is the last: the rest comes page by page, or all is given back.  A charged bulk call
//         brings one page.

import Machine
import PageAllocator

/// The `vmalloc` workload.
final class VmallocUser: Workload {
  private static var callMax: Int { 100 }

  private let slots: PageSlots
  /// Pages of each area; 0 if there is none.
  private let sizes: Table<Int>
  private let pagesMax: Int
  private let accountPercent: Int

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpuID: Int, index: Int) {
    let areas = values["areas"]
    pagesMax = values["pages"]
    accountPercent = values["accountPercent"]
    slots = PageSlots(in: environment.privateArena, count: areas * pagesMax)
    sizes = environment.privateArena.table(of: Int.self, count: areas)
    super.init(environment, cpuID: cpuID, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    PageSlots.arenaByteCount(count: values["areas"] * values["pages"])
      + Arena.byteCount(of: Int.self, count: values["areas"])
  }

  override var pagesHeldMax: Int { slots.count }

  /// Pages held now; for tests.
  var pagesHeld: Int { (0..<slots.count).reduce(0) { $0 + (slots[$1] == nil ? 0 : 1) } }

  override func begin(_ cpu: CPU) {
    slots.clear()
    sizes.fill(with: 0)
  }

  override func operate(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocator, most: 8)
    let area = cpu.draw(.workload, below: sizes.count)
    let pages = drawPages(cpu)
    let isCharged = cpu.draw(.workload, below: 100) < accountPercent
    cpu.noteRequest(UInt64(area) << 32 | UInt64(pages) << 1 | (isCharged ? 1 : 0))
    if sizes[area] != 0 { return free(cpu, area) }
    allocate(cpu, area, pages, isCharged ? GFP.kernel.union(.account) : .kernel)
  }

  override func finish(_ cpu: CPU) {
    for area in 0..<sizes.count { free(cpu, area) }
    environment.mailboxes.freeReceived(cpu, allocator, most: 1024)
  }

  /// Mostly the stack of a thread, 16 KiB.
  private func drawPages(_ cpu: CPU) -> Int {
    let any = 1 + cpu.draw(.workload, below: pagesMax)
    let choice = cpu.draw(.workload, below: 4)
    return min(choice < 2 ? 4 : choice < 3 ? 1 + any & 63 : any, pagesMax)
  }

  /// Makes an area of `pages` pages, or none.
  func allocate(_ cpu: CPU, _ area: Int, _ pages: Int, _ gfp: GFP) {
    let cpu = cpu.at(.vmalloc)
    let own = slots.slice(from: area * pagesMax, count: pages)
    sizes[area] = pages
    var filled = fillInBulk(cpu, own, gfp)
    while filled < pages {
      guard let frame = allocator.allocatePages(cpu, order: .zero, gfp) else { break }
      cpu.count(.vmallocSingles)
      own[filled] = frame
      filled += 1
    }
    for index in 0..<filled {
      if let frame = own[index] { allocator.stamp(cpu, frame, .zero, stamp(area, index)) }
    }
    if filled == pages { return }
    cpu.count(.allocationFailed)
    free(cpu, area)
  }

  /// Calls of at most 100 pages until one brings fewer; the pages that came.
  private func fillInBulk(_ cpu: CPU, _ own: PageSlots, _ gfp: GFP) -> Int {
    var filled = 0
    while filled < own.count {
      let wanted = min(own.count - filled, Self.callMax)
      let part = own.slice(from: filled, count: wanted)
      let got = allocator.allocatePagesBulk(cpu, gfp, into: part, count: wanted)
      cpu.countBulk(filled: got, wanted: wanted)
      filled += min(max(got, 0), wanted)
      if got < wanted { break }
    }
    return filled
  }

  private func stamp(_ area: Int, _ index: Int) -> UInt32 {
    stampBase | UInt32(truncatingIfNeeded: area * pagesMax + index) & HolderStamps.own
  }

  private func free(_ cpu: CPU, _ area: Int) {
    let cpu = cpu.at(.vfree)
    let own = slots.slice(from: area * pagesMax, count: sizes[area])
    sizes[area] = 0
    for index in 0..<own.count {
      if let frame = own[index] { allocator.verifyStamp(cpu, frame, .zero, stamp(area, index)) }
    }
    allocator.freePagesBulk(cpu, own, count: own.count)
  }
}
