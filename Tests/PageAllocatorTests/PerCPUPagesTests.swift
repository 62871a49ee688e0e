// Per-CPU lists grow with what their CPU does, give back in chunks, and never count below zero.

import Machine
import Testing

@testable import PageAllocator

struct PerCPUPagesTests {
  /// Pages that each refill took, for as many refills.
  private static func refills(
    _ count: Int, _ small: SmallMachine, order: Int = 0
  ) -> [Int] {
    var sizes: [Int] = []
    small.run { cpu in
      var taken = small.total(.pagesTakenUnderZoneLock)
      while sizes.count < count {
        _ = small.take(cpu, order)
        let now = small.total(.pagesTakenUnderZoneLock)
        if now != taken { sizes.append(Int(now - taken)) }
        taken = now
      }
    }
    return sizes
  }

  @Test(
    "refills double while their CPU only allocates, as far as the scale lets them",
    arguments: Policies.allCases)
  func refillsGrow(policies: Policies) {
    let small = SmallMachine(policies, pages: 32_768) { $0.perCPUBatch = 63 }
    #expect(Self.refills(6, small) == [63, 126, 252, 504, 1008, 2016])
    let scaled = SmallMachine(policies, pages: 32_768) {
      $0.perCPUBatch = 63
      $0.batchScaleMax = 2
    }
    #expect(Self.refills(5, scaled) == [63, 126, 252, 252, 252])
  }

  @Test(
    "a refill of larger blocks takes fewer, and always the batch", arguments: Policies.allCases,
    [1, 2, 3])
  func refillsOfLargerBlocks(policies: Policies, order: Int) {
    let small = SmallMachine(policies, pages: 32_768) { $0.perCPUBatch = 63 }
    let blocks = max(63 >> order, 2) << order
    #expect(Self.refills(3, small, order: order) == [blocks, blocks, blocks])
  }

  @Test("a free halves the growth of refills", arguments: Policies.allCases)
  func freeHalvesFactor(policies: Policies) {
    let small = SmallMachine(policies, pages: 32_768) { $0.perCPUBatch = 63 }
    #expect(Self.refills(5, small).count == 5)
    let pcp = small.allocator.perCPUPages(cpu: 0, zone: 0)
    small.run { cpu in
      #expect(pcp.allocFactor.read(cpu) == 5)
      let frame = small.take(cpu)
      small.allocator.freePages(cpu, frame, order: .zero)
      #expect(pcp.allocFactor.read(cpu) == 2)
    }
  }

  @Test(
    "refills raise the allowed length up to its bound; decay lowers it down to the other",
    arguments: Policies.allCases)
  func autoTuning(policies: Policies) {
    let small = SmallMachine(policies, pages: 32_768) { $0.perCPUBatch = 63 }
    let least = small.perCPU().highMin
    #expect(small.perCPU().highMax == 4096)
    #expect(Self.refills(1, small) == [63])
    #expect(small.perCPU().high == least + 63)
    #expect(Self.refills(5, small).count == 5)
    #expect(small.perCPU().high == 4096)
    small.run { cpu in
      var before = small.perCPU()
      let given = small.allocator.decay(cpu, target: 0)
      let expected = max(before.count - 2016, 4096 - 512, least)
      #expect(small.perCPU().high == expected)
      #expect(given == max(before.count - expected, 0))
      for _ in 0..<60 {
        before = small.perCPU()
        small.allocator.decay(cpu, target: 0)
        #expect(small.perCPU().high <= before.high)
      }
    }
    #expect(small.perCPU().high == least)
    #expect(small.perCPU().count <= least)
  }

  @Test(
    "a zone below its high watermark does not let the length grow", arguments: Policies.allCases)
  func belowHigh(policies: Policies) {
    let small = SmallMachine(policies, pages: 32_768) { $0.perCPUBatch = 63 }
    small.run { _ = small.zone().flags.setBits($0, Zone.Flag.belowHigh) }
    #expect(Self.refills(3, small) == [63, 126, 252])
    #expect(small.perCPU().high == small.perCPU().highMin)
  }

  @Test(
    "a given length is neither raised nor lowered, and bounds refills", arguments: Policies.allCases
  )
  func pinned(policies: Policies) {
    let small = SmallMachine(policies, pages: 32_768) {
      $0.perCPUBatch = 63
      $0.perCPUHigh = 200
    }
    #expect(Self.refills(4, small) == [63, 126, 137, 137])
    small.run { _ = small.allocator.decay($0, target: 0) }
    #expect(small.perCPU().high == 200)
  }

  /// Lists of 100 pages at most, batches of 10, nothing on them, no free counted.
  private static func short(
    _ policies: Policies, _ change: (inout AllocatorTunables) -> Void = { _ in }
  ) -> (SmallMachine, PageSlots) {
    let small = SmallMachine(policies) {
      $0.perCPUBatch = 10
      $0.perCPUHigh = 100
      change(&$0)
    }
    let slots = small.slots(400)
    small.run { cpu in
      for index in 0..<400 { slots[index] = small.take(cpu) }
      small.allocator.drainAll(cpu)
    }
    small.machine.reset(seed: 1)
    small.machine.setStatistics(.counts)
    return (small, slots)
  }

