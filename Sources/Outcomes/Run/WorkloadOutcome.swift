// What one workload did in a run, and how long its operations took.

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
