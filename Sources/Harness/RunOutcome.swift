// What a run came to: the one value that all reports read.
//
// Schema  Written as JSON with `schemaVersion`; a change that a reader of the JSON would notice
//         raises the version.  Times are nanoseconds, memory is pages, unless a name says
//         otherwise.

import Machine

/// How a run ended.
public enum Verdict: String, Sendable, Codable {
  /// Every judge is content.
  case clean
  /// A rule broke.
  case finding
  /// Nothing was wrong, but a required path was never taken.
  case vacuous
}

/// A run, done.
public struct RunOutcome: Sendable, Codable {
  /// Version of this structure in JSON.
  public static let currentSchemaVersion = 1

  /// The version that was written.
  public var schemaVersion = RunOutcome.currentSchemaVersion
  /// The config's name.
  public var name = ""
  /// The campaign seed.
  public var seed: UInt64 = 0
  /// The resolved options, as a config.
  public var options = ""
  /// The command that runs the same again.
  public var repeatCommand = ""
  /// How it ended.
  public var verdict = Verdict.clean
  /// What was found; the same rule at the same site once.
  public var findings: [Finding] = []
  /// Findings that the fixed buffers had no room for.
  public var findingsDropped: UInt64 = 0
  /// The judges that were on.
  public var checks: [CheckOutcome] = []
  /// Wall time of the workers.
  public var elapsedNanoseconds: UInt64 = 0
  /// Why the run ended before its bound; nil if it did not.
  public var endedEarly: String?
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

  /// An outcome with nothing in it.
  public init() {}

  /// The exit status of the command.
  public var exitStatus: Int32 {
    switch verdict {
    case .clean: 0
    case .finding: 1
    case .vacuous: 3
    }
  }
}

/// A judge that was on.
public struct CheckOutcome: Sendable, Codable, Equatable {
  /// Its name in `list checks`.
  public var name: String
  /// How often it judged: events, calls, scans.
  public var times: UInt64
  /// Findings that it made.
  public var findings: Int

  /// A judge's result.
  public init(name: String, times: UInt64, findings: Int) {
    self.name = name
    self.times = times
    self.findings = findings
  }
}

/// A count with its name.
public struct NamedCount: Sendable, Codable, Equatable {
  /// What was counted.
  public var name: String
  /// How often.
  public var count: UInt64

  /// A count.
  public init(name: String, count: UInt64) {
    self.name = name
    self.count = count
  }
}

/// What one workload did on all its CPUs.
public struct WorkloadOutcome: Sendable, Codable, Equatable {
  /// Its name.
  public var name: String
  /// CPUs that ran it.
  public var cpus: Int
  /// Operations in all.
  public var operations: UInt64
  /// Operations a second of wall time.
  public var operationsPerSecond: Double
  /// Latency of an operation; nil unless statistics are `timing`.
  public var latency: LatencyOutcome?
  /// Bulk calls that filled the array, filled part of it, added nothing.
  public var bulkFull: UInt64
  public var bulkPartial: UInt64
  public var bulkFailed: UInt64
  /// Allocations that returned nil.
  public var allocationsFailed: UInt64

  /// A workload's result, nothing done.
  public init(name: String, cpus: Int) {
    self.name = name
    self.cpus = cpus
    operations = 0
    operationsPerSecond = 0
    bulkFull = 0
    bulkPartial = 0
    bulkFailed = 0
    allocationsFailed = 0
  }
}

/// Quantiles of a latency, in nanoseconds, each known to 6 %.
public struct LatencyOutcome: Sendable, Codable, Equatable {
  public var p50: UInt64
  public var p99: UInt64
  public var p999: UInt64
  public var max: UInt64

  /// Quantiles.
  public init(p50: UInt64, p99: UInt64, p999: UInt64, max: UInt64) {
    self.p50 = p50
    self.p99 = p99
    self.p999 = p999
    self.max = max
  }
}

/// Minimum, maximum, sum and mean of some times, in nanoseconds.
public struct TimesOutcome: Sendable, Codable, Equatable {
  public var min: UInt64
  public var max: UInt64
  public var total: UInt64
  public var average: UInt64

  /// Times.
  public init(min: UInt64, max: UInt64, total: UInt64, average: UInt64) {
    self.min = min
    self.max = max
    self.total = total
    self.average = average
  }
}

/// What locks of one class cost: the columns of /proc/lock_stat.
public struct LockOutcome: Sendable, Codable, Equatable {
  /// The class.
  public var name: String
  /// Times a lock() found it taken.
  public var contentions: UInt64
  /// How long those waited; nil unless statistics are `timing`.
  public var wait: TimesOutcome?
  /// Times it was taken.
  public var acquisitions: UInt64
  /// How long it was held; nil unless statistics are `timing`.
  public var hold: TimesOutcome?
  /// Calls of trylock, and those that found it taken.
  public var tryAttempts: UInt64
  public var tryFailures: UInt64

