// The high-atomic reserve: filled by large requests that cannot wait, bounded, and given back.

import Machine
import Testing

@testable import PageAllocator

struct HighAtomicTests {
  /// min 100; pageblocks of 32 pages, so that 1 % of 4096 is rounded up to two of them.
  private static func machine(
    _ policies: Policies = .kernel, pageblock: Int = 5
  ) -> SmallMachine {
    SmallMachine(policies) {
      $0.minFreeKBytes = 400
      $0.pageblockOrder = Order(pageblock)
      $0.perCPUHigh = 0
    }
  }

  /// Reserves the pageblocks of these frames, which are free.
  private static func reserve(_ small: SmallMachine, _ cpu: CPU, _ frames: [Int]) {
    let area = small.zone().firstArea.lock(cpu)
    for frame in frames {
      small.allocator.reserveHighAtomic(cpu, area, PageFrameNumber(UInt32(frame)), .zero)
    }
    area.unlock(cpu)
  }

  @Test(
    "a large atomic request below the low watermark reserves its pageblock, the next uses it",
    arguments: Policies.allCases)
  func reserveAndUse(policies: Policies) {
    let small = Self.machine(policies)
    let ended = small.run { cpu in
      while small.free() > 110 { _ = small.take(cpu) }
      #expect(small.counters().reservedHighAtomic == 0)
      let first = small.take(cpu, 1, .atomic)
      #expect(small.allocator.pageblockType(first) == .highAtomic)
      #expect(small.counters().reservedHighAtomic == 32)
      #expect(small.total(.pathHighAtomicReserve) == 1)
      #expect(small.total(.pathHighAtomicUse) == 0)
      let second = small.take(cpu, 1, .atomic)
      #expect(small.allocator.pageblockType(second) == .highAtomic)
      #expect(small.total(.pathHighAtomicUse) == 1)
    }
    #expect(ended)
  }

  @Test(
    "neither single pages, nor who may sleep, nor who is above the low watermark, reserve",
    arguments: Policies.allCases,
    [(110, 0, GFP.atomic), (110, 1, .kernel), (110, 1, .noWait), (1000, 1, .atomic)])
  func doesNotReserve(policies: Policies, pair: (free: Int, order: Int, gfp: GFP)) {
    let (free, order, gfp) = pair
    let small = Self.machine(policies)
    small.run { cpu in
      while small.free() > free { _ = small.take(cpu) }
      _ = small.allocator.allocatePages(cpu, order: Order(order), gfp)
    }
    #expect(small.counters().reservedHighAtomic == 0)
    #expect(small.total(.pathHighAtomicReserve) == 0)
  }

  @Test("the reserve is at most 1 % of the zone, rounded up to a pageblock")
  func bounded() {
    let small = Self.machine()
    small.run { cpu in
      for (block, reserved) in [(0, 32), (1, 64), (2, 64), (3, 64)] {
        Self.reserve(small, cpu, [block * 32 + 1024])
        #expect(small.counters().reservedHighAtomic == reserved)
      }
    }
    #expect(small.total(.pathHighAtomicReserve) == 2)
  }

  @Test("a zone of which 1 % is less than a pageblock reserves nothing", arguments: [5, 6])
  func smallZone(pageblock: Int) {
    let small = Self.machine(pageblock: pageblock)
    small.run { Self.reserve(small, $0, [0]) }
    #expect(small.counters().reservedHighAtomic == (pageblock == 5 ? 32 : 0))
  }

  @Test("a pageblock is reserved once")
  func once() {
    let small = Self.machine()
    small.run { cpu in
      _ = small.take(cpu, 0)
      Self.reserve(small, cpu, [0, 1, 31])
    }
    #expect(small.counters().reservedHighAtomic == 32)
    #expect(small.counters().freeHighAtomic == 31)
  }

  @Test("giving back keeps one pageblock unless forced", arguments: Policies.allCases)
  func unreserve(policies: Policies) {
    let small = Self.machine(policies)
    let ended = small.run { cpu in
      let pages = (0..<96).map { _ in small.take(cpu) }
      Self.reserve(small, cpu, [0, 64])
      for page in pages { small.allocator.freePages(cpu, page, order: .zero) }
      #expect(small.counters().freeHighAtomic == 64)
      let request = AllocationRequest(
        small.allocator, cpu, .of(.movable), .zero, node: 0)
      #expect(small.allocator.unreserveHighAtomic(cpu, request, force: false))
      #expect(small.counters().reservedHighAtomic == 32)
      #expect(small.counters().freeHighAtomic == 32)
      #expect(!small.allocator.unreserveHighAtomic(cpu, request, force: false))
      #expect(small.allocator.unreserveHighAtomic(cpu, request, force: true))
      #expect(small.counters().reservedHighAtomic == 0)
      #expect(small.counters().freeHighAtomic == 0)
      #expect(!small.allocator.unreserveHighAtomic(cpu, request, force: true))
    }
    #expect(ended)
    #expect(small.total(.pathHighAtomicUnreserve) == 2)
    // A block that leaves the reserve has the type of who asked.
    for page in [0, 64] as [UInt32] {
      #expect(small.allocator.pageblockType(PageFrameNumber(page)) == .movable)
    }
    #expect(small.free() == 4096)
  }

  @Test("who may sleep gets the reserve back rather than nothing", arguments: Policies.allCases)
  func pressure(policies: Policies) {
    let small = Self.machine(policies)
    small.run { cpu in
      let pages = (0..<64).map { _ in small.take(cpu) }
      Self.reserve(small, cpu, [0, 32])
      for page in pages { small.allocator.freePages(cpu, page, order: .zero) }
      while small.allocator.allocatePages(cpu, order: .zero, .kernel) != nil {}
    }
    #expect(small.counters().reservedHighAtomic == 0)
    #expect(small.free() == 100)
  }
}
