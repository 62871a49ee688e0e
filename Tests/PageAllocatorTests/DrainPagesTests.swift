// Draining empties per-CPU lists however small its chunks are.

import Machine
import Testing

@testable import PageAllocator

struct DrainPagesTests {
  @Test(
    "a drain in chunks of one page empties long lists", arguments: Policies.severalCPUs,
    [false, true])
  func smallChunks(policies: Policies, isRemote: Bool) {
    let small = SmallMachine(policies, cpus: 2) {
      $0.perCPUBatch = 1
      $0.batchScaleMax = 0
      $0.perCPUHigh = 2048
    }
    let ended = small.machine.runAlone(1) { cpu in
      let slots = small.slots(1024)
      for index in 0..<1024 {
        slots[index] = small.allocator.allocatePages(cpu, order: .zero, .kernel)
      }
      small.allocator.releasePages(cpu, slots, count: 1024)
    }
    #expect(ended)
    #expect(small.free() == 4096 - 1024)
    small.machine.runAlone(isRemote ? 0 : 1) { cpu in
      if isRemote {
        small.allocator.drainRemote(cpu, target: 1)
      } else {
        small.allocator.drainLocal(cpu)
      }
    }
    let isReached = !isRemote || policies.reachesOtherCPUs
    #expect(small.free() == (isReached ? 4096 : 4096 - 1024))
  }
}
