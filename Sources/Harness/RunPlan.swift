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
  /// CPUs that run workers; kernel threads have CPUs of their own above these.
  public var workerCPUs: Int
  /// The allocator and its memory; its CPUs are all of the machine's.
  public var allocator: AllocatorPlan
  /// What becomes of interrupts.
  public var interrupts: InterruptPlan
  /// Who hammers the allocator.
  public var workloads: [WorkloadPlan]
  /// A recording to replay; nil for none.
  public var trace: TracePlan?
  /// Pages of the page cache that all CPUs share; 0 for none.
  public var pageCacheSlots: Int
  /// Pages that a receive queue asks for at once, and packets of its poll, 1 ... 64: what the
  /// kernel has, unless scaled down.
  public var receivePages = 64
  /// When the run ends.
  public var stop: StopPlan
  /// How much is measured.
  public var statistics: StatisticsMode
  /// What is checked.
  public var checks: ChecksPlan
  /// Bugs switched on.
  public var bugs: [SeededBug]
  /// How it is scaled down for the simulated machine.
  public var explore = ExplorePlan()
  /// The resolved options as a config that gives this plan, without comments.
  public var resolved: JSON5Node

  /// CPUs of the machine: workers and kernel threads.
  public var cpuCount: Int { allocator.nodeOfCPU.count }
}

/// Where interrupts can come.
public enum InterruptDelivery: String, CaseIterable, Sendable {
  /// Nowhere.
  case off
  /// At seeded scheduling points of a CPU's own code.
  case points
  /// At any instruction, as signals of the operating system.
  case signal
}

/// How interrupts come.
public struct InterruptPlan: Sendable, Equatable {
  /// Where.
  public var delivery: InterruptDelivery
  /// Mean scheduling points between two of a source on one CPU; 0 for none.  With signals, the
  /// shares of the sources: the fewer points, the more often.
  public var pointsBetween: [InterruptSource: Int]
  /// Mean signals a second on one CPU, from all sources together; 0 unless `signal`.
  public var signalsPerSecond = 0
}

/// One entry of `workloads`.
public struct WorkloadPlan: Sendable {
  /// What it is.
  public var kind: WorkloadKind
  /// The CPUs that run it.
  public var cpus: [Int]
  /// How often it is drawn among the workloads of a CPU.
  public var weight: Int
  /// Its parameters.
  public var values: WorkloadValues
}

/// When a run ends; at least one is set, or the trace's end is.
public struct StopPlan: Sendable, Equatable {
  /// Nanoseconds of wall time.
  public var durationNanoseconds: UInt64?
  /// Operations of each worker CPU.
  public var operations: Int?
  /// Nanoseconds without progress of a CPU after which it counts as stuck.
  public var stuckNanoseconds: UInt64
  /// True if the first finding ends the run.
  public var atFirstFinding = false
}

/// What is checked.
public struct ChecksPlan: Sendable, Equatable {
  /// Each frame's owner, at every allocation and free.
  public var ledger: Bool
  /// The contract of bulk allocation, at every call.
  public var bulkOracle: Bool
  /// What requests get and are refused.
  public var grants: Bool
  /// The invariants of all zones at the end, and at pauses.
  public var invariants: Bool
  /// Leaks and coalescing at the end.
  public var leaks: Bool
  /// The order of locks, at each acquisition.
  public var lockdep: Bool
  /// Nanoseconds between two pauses with a full scan; nil for none.
  public var pauseNanoseconds: UInt64?
  /// Paths that the run must have taken.
  public var requiredPaths: [String]
}

/// A recording to replay.
public struct TracePlan: Sendable {
  /// Where it came from.
  public var file: String
  /// What was read, resolved.
  public var resolved: ResolvedTrace
  /// What was wrong with the input, a line each.
  public var remarks: [String]
  /// Microseconds of recorded time from the start to the first decay; nil for no decay.
  public var decayPhaseMicroseconds: Int?
  /// What the computed machine was compared with.
  public var machineComparison: [MachineComparisonRow]
}
