// The section `stop` of a config.

import JSON5

/// When a run ends; at least one bound is set, or the trace's end is.
public struct StopPlan: Sendable, Equatable {
  /// Nanoseconds of wall time.
  public var durationNanoseconds: UInt64?
  /// Operations of each worker CPU.
  public var operations: Int?
  /// Nanoseconds without progress of a CPU after which it counts as stuck.
  public var stuckNanoseconds: UInt64 = 60_000_000_000
  /// True if the first finding ends the run.
  public var atFirstFinding = false

  static let section = ConfigurationSection(
    "stop", StopPlan(),
    [
      .optional(
        "duration", \.durationNanoseconds, .duration(in: 1_000_000...86_400_000_000_000_000),
        "wall time after which workers finish"),
      .optional(
        "operations", \.operations, .int(in: 1...1_000_000_000_000),
        "operations of each worker CPU; one of the two is required, unless a recording is"
          + " replayed"),
      .option(
        "stuck", \.stuckNanoseconds, .duration(in: 10_000_000...86_400_000_000_000),
        "time without progress of a CPU after which the run is given up as stuck"),
      .option(
        "firstFinding", \.atFirstFinding, .bool,
        "whether the first finding ends the run, within 0.1 s; some rules end it in any case"),
    ])
}
