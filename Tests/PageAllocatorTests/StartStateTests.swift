// A start state is placed exactly as it was given: blocks, per-CPU lists, pages in use, holes.

import Machine
import Testing

@testable import PageAllocator

struct StartStateTests {
  @Test(
    "any feasible state is placed exactly, and no two of its free blocks could merge",
    arguments: UInt64(0)..<40)
  func exact(seed: UInt64) {
    let drawn = DrawnState(seed: seed, pages: [1024, 1632, 4096, 96][Int(seed % 4)])
    let small = drawn.machine()
    let counters = small.counters()
    for type in Migratetype.allCases {
      let placed = (0...10).map { counters.freeBlocks[$0][type.index] }
      #expect(placed == drawn.start.free[type.index])
    }
    for id in 0..<2 {
      let lists = (0..<PageAllocator.perCPUListCount).map {
        small.allocator.perCPUBlocks(cpu: id, zone: 0, list: $0)
      }
      #expect(lists.allSatisfy { $0.brokenAt == nil })
      #expect(lists.map(\.frames.count) == drawn.start.perCPU[id])
      let pages = lists.indices.reduce(0) {
        $0 + lists[$1].frames.count * PageAllocator.perCPUList($1).order.pages
      }
      #expect(small.perCPU(id).count == pages)
      #expect(small.perCPU(id).high == drawn.start.perCPUHigh[id])
    }
    expectPlaces(small, drawn)
    expectUnmergeable(small)
  }

  /// Pageblocks, pages in use and holes are what was asked for, and every page is somewhere.
  private func expectPlaces(_ small: SmallMachine, _ drawn: DrawnState) {
    var types = [Int](repeating: 0, count: 4)
    small.allocator.forEachPageblock(small.zone()) { types[$1.index] += 1 }
    #expect(types == drawn.start.pageblocks)
    #expect(small.counters().reservedHighAtomic == types[3] * 32)
    var used = drawn.start.used.map { _ in [Int](repeating: 0, count: 11) }
    var (reserved, inUse) = (0, 0)
    for index in 0..<small.zone().spannedPages {
      let frame = PageFrameNumber(UInt32(index))
      let state = small.allocator.frameState(frame)
      if state.isReserved { reserved += 1 }
      if !state.isAllocated { continue }
      #expect(state.references == 1)
      inUse += state.order.pages
      if state.order > .zero {
        used[small.allocator.pageblockType(frame).index][state.order.index] += 1
      }
    }
    #expect(used == drawn.start.used)
    #expect(reserved == drawn.unmanaged)
    let listed = small.perCPU(0).count + small.perCPU(1).count
    #expect(small.free() + listed + inUse + reserved == small.zone().spannedPages)
  }

  private func expectUnmergeable(_ small: SmallMachine) {
    for order in 0..<10 {
      for type in Migratetype.allCases {
        for frame in small.allocator.freeList(small.zone(), Order(order), type).frames {
          let buddy = frame.buddy(at: Order(order))
          if buddy >= small.zone().end { continue }
          let state = small.allocator.frameState(buddy)
          #expect(!state.isBuddy || state.order.index != order)
        }
      }
    }
  }

  @Test(
    "what was placed can be drained and freed until memory is whole",
    arguments: Policies.severalCPUs, UInt64(0)..<8)
  func becomesWhole(policies: Policies, seed: UInt64) {
    let drawn = DrawnState(seed: seed, pages: 4096, highAtomic: false, holes: false)
    let small = drawn.machine(policies)
    let ended = small.run { cpu in
      var index = 0
      while index < 4096 {
        let frame = PageFrameNumber(UInt32(index))
        let state = small.allocator.frameState(frame)
        index += 1
        if state.isAllocated { small.allocator.freePages(cpu, frame, order: state.order) }
      }
      small.allocator.drainAlone(cpu)
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.blocks()[10] == 4)
  }

  @Test("of a state that does not fit, the free blocks come before those in use")
  func tooMuch() {
    var start = ZoneStart()
    start.pageblocks[Migratetype.movable.index] = 1
    start.free[Migratetype.movable.index][0] = 1
    start.used[Migratetype.movable.index][4] = 2
    let small = SmallMachine(pages: 32, start: [start]) { $0.makePlain(pageblock: 5) }
    #expect(small.blocks() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    let blocks = [0, 16].map { small.allocator.frameState(PageFrameNumber($0)).order.index }
    #expect(blocks.filter { $0 == 4 }.count == 1)
  }

  @Test("without a start state all memory is free and movable, and the holes are reserved")
  func boot() {
    let small = SmallMachine(zones: [
      ZoneLayout(
        node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: 1600, managedPages: 1555)
    ])
    #expect(small.free() == 1555)
    #expect(small.blocks() == [1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1])
    #expect(small.allocator.frameState(PageFrameNumber(1555)).isReserved)
    #expect(!small.allocator.frameState(PageFrameNumber(1554)).isReserved)
    #expect(small.allocator.pageblockType(PageFrameNumber(0)) == .movable)
  }
}
