// Devices get buffers of the zones that they reach, and of no other.

import PageAllocator
import Testing

@testable import Workloads

@Suite("DMA buffers")
struct DMABuffersTests {
  @Test("buffers come and go where the devices reach, and all memory is free after it")
  func comesAndGoes() throws {
    let small = KernelWorkloadMachine(pages: 4096, kind: .dma32)
    let worker = try small.worker("dmaBuffers")
    #expect(small.run(worker, 0..<2000))
    #expect(small.isClean)
    #expect(small.free < 4096)
    #expect(small.total(.dmaBuffers) > 500)
    // There is no zone for the narrow masks.
    #expect(small.total(.allocationFailed) > 0)
    #expect(small.freeAfterFinish([worker]) == 4096)
    #expect(small.isClean)
  }

  @Test("a machine without memory that they reach gives them none")
  func outOfReach() throws {
    let small = KernelWorkloadMachine(pages: 4096)
    let worker = try small.worker("dmaBuffers")
    #expect(small.run(worker, 0..<500))
    #expect(small.isClean)
    #expect(small.total(.dmaBuffers) == 0 && small.free == 4096)
  }
}
