// Who decides what happens next on a simulated machine, and how a schedule ends.

/// One thing that can happen next.
public struct ScheduleChoice: BitwiseCopyable, Equatable, Sendable {
  /// The CPU that goes on, or that the interrupt comes to.
  public let cpu: UInt8
  /// 0: the CPU executes its announced operation; else an interrupt source's number + 1.
  public let delivery: UInt8

  /// The CPU goes on.
  @inline(__always) public init(cpu: Int) {
    self.cpu = UInt8(truncatingIfNeeded: cpu)
    delivery = 0
  }

  /// An interrupt comes to the CPU.
  @inline(__always) public init(_ source: InterruptSource, to cpu: Int) {
    self.cpu = UInt8(truncatingIfNeeded: cpu)
    delivery = UInt8(source.rawValue + 1)
  }

  /// The interrupt source that is delivered; nil if the CPU goes on.
  public var source: InterruptSource? {
    delivery == 0 ? nil : InterruptSource(rawValue: Int(delivery) - 1)
  }
}

/// A strategy: asked at every scheduling point what comes next.
///
/// `choose` runs on a fiber, behind a trampoline: it must not throw, and must be deterministic in
/// the seed and in what the view shows.
open class ScheduleStrategy {
  /// A strategy that always follows the default schedule.
  public init() {}

  /// True if it decides the last part of a schedule too, in which the machine else gives everybody
  /// a fair turn: a replay, whose recording holds those turns.  Where a strategy decides to the
  /// end, the bound on points is never a livelock.  Asked once a schedule.
  open var decidesToTheEnd: Bool { false }

  /// True if the strategy is `view.draw()` wherever no interrupt may come: once none can come any
  /// more the machine draws by itself, without a call.  Such a strategy begins before the CPUs
  /// start, of which the view then shows none.  Asked as a schedule begins.
  open var drawsEvenly: Bool { false }

  /// Who decides where no interrupt may come any more: the strategy, or, if it does no more than
  /// bring interrupts into the schedules of another, that one.  Asked once a schedule.
  open var amongCPUs: ScheduleStrategy { self }

  /// Starts a schedule; `view` shows the CPUs that start.
  open func begin(seed: UInt64, _ view: ScheduleView) {}

  /// What comes next, unless `drawsEvenly` says it: a CPU of `view.enabled`, or an interrupt that
  /// `view.deliverable` shows.
  ///
  /// `view.enabled` is empty only if every CPU waits, none of them for time, and an interrupt may
  /// come.
  open func choose(_ view: ScheduleView) -> ScheduleChoice { view.defaultChoice }

  /// An interrupt comes where the strategy would have been asked: `view` is as `choose` would have
  /// seen it.
  open func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) {}

  /// The schedule is over.
  open func end(_ outcome: ScheduleOutcome) {}
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
  /// Nobody can go on, or some CPUs wait for each other for ever.
  case deadlock
  /// Nobody got on although all had their turns.
  case livelock
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
