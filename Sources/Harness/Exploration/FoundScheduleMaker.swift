// Turns a failing schedule of a search into its seed file: recorded, replayed twice, shrunk.

import Exploration
import Machine

/// A schedule of a search that found something.
struct FailingSchedule {
  var index: UInt64
  var seed: UInt64
  var granularity: Granularity
  var strategyName: String
  /// What the strategy was frozen with.
  var profile: [UInt64] = []
  /// Decides it again.
  var strategy: ScheduleStrategy
}

/// Makes seed files of failing schedules.
struct FoundScheduleMaker {
  private let plan: ScaledPlan
  private let options: SearchOptions

  init(_ plan: ScaledPlan, _ options: SearchOptions) {
    self.plan = plan
    self.options = options
  }

  /// The schedule recorded, replayed twice and shrunk.
  ///
  /// - Parameter isMeant: true for the finding that must stay.
  func make(
    _ schedule: FailingSchedule, showing isMeant: (Finding) -> Bool
  ) throws -> FoundSchedule {
    let run = try SimulatedRun(plan)
    run.simulated.options.granularity = schedule.granularity
    let replayer = Replayer(run.simulated, run.program())
    let recorded = replayer.record(seed: schedule.seed, strategy: schedule.strategy)
    guard let signature = recorded.findings.first(where: isMeant)?.signature,
      replayer.confirm(recorded.script, shows: signature) != nil
    else {
      throw ExploreError(
        "schedule \(schedule.index) of seed \(plan.whole.seed) did not show its finding again: "
          + "this is a fault of pagetorture")
    }
    let origin = SeedOrigin(
      seed: plan.whole.seed, index: schedule.index, strategy: schedule.strategyName,
      profile: schedule.profile)
    return try SeedMaker(run, replayer).make(
      recorded.script, showing: signature, origin, shrinkReplays: options.shrinkReplays)
  }
}
