// The kernel's own objects: slabs of up to eight pages that come and go slowly.
//
// Models  allocate_slab(), free_slab(), mm/slub.c, 7.3.
// Omits   Objects within a slab, per-CPU sheaves, charging.
// Rule    The first try asks for the preferred order without effort; only the second, for the
//         smallest order that serves, has all that the caller's flags allow.

import Machine
import PageAllocator

/// The `slab` workload.
final class SlabUser: Workload {
  private let allocatorInUse: PageAllocator
  private let atomicPercent: Int
  private let reclaimablePercent: Int
  private let handOverPercent: Int
  private let slabsMax: Int
  private var slabs: HeldBlocks

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpuID: Int, index: Int) {
    allocatorInUse = environment.allocator
    atomicPercent = values["atomicPercent"]
    reclaimablePercent = values["reclaimablePercent"]
    handOverPercent = values["handOverPercent"]
    slabsMax = values["slabs"]
    slabs = HeldBlocks(
      in: environment.privateArena, capacity: values["slabs"],
      stampBase: HolderStamps.worker(index))
    super.init(environment, cpuID: cpuID, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    HeldBlocks.arenaByteCount(capacity: values["slabs"])
  }

  override var pagesHeldMax: Int { slabsMax * Order.costly.pages }

  override func begin(_ cpu: CPU) { slabs.reset() }

  override func operate(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 8)
    let kind = cpu.draw(.workload, below: 100)
    let details = cpu.draw(.workload, below: 1 << 30)
    let order = Self.order(cpu.draw(.workload, below: 100))
    let gfp = flags(cpu.draw(.workload, below: 100), details)
    cpu.noteRequest(
      UInt64(kind) << 56 | UInt64(order.rawValue) << 52 | UInt64(details) << 22
        | UInt64(gfp.rawValue))
    // Nearly as many go as come, so that the set wanders between empty and full.
    if kind < 1 { return shrink(cpu, details) }
    if kind < 42 { return give(cpu, details, isRemote: details >> 20 % 100 < handOverPercent) }
    allocate(cpu, order, gfp, details)
  }

  override func finish(_ cpu: CPU) {
    slabs.freeAll(cpu.at(.slabAlloc), allocatorInUse)
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 1024)
  }

  /// Orders as SLUB prefers them for the usual object sizes.
  private static func order(_ draw: Int) -> Order {
    if draw < 45 { return .zero }
    if draw < 75 { return Order(1) }
    return draw < 80 ? Order(2) : .costly
  }

  private func flags(_ draw: Int, _ details: Int) -> GFP {
    var gfp = GFP.kernel
    if draw < atomicPercent {
      gfp = .atomic
    } else if details & 7 == 0 {
      gfp = .noWait
    }
    gfp.formUnion(.compound)
    if details >> 3 & 127 < reclaimablePercent * 128 / 100 { gfp.formUnion(.reclaimable) }
    return gfp
  }

  private func allocate(_ cpu: CPU, _ order: Order, _ gfp: GFP, _ details: Int) {
    let cpu = cpu.at(.slabAlloc)
    if slabs.isFull { give(cpu, details, isRemote: false) }
    let smallest = order > .zero ? Order(order.index / 2) : .zero
    let eager = gfp.union([.noWarn, .noRetry])
    let light =
      gfp.contains(.directReclaim) && order > smallest
      ? eager.union(.noMemAlloc).subtracting(.reclaim) : eager
    if let frame = allocatorInUse.allocatePages(cpu, order: order, light) {
      return slabs.hold(cpu, allocatorInUse, frame, order)
    }
    if let frame = allocatorInUse.allocatePages(cpu, order: smallest, gfp) {
      return slabs.hold(cpu, allocatorInUse, frame, smallest)
    }
    cpu.count(.allocationFailed)
    give(cpu, details, isRemote: false)
  }

  /// Gives a slab back whose last object was freed, here or on another CPU.
  private func give(_ cpu: CPU, _ details: Int, isRemote: Bool) {
    let cpu = cpu.at(.slabAlloc)
    if slabs.count == 0 { return }
    let index = (details >> 3) % slabs.count
    if !isRemote { return slabs.free(cpu, allocatorInUse, at: index) }
    let block = slabs.release(cpu, allocatorInUse, at: index)
    let workers = max(environment.workerCPUs, 1)
    let step = workers > 1 ? (details >> 10) % (workers - 1) : 0
    if environment.mailboxes.send(cpu, block, to: (cpu.id + 1 + step) % workers) {
      return cpu.count(.handedOver)
    }
    cpu.count(.handOverRefused)
    allocatorInUse.freePages(cpu, block.frame, order: block.order)
  }

  /// A shrinker at work: many slabs, in random order.
  private func shrink(_ cpu: CPU, _ details: Int) {
    var left = min(1 + details & 31, slabs.count)
    while left > 0 {
      slabs.free(
        cpu.at(.slabAlloc), allocatorInUse, at: cpu.draw(.workload, below: slabs.count))
      left -= 1
    }
  }
}
