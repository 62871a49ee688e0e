// The strategy that repeats the beginning of a schedule and then goes on freely.

import Machine

/// Follows deviations for some steps, then another strategy.
public final class ContinuedReplay: ScheduleStrategy {
  private let replay: DeviationReplay
  private let steps: Int
  private let strategy: ScheduleStrategy

  /// The schedule of `deviations` for its first `steps` steps, then what `strategy` decides.
  public init(_ deviations: [Deviation], following steps: Int, then strategy: ScheduleStrategy) {
    replay = DeviationReplay(deviations)
    self.steps = steps
    self.strategy = strategy
  }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    replay.begin(seed: seed, view)
    strategy.begin(seed: seed, view)
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    view.points <= steps ? replay.choose(view) : strategy.choose(view)
  }

  public override func end(_ outcome: ScheduleOutcome) { strategy.end(outcome) }
}
