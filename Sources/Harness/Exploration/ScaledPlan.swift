// A config scaled down: the same callers, zones, policies and bugs on so few CPUs and frames, with
// so few operations, that a schedule has a few hundred points.

import JSON5
import Machine
import PageAllocator
import Workloads

/// Why a config cannot be explored.
public struct ExploreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, in one line.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// A config and what it is scaled down to.
public struct ScaledPlan: Sendable {
  /// What the config says.
  public let whole: RunPlan
  /// How it is scaled down.
  private(set) var scale: ExploreScale
  /// What a simulated machine runs.
  let small: RunPlan

  /// A config scaled down as it says.
  ///
  /// - Throws: ``ExploreError`` for what cannot be explored: a recording.
  public init(_ whole: RunPlan) throws(ExploreError) {
    if whole.trace != nil {
      throw ExploreError("a recording is one schedule; only workloads can be explored")
    }
    self.init(whole, ExploreScale(whole))
  }

  private init(_ whole: RunPlan, _ scale: ExploreScale) {
    self.whole = whole
    self.scale = scale
    small = whole.scaledDown(scale)
  }

  /// A config that is scaled down the same: what a seed file holds.
  public var resolved: JSON5Node {
    var plan = whole
    plan.explore = scale.options
    return plan.resolved
  }

  /// The same with all schedules judged for races and the order of locks, or none.
  func judgingRaces(_ isJudged: Bool) -> ScaledPlan {
    var plan = self
    plan.scale.races = isJudged
    return plan
  }

  /// The same where a fact about locks is a finding, and races are not looked for.
  func watching(for fact: String) -> ScaledPlan {
    var plan = judgingRaces(false)
    plan.scale.watch = fact
    return plan
  }

  /// The config at another size.
  func sized(_ size: RunSize) -> ScaledPlan {
    var scale = scale
    scale.only = size.only
    scale.interrupts = size.interrupts
    scale.frames = size.frames
    return ScaledPlan(whole, scale)
  }
}

extension RunPlan {
  fileprivate func scaledDown(_ scale: ExploreScale) -> RunPlan {
    let thread = workloads.contains(where: \.kind.isKernelThread) && scale.cpus > 1 ? 1 : 0
    var plan = self
    plan.workerCPUs = min(workerCPUs, scale.cpus - thread)
    plan.allocator = scaledAllocator(scale, plan.workerCPUs, thread)
    plan.workloads = scaledWorkloads(scale, plan.workerCPUs, thread)
    plan.receivePages = min(receivePages, scale.pages)
    plan.pageCacheSlots = min(pageCacheSlots, 16)
    plan.statistics = .off
    plan.checks.lockdep = false
    plan.checks.requiredPaths.removeAll { scale.exempt.contains($0) }
    plan.checks.pauseNanoseconds = nil
    plan.interrupts.signalsPerSecond = nil
    return plan
  }

  private func scaledAllocator(
    _ scale: ExploreScale, _ workers: Int, _ threads: Int
  ) -> AllocatorPlan {
    let nodes = min(allocator.nodeCount, 2)
    var kinds: [(node: Int, kind: ZoneKind)] = []
    for zone in allocator.zones where zone.node < nodes {
      if kinds.contains(where: { $0.node == zone.node && $0.kind == zone.kind }) { continue }
      kinds.append((zone.node, zone.kind))
    }
    var tunables = allocator.tunables
    let largest = kinds.count > 2 ? 4 : 5
    tunables.pageblockOrder = Order(min(tunables.pageblockOrder.index, largest))
    tunables.minFreeKBytes = scale.minFree * 4
    tunables.perCPUBatch = scale.batch
    let isTuned = tunables.perCPUHigh == nil && tunables.perCPUHighFraction == 0
    tunables.perCPUHigh = scale.high
    // Tuned where the config's are.
    if isTuned { tunables.perCPUHighMin = scale.high / 2 }
    let block = tunables.pageblockOrder.pages
    let pages = max(scale.frames / max(kinds.count, 1) / block, 2) * block
    let zones = kinds.enumerated().map { index, zone in
      ZoneLayout(
        node: zone.node, kind: zone.kind, start: PageFrameNumber(UInt32(index * pages)),
        spannedPages: pages, managedPages: pages)
    }
    let nodeOfCPU = (0..<workers).map { $0 * nodes / max(workers, 1) }
    return AllocatorPlan(
      zones: zones, nodeCount: nodes,
      nodeOfCPU: nodeOfCPU + [Int](repeating: 0, count: threads), tunables: tunables)
  }

  /// The workloads on the CPUs that are left; of kernel threads the first.
  private func scaledWorkloads(
    _ scale: ExploreScale, _ workers: Int, _ threads: Int
  ) -> [WorkloadPlan] {
    var threadsLeft = threads
    return workloads.compactMap { entry in
      var scaled = entry
      if entry.kind.isKernelThread {
        if threadsLeft == 0 { return nil }
        threadsLeft -= 1
        scaled.cpus = [workers]
      } else {
        let kept = entry.cpus.filter { $0 < workers }
        scaled.cpus = kept.isEmpty ? [entry.cpus[0] % workers] : kept
      }
      scaled.values = entry.kind.inSchedules(entry.values, requestPages: scale.pages)
      return scaled
    }
  }
}
