// A start state drawn by splitting memory at random, so that it is feasible by construction.

import Machine

@testable import PageAllocator

/// One zone of pageblocks of 32 pages and two CPUs.
struct DrawnState {
  var start = ZoneStart()
  /// Pages of the zone that the allocator does not manage.
  private(set) var unmanaged = 0
  private let pages: Int
  private let highAtomic: Bool
  private var stream: RandomStream
  private var singles = 0

  init(seed: UInt64, pages: Int, highAtomic: Bool = true, holes: Bool = true) {
    self.pages = pages
    self.highAtomic = highAtomic
    stream = RandomStream(seed: seed)
    start.perCPU = [[Int]](
      repeating: [Int](repeating: 0, count: PageAllocator.perCPUListCount), count: 2)
    start.perCPUHigh = [17, 170]
    var offset = 0
    while offset < pages {
      var order = 10
      while offset % (1 << order) != 0 || offset + 1 << order > pages { order -= 1 }
      drawLarge(order, mayBeFree: true)
      offset += 1 << order
    }
    if holes { unmanaged = min(singles, stream.below(20)) }
  }

  /// Draws a block of a pageblock or more; true if it is free as a whole.
  @discardableResult
  private mutating func drawLarge(_ order: Int, mayBeFree: Bool) -> Bool {
    let type = stream.below(3)
    if mayBeFree && stream.chance(1, in: 3) {
      start.free[type][order] += 1
      start.pageblocks[type] += 1 << (order - 5)
      return true
    }
    if order > 5 {
      let lowerIsFree = drawLarge(order - 1, mayBeFree: true)
      drawLarge(order - 1, mayBeFree: !lowerIsFree)
      return false
    }
    let own = highAtomic && stream.chance(1, in: 6) ? Migratetype.highAtomic.index : type
    start.pageblocks[own] += 1
    split(5, own)
    return false
  }

  private mutating func split(_ order: Int, _ type: Int) {
    let lowerIsFree = drawSmall(order - 1, type, mayBeFree: true)
    drawSmall(order - 1, type, mayBeFree: !lowerIsFree)
  }

  /// Draws a block below a pageblock; true if it is free as a whole.
  @discardableResult
  private mutating func drawSmall(_ order: Int, _ type: Int, mayBeFree: Bool) -> Bool {
    if mayBeFree && stream.chance(1, in: 4) {
      start.free[type][order] += 1
      return true
    }
    if order <= 3 && type < 3 && stream.chance(1, in: 5) {
      start.perCPU[stream.below(2)][order * 3 + type] += 1
    } else if order == 0 {
      singles += 1
    } else if stream.chance(1, in: 6) {
      start.used[type][order] += 1
    } else {
      split(order, type)
    }
    return false
  }

  /// A machine that starts so.
  func machine(_ policies: Policies = .kernel) -> SmallMachine {
    let zone = ZoneLayout(
      node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: pages,
      managedPages: pages - unmanaged)
    return SmallMachine(policies, cpus: 2, zones: [zone], start: [start]) {
      $0.makePlain(pageblock: 5)
    }
  }
}
