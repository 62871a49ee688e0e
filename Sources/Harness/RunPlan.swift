// A run with everything resolved: what a config file becomes before anything starts.

import JSON5
import Machine
import Outcomes
import PageAllocator
import Recordings
import Workloads

/// All that a run does, as it will be printed.
public struct RunPlan: Sendable {
  /// The config's name.
  public var name: String
  /// The config file, as named on the command line.
  public var file: String
  /// The campaign seed.
  public var seed: UInt64
  /// The machine as the config describes it.
  var machine = MachineOptions()
  /// The kernel's numbers of the nodes, by node of the allocator.
  var nodeNumbers = [0]
  /// What is to be known of a machine that files describe, a line each.
  public var machineRemarks: [String] = []
  /// CPUs that run workers; kernel threads have CPUs of their own above these.
  public var workerCPUs = 0
  /// The allocator and its memory; its CPUs are all of the machine's.
  public var allocator = AllocatorPlan(zones: [], nodeCount: 1, nodeOfCPU: [])
  /// What becomes of interrupts.
  public var interrupts = InterruptPlan.none
  /// Who hammers the allocator.
  public var workloads: [WorkloadPlan] = []
  /// A recording to replay; nil for none.
  public var trace: TracePlan?
  /// Pages of the page cache that all CPUs share; 0 for none.
  public var pageCacheSlots = 0
  /// Pages that a receive queue asks for at once, and packets of its poll, 1 ... 64: what the
  /// kernel has, unless scaled down.
  public var receivePages = 64
  /// When the run ends.
  public var stop = StopPlan()
  /// How much is measured.
  public var statistics = StatisticsMode.counts
  /// What is checked.
  public var checks = ChecksPlan()
  /// Bugs switched on.
  public var bugs: [SeededBug] = []
  /// What is said of how it is scaled down for the simulated machine.
  var explore = ExploreOptions()

  /// A plan of which nothing is said.
  init(name: String, file: String, seed: UInt64) {
    self.name = name
    self.file = file
    self.seed = seed
  }

  /// CPUs of the machine: workers and kernel threads.
  public var cpuCount: Int { allocator.nodeOfCPU.count }
}

/// A recording to replay.
public struct TracePlan: Sendable {
  /// What the config says of it.
  var options: TraceOptions
  /// What was read, resolved.
  public var resolved: ResolvedTrace
  /// What was wrong with the input, a line each.
  public var remarks: [String]
  /// What the computed machine was compared with.
  public var machineComparison: [MachineComparisonRow]
}