  private static func free(_ small: SmallMachine, _ slots: PageSlots, _ range: Range<Int>) {
    small.run { cpu in
      for index in range {
        if let frame = slots[index] { small.allocator.freePages(cpu, frame, order: .zero) }
      }
    }
  }

  @Test(
    "lists that are full give back all but a batch, a batch for each hold of the zone lock",
    arguments: Policies.allCases)
  func givesBackInChunks(policies: Policies) {
    let (small, slots) = Self.short(policies)
    Self.free(small, slots, 0..<99)
    #expect(small.perCPU().count == 99)
    #expect(small.machine.lockTotals(AllocatorLockClass.zone.id).acquisitions == 0)
    Self.free(small, slots, 99..<100)
    #expect(small.perCPU().count == 10)
    #expect(small.total(.pagesDrained) == 90)
    #expect(small.total(.pathFreeChunked) == 8)
    #expect(small.machine.lockTotals(AllocatorLockClass.zone.id).acquisitions == 9)
  }

  @Test(
    "what is given back is bounded by the scale of batches", arguments: Policies.allCases,
    [0, 1, 2, 3])
  func scaleBoundsGivingBack(policies: Policies, scale: Int) {
    let (small, slots) = Self.short(policies) { $0.batchScaleMax = scale }
    Self.free(small, slots, 0..<100)
    #expect(small.perCPU().count == 100 - min(10 << scale, 90))
  }

  @Test("each allocation halves the count of frees", arguments: Policies.allCases)
  func freeCountHalves(policies: Policies) {
    let (small, slots) = Self.short(policies)
    Self.free(small, slots, 0..<80)
    let pcp = small.allocator.perCPUPages(cpu: 0, zone: 0)
    small.run { cpu in
      for expected in [80, 40, 20, 10, 5, 2, 1, 0] {
        #expect(pcp.freeCount.read(cpu) == expected)
        _ = small.take(cpu)
      }
    }
  }

  @Test(
    "larger blocks freed in a row are not kept, if nothing else was freed in between",
    arguments: Policies.allCases, [true, false])
  func freeHigh(policies: Policies, interrupted: Bool) {
    let (small, slots) = Self.short(policies)
    small.run { cpu in
      let blocks = (0..<31).map { _ in small.take(cpu, 1) }
      small.allocator.drainAll(cpu)
      for block in blocks.prefix(30) { small.allocator.freePages(cpu, block, order: Order(1)) }
      #expect(small.perCPU().count == 60)
      if interrupted, let page = slots[0] { small.allocator.freePages(cpu, page, order: .zero) }
      small.allocator.freePages(cpu, blocks[30], order: Order(1))
    }
    #expect(small.perCPU().count == (interrupted ? 63 : 0))
    #expect(small.total(.pathFreeHigh) == (interrupted ? 0 : 1))
  }

  @Test(
    "with a large cache a batch is kept even then", arguments: Policies.allCases, [true, false])
  func freeHighBatch(policies: Policies, keepsBatch: Bool) {
    let (small, _) = Self.short(policies) { $0.freeHighBatch = keepsBatch }
    small.run { cpu in
      let blocks = (0..<32).map { _ in small.take(cpu, 1) }
      small.allocator.drainAll(cpu)
      for block in blocks { small.allocator.freePages(cpu, block, order: Order(1)) }
    }
    #expect(small.perCPU().count == (keepsBatch ? 2 : 0))
  }

  @Test("giving back more than there is leaves zero, also when the last block is larger")
  func countStaysAboveZero() {
    let small = SmallMachine { $0.perCPUBatch = 10 }
    let pcp = small.allocator.perCPUPages(cpu: 0, zone: 0)
    let ended = small.run { cpu in
      small.allocator.freePages(cpu, small.take(cpu, 3), order: Order(3))
      small.allocator.freePages(cpu, small.take(cpu, 0), order: .zero)
      let held = small.allocator.hold(cpu, small.zone(), pcp, TryLock.self)
      for pages in [1, 1000] {
        small.allocator.moveToBuddy(cpu, pages, from: 9, of: held)
        #expect(small.perCPU().count >= 0)
      }
      small.allocator.moveToBuddy(cpu, 5, from: 0, of: held)
      small.allocator.release(cpu, held)
    }
    #expect(ended)
    #expect(small.perCPU().count == 0)
    #expect(small.free() == 4096)
  }

  @Test(
    "lists that say more than they hold are a finding, not an endless loop",
    arguments: Policies.allCases)
  func wrongCount(policies: Policies) {
    let small = SmallMachine(policies)
    let ended = small.run { cpu in
      small.allocator.perCPUPages(cpu: 0, zone: 0).count.write(cpu, 5)
      small.allocator.drainLocal(cpu)
    }
    #expect(!ended)
    #expect(small.machine.findings().findings.map(\.rule) == ["pcp-count-wrong"])
  }
}
