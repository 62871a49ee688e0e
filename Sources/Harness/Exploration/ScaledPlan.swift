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

extension RunPlan {
  /// How the config is scaled down, every value filled in.
  public var exploreScale: ExplorePlan {
    var scale = explore
    scale.cpus = explore.cpus ?? min(cpuCount, 3)
    scale.frames = explore.frames ?? 512
    scale.operations = explore.operations ?? 3
    scale.pages = explore.pages ?? 4
    let tunables = allocator.tunables
    scale.batch = explore.batch ?? min(tunables.perCPUBatch ?? 63, 2)
    scale.high = explore.high ?? min(tunables.perCPUHigh ?? 65_536, 8)
    scale.minFree = explore.minFree ?? max((scale.frames ?? 0) / 16, 1)
    scale.interrupts = explore.interrupts ?? 2
    scale.strategy = explore.strategy ?? .portfolio
    if case .systematic = scale.strategy {
      scale.granularity = explore.granularity ?? .sync
    }
    scale.pointsMax = explore.pointsMax ?? 10_000
    return scale
  }

  /// The plan with `scale`, its resolved options included: what a seed file holds.
  public func exploring(_ scale: ExplorePlan) -> RunPlan {
    var plan = self
    plan.explore = scale
    let place = plan.resolved.position
    guard case .object(var members) = plan.resolved.value else { return plan }
    members.removeAll { $0.key == "explore" }
    if let node = scale.node(at: place) {
      members.append(JSON5Member(key: "explore", keyPosition: place, value: node))
    }
    plan.resolved = JSON5Node(.object(members), at: place)
    return plan
  }

  /// The plan with all its schedules judged for races and the order of locks, or none.
  func judgingRaces(_ isJudged: Bool) -> RunPlan {
    var scale = exploreScale
    scale.races = isJudged
    return exploring(scale)
  }

  /// The plan that a simulated machine runs.
  ///
  /// - Throws: ``ExploreError`` for what cannot be explored: a recording.
  func scaledDown() throws(ExploreError) -> RunPlan {
    if trace != nil {
      throw ExploreError("a recording is one schedule; only workloads can be explored")
    }
    let scale = exploreScale
    let total = max(scale.cpus ?? 1, 1)
    let thread = workloads.contains(where: \.kind.isKernelThread) && total > 1 ? 1 : 0
    var plan = self
    plan.workerCPUs = min(workerCPUs, total - thread)
    plan.allocator = scaledAllocator(scale, plan.workerCPUs, thread)
    plan.workloads = scaledWorkloads(scale, plan.workerCPUs, thread)
    plan.receivePages = min(receivePages, scale.pages ?? receivePages)
    plan.pageCacheSlots = min(pageCacheSlots, 16)
    plan.statistics = .off
    plan.checks.lockdep = false
    plan.checks.requiredPaths.removeAll { scale.exempt.contains($0) }
    plan.checks.pauseNanoseconds = nil
    plan.interrupts.signalsPerSecond = 0
    return plan
  }

  private func scaledAllocator(
    _ scale: ExplorePlan, _ workers: Int, _ threads: Int
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
    tunables.minFreeKBytes = scale.minFree.map { $0 * 4 }
    tunables.perCPUBatch = scale.batch
    let isTuned = tunables.perCPUHigh == nil && tunables.perCPUHighFraction == 0
    tunables.perCPUHigh = scale.high
    // Tuned where the config's are.
    if isTuned { tunables.perCPUHighMin = (scale.high ?? 0) / 2 }
    let block = tunables.pageblockOrder.pages
    let pages = max((scale.frames ?? 512) / max(kinds.count, 1) / block, 2) * block
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
    _ scale: ExplorePlan, _ workers: Int, _ threads: Int
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
      scaled.values = WorkloadValues(
        entry.values.values.map { name, value in
          (name, Self.scaled(value, name, of: entry.kind, pages: scale.pages ?? 64))
        })
      return scaled
    }
  }

  /// A value of a workload, small enough that an operation has at most some hundred points; what
  /// happens rarely happens often enough to be met in schedules of a few operations.
  private static func scaled(
    _ value: Int, _ name: String, of kind: WorkloadKind, pages: Int
  ) -> Int {
    let largest: Int? =
      switch name {
      case "pages": kind.name == "anonymousFaults" ? 32 : pages
      case "arrays", "areas", "packetsMax": 2
      case "slabs", "buffers": 8
      case "references", "frames", "attempts": 4
      case "orderMax": 2
      case "holdOperations", "waitsMax": 1
      case "waitRounds": 0
      default: nil
      }
    if value > 0 && name.hasSuffix("PerMille") { return max(value, 120) }
    if value > 0 && name == "drainPercent" { return max(value, 25) }
    return largest.map { min(value, $0) } ?? value
  }
}
