// Who watches a schedule: judges of races and lock order, the recorder, the explainer.

/// What an observer wants to be told.
public struct ScheduleInterest: OptionSet, Sendable {
  /// Bits.
  public let rawValue: UInt8
  /// The interests of these bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Each operation, right before it takes effect, and notes of interrupts.
  public static var operations: ScheduleInterest { ScheduleInterest(rawValue: 1) }
  /// Each decision.
  public static var choices: ScheduleInterest { ScheduleInterest(rawValue: 2) }
}

/// An observer of schedules.  Told on the CPU's fiber, behind a trampoline: it must not throw.
open class ScheduleObserver {
  /// What it wants to be told; asked once a schedule.
  open var interest: ScheduleInterest { [] }

  /// An observer that ignores everything.
  public init() {}

  /// A schedule begins.
  open func begin(_ view: ScheduleView) {}

  /// `cpu` is about to execute `operation`, and nobody comes in between.
  ///
  /// A `lock` takes its lock; whether a `tryLock` does is in `succeeds`, true for all else.
  open func execute(_ cpu: CPU, _ operation: CPUOperation, succeeds: Bool, _ view: ScheduleView) {}

  /// `choice` was decided on.
  open func decide(_ choice: ScheduleChoice, _ view: ScheduleView) {}

  /// No CPU runs any more, and nothing was checked yet.
  open func rest(_ view: ScheduleView) {}

  /// The schedule is over; what runs at its end by itself is not told.
  open func end(_ outcome: ScheduleOutcome, _ view: ScheduleView) {}
}