  /// A class's result.
  public init(
    name: String, contentions: UInt64, wait: TimesOutcome?, acquisitions: UInt64,
    hold: TimesOutcome?, tryAttempts: UInt64, tryFailures: UInt64
  ) {
    self.name = name
    self.contentions = contentions
    self.wait = wait
    self.acquisitions = acquisitions
    self.hold = hold
    self.tryAttempts = tryAttempts
    self.tryFailures = tryFailures
  }
}

/// A call site that waited for locks.
public struct SiteOutcome: Sendable, Codable, Equatable {
  /// The kernel function.
  public var site: String
  /// Times it found a lock taken, trylocks included.
  public var contentions: UInt64
  /// How long it waited; nil unless statistics are `timing`.
  public var waitNanoseconds: UInt64?

  /// A site's result.
  public init(site: String, contentions: UInt64, waitNanoseconds: UInt64?) {
    self.site = site
    self.contentions = contentions
    self.waitNanoseconds = waitNanoseconds
  }
}

/// Interrupts of one source.
public struct InterruptOutcome: Sendable, Codable, Equatable {
  /// nic, block, timer, ipi.
  public var source: String
  /// Handlers run.
  public var delivered: UInt64
  /// Interrupts that came while they were off and waited.
  public var deferred: UInt64
  /// At the ends of the signals; nil unless interrupts came as signals.
  public var signals: SignalOutcome?

  /// A source's result.
  public init(
    source: String, delivered: UInt64, deferred: UInt64, signals: SignalOutcome? = nil
  ) {
    self.source = source
    self.delivered = delivered
    self.deferred = deferred
    self.signals = signals
  }
}

/// Interrupts by signal, counted at both ends: sent is the sum of the other two.
public struct SignalOutcome: Sendable, Codable, Equatable {
  /// Sent to a CPU.
  public var sent: UInt64
  /// Sent while one of the same source was under way; the two came as one.
  public var coalesced: UInt64
  /// Taken by the CPU.
  public var received: UInt64

  /// A result.
  public init(sent: UInt64, coalesced: UInt64, received: UInt64) {
    self.sent = sent
    self.coalesced = coalesced
    self.received = received
  }
}

/// A zone at the end of a run, in pages.
public struct ZoneOutcome: Sendable, Codable, Equatable {
  /// Its node.
  public var node: Int
  /// Its name in /proc/zoneinfo.
  public var name: String
  /// Pages that the allocator manages, and those on buddy lists.
  public var managed: Int
  public var free: Int
  /// Watermarks: min, low, high, promo.
  public var watermarks: [Int]
  /// Free blocks of orders 0 ... 10, all types.
  public var freeBlocks: [Int]

  /// A zone's state.
  public init(
    node: Int, name: String, managed: Int, free: Int, watermarks: [Int], freeBlocks: [Int]
  ) {
    self.node = node
    self.name = name
    self.managed = managed
    self.free = free
    self.watermarks = watermarks
    self.freeBlocks = freeBlocks
  }
}

/// A replayed recording.
public struct TraceOutcome: Sendable, Codable, Equatable {
  /// Where it came from.
  public var file: String
  /// Operations replayed, and those of the recording that could not be.
  public var replayed: UInt64
  public var skipped: UInt64
  /// What was wrong with the input, a line each.
  public var remarks: [String]
  /// What was computed of the machine, beside the kernel's numbers.
  public var machine: [MachineComparisonRow]
  /// What model and kernel did, by zone.
  public var zones: [TraceZoneOutcome]

  /// A replay's result.
  public init(
    file: String, replayed: UInt64, skipped: UInt64, remarks: [String],
    machine: [MachineComparisonRow], zones: [TraceZoneOutcome]
  ) {
    self.file = file
    self.replayed = replayed
    self.skipped = skipped
    self.remarks = remarks
    self.machine = machine
    self.zones = zones
  }
}

/// Model and kernel side by side in one zone, in pages; fallbacks in events.
public struct TraceZoneOutcome: Sendable, Codable, Equatable {
  /// Node and zone: `0 Normal`.
  public var zone: String
  public var takenKernel: Int
  public var takenModel: Int
  public var drainedKernel: Int
  public var drainedModel: Int
  public var fallbacksKernel: Int
  public var fallbacksModel: Int

  /// A zone's result.
  public init(
    zone: String, takenKernel: Int, takenModel: Int, drainedKernel: Int, drainedModel: Int,
    fallbacksKernel: Int, fallbacksModel: Int
  ) {
    self.zone = zone
    self.takenKernel = takenKernel
    self.takenModel = takenModel
    self.drainedKernel = drainedKernel
    self.drainedModel = drainedModel
    self.fallbacksKernel = fallbacksKernel
    self.fallbacksModel = fallbacksModel
  }
}
