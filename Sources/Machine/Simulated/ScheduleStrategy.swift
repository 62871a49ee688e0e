// Who decides what happens next on a simulated machine.

/// One thing that can happen next.
public struct ScheduleChoice: BitwiseCopyable, Equatable, Sendable {
  /// The CPU that goes on, or that the interrupt comes to.
  public let cpu: UInt8
  /// 0: the CPU executes its announced operation; else an interrupt source's number + 1.
  public let delivery: UInt8

  /// The interrupt source that is delivered; nil if the CPU goes on.
  public var source: InterruptSource? {
    delivery == 0 ? nil : InterruptSource(rawValue: Int(delivery) - 1)
  }
}

/// A strategy: asked at every scheduling point which of the possible choices comes next.
///
/// `choose` runs on a fiber, behind a trampoline: it must not throw, and must be deterministic in
/// the seed, the point and the choices.
open class ScheduleStrategy {
  /// A strategy that always takes the first choice.
  public init() {}

  /// Starts a schedule.
  open func begin(seed: UInt64) {}

  /// The index of the next choice among `choices[0 ..< count]`; count is at least 1.
  open func choose(_ choices: Table<ScheduleChoice>, count: Int) -> Int { 0 }
}

/// Where a simulated CPU may be interrupted by others.
public enum Granularity: String, CaseIterable, Sendable {
  /// At lock operations, atomics and marked accesses.
  case sync
  /// At plain accesses to guarded state too.
  case all
}

/// How one schedule ended.
public enum ScheduleEnd: Equatable, Sendable {
  /// All CPUs came to their end.
  case complete
  /// A rule broke.
  case finding
  /// Nobody could go on.
  case deadlock
  /// The bound on points was reached.
  case cut
}

/// One schedule, done.
public struct ScheduleOutcome: Equatable, Sendable {
  /// How it ended.
  public var end: ScheduleEnd
  /// Scheduling points passed.
  public var points: Int
  /// Chained over CPU, kind, object and site of every point: equal for equal interleavings.
  public var traceHash: UInt64
}
