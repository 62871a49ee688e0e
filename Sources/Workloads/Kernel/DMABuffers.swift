// Buffers of devices that do not reach all memory: 32-bit and old 24-bit masks.
//
// Models  dma_direct_alloc_pages(), dma_free_coherent(), kernel/dma/direct.c, 7.3.
// Omits   CMA, bounce buffers, the second try with a lower zone: the mask decides at once.
// Rule    A block without a head, freed whole by who took it.

import Machine
import PageAllocator

/// The `dmaBuffers` workload.
final class DMABuffers: Workload {
  private let allocatorInUse: PageAllocator
  private let narrowPercent: Int
  private let buffersMax: Int
  private var buffers: HeldBlocks

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpuID: Int, index: Int) {
    allocatorInUse = environment.allocator
    narrowPercent = values["narrowPercent"]
    buffersMax = values["buffers"]
    buffers = HeldBlocks(
      in: environment.privateArena, capacity: buffersMax,
      stampBase: HolderStamps.worker(index))
    super.init(environment, cpuID: cpuID, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    HeldBlocks.arenaByteCount(capacity: values["buffers"])
  }

  override var pagesHeldMax: Int { buffersMax * Order.costly.pages }

  override func begin(_ cpu: CPU) { buffers.reset() }

  override func operate(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 8)
    let cpu = cpu.at(.dmaAlloc)
    let gives = cpu.draw(.workload, below: 100) < 45
    let place = cpu.draw(.workload, below: 1 << 16)
    let order = Order(cpu.draw(.workload, below: 8) % 4)
    let mask: GFP = cpu.draw(.workload, below: 100) < narrowPercent ? .dma : .dma32
    let sleeps = cpu.draw(.workload, below: 4) != 0
    cpu.noteRequest(UInt64(place) << 8 | UInt64(order.rawValue) << 4 | UInt64(mask.rawValue))
    if buffers.isFull || (gives && buffers.count > 0) {
      return buffers.free(cpu, allocatorInUse, at: place % buffers.count)
    }
    let gfp = mask.union(sleeps ? .kernel : .atomic)
    guard let frame = allocatorInUse.allocatePages(cpu, order: order, gfp) else {
      return cpu.count(.allocationFailed)
    }
    cpu.count(.dmaBuffers)
    buffers.hold(cpu, allocatorInUse, frame, order)
  }

  override func finish(_ cpu: CPU) {
    buffers.freeAll(cpu.at(.dmaAlloc), allocatorInUse)
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 1024)
  }
}
