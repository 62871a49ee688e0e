// Draining empties the lists of one CPU or of all, a bounded chunk for each hold of a lock.

import Machine
import Testing

@testable import PageAllocator

struct DrainTests {
  private static func threeCPUs(_ policies: Policies) -> SmallMachine {
    let small = SmallMachine(policies, cpus: 3)
    for id in 0..<3 {
      small.run(id) { cpu in
        for order in [0, 1, 3] {
          small.allocator.freePages(cpu, small.take(cpu, order), order: Order(order))
        }
      }
    }
    return small
  }

  private static func counts(_ small: SmallMachine) -> [Bool] {
    (0..<3).map { small.perCPU($0).count > 0 }
  }

  @Test("draining one's own lists leaves those of others", arguments: Policies.severalCPUs)
  func local(policies: Policies) {
    let small = Self.threeCPUs(policies)
    #expect(Self.counts(small) == [true, true, true])
    small.run(1) { small.allocator.drainLocal($0) }
    #expect(Self.counts(small) == [true, false, true])
    #expect(small.total(.pathDrainLocal) == 1)
  }

  @Test("draining another CPU's lists leaves one's own", arguments: Policies.withinReach)
  func remote(policies: Policies) {
    let small = Self.threeCPUs(policies)
    small.run(0) { small.allocator.drainRemote($0, target: 2) }
    #expect(Self.counts(small) == [true, true, false])
    #expect(small.total(.pathDrainRemote) == 1)
  }

  @Test(
    "where lists are out of reach a CPU drains its own for another at its next use",
    arguments: Policies.outOfReach)
  func work(policies: Policies) {
    let small = Self.threeCPUs(policies)
    small.run(0) { small.allocator.drainAll($0) }
    #expect(Self.counts(small) == [false, true, true])
    small.run(1) { _ = small.take($0, 9) }
    #expect(Self.counts(small) == [false, false, true])
    small.run(0) { small.allocator.drainAlone($0) }
    #expect(Self.counts(small) == [false, false, false])
    #expect(small.machine.lockTotals(AllocatorLockClass.pcp.id).acquisitions == 0)
  }

  @Test("and lets their tuned length fall", arguments: Policies.outOfReach)
  func decayWork(policies: Policies) {
    let small = SmallMachine(policies, cpus: 2)
    let pcp = small.allocator.perCPUPages(cpu: 1, zone: 0)
    let high = small.perCPU(1).highMin + 80
    small.run(0) { cpu in
      pcp.high.write(cpu, high)
      #expect(small.allocator.decay(cpu, target: 1) == 0)
    }
    #expect(small.perCPU(1).high == high)
    small.run(1) { small.allocator.freePages($0, small.take($0), order: .zero) }
    #expect(small.perCPU(1).high < high)
  }

  @Test("draining all lists makes memory whole", arguments: Policies.withinReach)
  func all(policies: Policies) {
    let small = Self.threeCPUs(policies)
    small.run(0) { small.allocator.drainAll($0) }
    #expect(Self.counts(small) == [false, false, false])
    #expect(small.blocks()[10] == 4)
    #expect(small.total(.pathDrainAll) == 1)
  }

  @Test(
    "each hold of the lock drains at most a scaled batch", arguments: Policies.allCases,
    [(0, 32), (2, 8), (5, 1)])
  func chunks(policies: Policies, pair: (scale: Int, holds: Int)) {
    let (scale, holds) = pair
    let small = SmallMachine(policies) {
      $0.perCPUBatch = 10
      $0.perCPUHigh = 1000
      $0.batchScaleMax = scale
    }
    small.run { cpu in
      let blocks = (0..<320).map { _ in small.take(cpu) }
      small.allocator.drainAll(cpu)
      for block in blocks { small.allocator.freePages(cpu, block, order: .zero) }
    }
    #expect(small.perCPU().count == 320)
    small.machine.reset(seed: 1)
    small.machine.setStatistics(.counts)
    small.run { small.allocator.drainLocal($0) }
    #expect(small.perCPU().count == 0)
    let acquisitions = small.machine.lockTotals(AllocatorLockClass.pcp.id).acquisitions
    #expect(acquisitions == policies.acquisitions(holds))
  }
}
