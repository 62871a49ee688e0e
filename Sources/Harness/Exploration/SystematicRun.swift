// Every schedule of a config up to a bound.
//
// Rule    All its schedules ask for the same: what the requests of schedule 0 of the campaign are.
//         They follow from each other, so one thread runs them, at one granularity.

import Exploration
import Machine

/// A systematic search of one config.
struct SystematicRun {
  private let plan: ScaledPlan
  private let options: SearchOptions
  private let watch: ExploreRun.Watch

  init(_ plan: ScaledPlan, _ options: SearchOptions, _ watch: ExploreRun.Watch) {
    self.plan = plan
    self.options = options
    self.watch = watch
  }

  /// Schedules between two questions whether it is over.
  private static var questionEvery: UInt64 { 64 }

  private func isMet(_ finding: Finding) -> Bool { options.goal?.isMet(by: finding) ?? true }

  /// Runs all schedules level by level until one finds something that is wanted.
  func execute(_ kind: SystematicKind, boundMax: Int?) throws -> ExploreResult {
    let run = try SimulatedRun(plan)
    let granularity = plan.scale.granularity ?? .sync
    run.simulated.options.granularity = granularity
    let search = SystematicSearch(run.simulated, kind, program: run.program())
    let seed = SplitMix64.split(plan.whole.seed, 0)
    var campaign = CampaignOutcome(isDrawn: false)
    var runs: UInt64 = 0
    let searched = search.explore(
      boundMax: boundMax ?? CampaignStrategy.boundLimit, schedulesMax: options.schedules,
      seed: seed
    ) { schedule in
      if let schedule {
        campaign.add(schedule)
        if schedule.findings.contains(where: isMet) { return false }
      }
      runs += 1
      if runs % Self.questionEvery != 0 { return true }
      watch.progress(campaign)
      return !watch.isDone
    }
    var result = ExploreResult(
      campaign: campaign, systematic: searched,
      judged: JudgedSchedules.all(run, campaign.schedules, races: plan.scale.races ?? false))
    let meant = searched.found.first { $0.schedule.findings.contains(where: isMet) }
    guard let first = meant ?? searched.found.first,
      let finding = first.schedule.findings.first(where: isMet) ?? first.schedule.findings.first
    else { return result }
    watch.found(campaign)
    result.found = try FoundScheduleMaker(plan, options).make(
      FailingSchedule(
        index: first.schedule.index, seed: seed, granularity: granularity,
        strategyName: kind.rawValue, strategy: PathFollower(first)),
      showing: { $0.signature == finding.signature })
    return result
  }
}
