// What only the outcome of a native run has.

/// The figures of a native run.
public struct RunBody: Sendable, Codable {
  /// CPUs that did not end in time, and the locks that were taken then, a line each.
  public var stuck: [String] = []
  /// CPUs that ran workers, kernel threads not counted.
  public var workerCPUs = 0
  /// CPUs of the machine.
  public var cpus = 0
  /// The hash of all that each CPU's task asked for, in hexadecimal, by CPU.
  public var requestHashes: [String] = []
  /// off, counts or timing.
  public var statistics = ""
  /// What the workloads did.
  public var workloads: [WorkloadOutcome] = []
  /// What locks cost, by class.
  public var locks: [LockOutcome] = []
  /// The call sites that waited for locks, the most contended first.
  public var contendedSites: [SiteOutcome] = []
  /// Interrupts by source.
  public var interrupts: [InterruptOutcome] = []
  /// Interrupts by signal of each CPU; nil unless interrupts came as signals.
  public var signalsByCPU: [SignalOutcome]?
  /// Softirq handlers run.
  public var softirqs: UInt64 = 0
  /// The longest time with interrupts off; nil unless statistics are `timing`.
  public var interruptsOffNanosecondsMax: UInt64?
  /// Where they were turned off then.
  public var interruptsOffSite = ""
  /// Events under their /proc/vmstat names.
  public var events: [NamedCount] = []
  /// What the workloads counted.
  public var workloadCounts: [NamedCount] = []
  /// Paths of the allocator and how often each was taken.
  public var paths: [NamedCount] = []
  /// Free blocks of each zone at the end.
  public var zones: [ZoneOutcome] = []
  /// The replay of a recording; nil if there was none.
  public var trace: TraceOutcome?
  /// What is to be known of a machine that a kernel's files describe, a line each; nil for one
  /// described in words.
  public var machineRemarks: [String]?

  /// A run in which nothing happened.
  public init() {}

  /// Operations of the workloads, or of a recording if there were no others; the largest number if
  /// there were more.
  public var operations: UInt64 {
    let own = workloads.reduce(0 as UInt64) { total, workload in
      let (sum, overflow) = total.addingReportingOverflow(workload.operations)
      return overflow ? .max : sum
    }
    return own > 0 ? own : trace?.replayed ?? 0
  }
}
