// The model as a side of the bench: its full path, with gfp, zonelist and watermarks.

import Checker
import Machine
import PageAllocator

/// The model as one CPU sees it.
struct ModelSide: BenchSide {
  let cpu: CPU
  let allocator: PageAllocator
  /// What a bulk call brought in whole blocks is given back so, too.
  let bulk: BulkSource

  /// Blocks of more than a page are compound, as nearly all of the kernel's are.
  @inline(__always) func take(_ order: Order) -> PageFrameNumber? {
    let gfp: GFP = order == .zero ? .kernel : .kernel.union(.compound)
    return allocator.allocatePages(cpu, order: order, gfp)
  }

  @inline(__always) func give(_ frame: PageFrameNumber, _ order: Order) {
    allocator.freePages(cpu, frame, order: order)
  }

  @inline(__always) func takeBulk(into slots: PageSlots, count: Int) -> Int {
    allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: count)
  }

  @inline(__always) func giveBulk(_ slots: PageSlots, count: Int) {
    switch bulk {
    case .lists: allocator.releasePages(cpu, slots, count: count)
    case .blocks: allocator.freePagesBulk(cpu, slots, count: count)
    }
  }
}

extension PageSlots: BenchSlots {}

/// A machine with the model on it.
///
/// Safe to hand to threads because each lane uses only its own CPU and, between two steps, the
/// slots of one other.
final class ModelSubject: BenchSubject, @unchecked Sendable {
  let name: String
  private let machine: Machine
  private let allocator: PageAllocator
  private let ledger: OwnershipLedger?
  private let slots: [PageSlots]
  private let frames: Int
  private let bulk: BulkSource

  /// A machine with all memory free.
  ///
  /// - Parameter slotCount: slots of each lane.
  init(_ variant: ModelVariant, cpuCount: Int, slotCount: Int, _ options: BenchOptions) {
    name = variant.name
    bulk = variant.bulk
    frames = options.frames
    var tunables = AllocatorTunables()
    tunables.perCPUBatch = options.batch
    tunables.perCPUHigh = variant.isPinned ? options.high : nil
    tunables.bulkSource = variant.bulk
    tunables.perCPUProtection = variant.protection
    let zone = ZoneLayout(
      node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: options.frames,
      managedPages: options.frames)
    let plan = AllocatorPlan(
      zones: [zone], nodeCount: 1, nodeOfCPU: Array(repeating: 0, count: cpuCount),
      tunables: tunables)
    var catalog = Catalog()
    catalog.addPageAllocator()
    catalog.addChecker()
    let slotBytes = cpuCount * (slotCount * 4 + 128)
    machine = Machine(
      cpuCount: cpuCount, arenaByteCount: plan.arenaByteCount + slotBytes + 1 << 20,
      catalog: catalog)
    machine.reset(seed: 1)
    allocator = PageAllocator(plan, on: machine)
    let arena = machine.arena
    slots = (0..<cpuCount).map { _ in PageSlots(in: arena, count: slotCount) }
    ledger =
      options.ledger
      ? OwnershipLedger(frameCount: allocator.frameCount, tracksTouched: false) : nil
    if let ledger { allocator.subscribe(ledger) }
    machine.setStatistics(options.statistics)
  }

  func perform(_ task: BenchTask) -> [PhaseTime]? {
    var times: [PhaseTime] = []
    let ended = machine.runAlone(task.cpu) { [allocator, slots, bulk] cpu in
      var lane = BenchLane(
        side: ModelSide(cpu: cpu, allocator: allocator, bulk: bulk), own: slots[task.lane],
        other: slots[task.other], task)
      lane.perform()
      times = lane.times
    }
    return ended ? times : nil
  }

  func missingPages() -> Int? {
    let ended = machine.runAlone(0) { [allocator] cpu in allocator.drainAlone(cpu) }
    return ended ? frames - allocator.counters(allocator.zone(0)).free : nil
  }
}
