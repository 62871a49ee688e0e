// Draining empties the lists of one CPU or of all, a bounded chunk for each hold of a lock.

import Machine
import Testing

@testable import PageAllocator

struct DrainTests {
  private static func threeCPUs(_ protection: PerCPUProtection = .trylock) -> SmallMachine {
    let small = SmallMachine(cpus: 3) { $0.perCPUProtection = protection }
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

  @Test("draining one's own lists leaves those of others")
  func local() {
    let small = Self.threeCPUs()
    #expect(Self.counts(small) == [true, true, true])
    small.run(1) { small.allocator.drainLocal($0) }
    #expect(Self.counts(small) == [true, false, true])
    #expect(small.total(.pathDrainLocal) == 1)
  }

  @Test("draining another CPU's lists leaves one's own")
  func remote() {
    let small = Self.threeCPUs()
    small.run(0) { small.allocator.drainRemote($0, target: 2) }
    #expect(Self.counts(small) == [true, true, false])
    #expect(small.total(.pathDrainRemote) == 1)
  }

  @Test("with interrupts off for protection a CPU drains its lists for another at its next use")
  func work() {
    let small = Self.threeCPUs(.irqDisable)
    small.run(0) { small.allocator.drainAll($0) }
    #expect(Self.counts(small) == [false, true, true])
    small.run(1) { _ = small.take($0, 9) }
    #expect(Self.counts(small) == [false, false, true])
    small.run(0) { small.allocator.drainAlone($0) }
    #expect(Self.counts(small) == [false, false, false])
    #expect(small.machine.lockTotals(AllocatorLockClass.pcp.id).acquisitions == 0)
  }

  @Test("and lets their tuned length fall")
  func decayWork() {
    let small = SmallMachine(cpus: 2) { $0.perCPUProtection = .irqDisable }
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

  @Test("draining all lists makes memory whole")
  func all() {
    let small = Self.threeCPUs()
    small.run(0) { small.allocator.drainAll($0) }
    #expect(Self.counts(small) == [false, false, false])
    #expect(small.blocks()[10] == 4)
    #expect(small.total(.pathDrainAll) == 1)
  }

  @Test(
    "each hold of the lock drains at most a scaled batch", arguments: [(0, 32), (2, 8), (5, 1)])
  func chunks(scale: Int, holds: Int) {
    let small = SmallMachine {
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
    #expect(small.machine.lockTotals(AllocatorLockClass.pcp.id).acquisitions == UInt64(holds))
  }
}
