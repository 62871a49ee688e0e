// A strategy with a seed of its own: one program, with all that its CPUs draw, in many schedules.

import Machine

/// Decides as another strategy does for a seed that is not the schedule's.
public final class ReseededStrategy: ScheduleStrategy {
  private let strategy: ScheduleStrategy
  private let seed: UInt64

  /// What `strategy` decides for `seed`, whatever seed a schedule starts with.
  public init(_ strategy: ScheduleStrategy, seed: UInt64) {
    self.strategy = strategy
    self.seed = seed
  }

  public override var decidesToTheEnd: Bool { strategy.decidesToTheEnd }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    strategy.begin(seed: self.seed, view)
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice { strategy.choose(view) }

  public override func end(_ outcome: ScheduleOutcome) { strategy.end(outcome) }
}
