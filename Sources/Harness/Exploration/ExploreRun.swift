// Explores a config: many schedules, and if one finds something, the shortest like it that can be
// had, with the file that shows it again.

import Exploration
import Machine

/// Explores configs.
public enum ExploreRun {
  /// The version of the model: under another one the same seed may give another schedule.
  public static let modelVersion = "1"

  /// What becomes of an exploration while it runs.
  public struct Watch: Sendable {
    /// Asked from time to time on each thread; true ends the search.
    public var isOver: @Sendable () -> Bool = { false }
    /// As of `ParallelExplorer`.
    public var progress: @Sendable (CampaignOutcome) -> Void = { _ in }
    /// Told once when schedules end with a finding and shrinking begins.
    public var found: @Sendable (CampaignOutcome) -> Void = { _ in }

    /// Nobody watches.
    public init() {}
  }

  /// Runs schedules until one finds something, there are enough, or the watch says so.
  ///
  /// - Throws: ``ExploreError``, or what the machine throws when there is no memory for stacks.
  public static func execute(
    _ plan: RunPlan, _ options: SearchOptions, _ watch: Watch = Watch()
  ) throws -> ExploreOutcome {
    let whole = plan.exploring(plan.exploreScale)
    // What cannot be explored is known before threads start.
    let required = try whole.scaledDown().checks.requiredPaths
    if case .systematic(let kind, let bound) = whole.explore.strategy {
      return try SystematicRun(whole, options, watch).execute(kind, boundMax: bound)
    }
    let drawn = (whole.explore.strategy ?? .portfolio).plan(whole.explore.granularity)
    return try execute(whole, drawn ?? .portfolio(), PathTally(required), options, watch)
  }

  private static func execute(
    _ plan: RunPlan, _ drawn: ExplorationPlan, _ tally: PathTally, _ options: SearchOptions,
    _ watch: Watch
  ) throws -> ExploreOutcome {
    let profile = try profile(plan, drawn)
    let explorer = ParallelExplorer(
      drawn, threads: options.threads, profile: profile, atEnd: { tally.add($0.machine) },
      make: {
        let run = try SimulatedRun(plan)
        return (run.simulated, run.program())
      })
    let campaign = try explorer.explore(
      schedules: options.schedules, seed: plan.seed, stopAtFirst: true,
      isWanted: { options.goal?.isMet(by: $0) ?? true }, isOver: watch.isOver,
      progress: watch.progress)
    var outcome = ExploreOutcome(campaign: campaign)
    guard let (first, finding) = options.goal?.choose(campaign) ?? campaign.first({ _ in true })
    else {
      outcome.neverTaken = tally.neverTaken
      return outcome
    }
    watch.found(campaign)
    let arm = drawn.arm(first.index)
    outcome.found = try FoundScheduleMaker(plan, options).make(
      FailingSchedule(
        index: first.index, seed: SplitMix64.split(plan.seed, first.index),
        granularity: arm.granularity, strategyName: arm.strategy.name,
        strategy: arm.strategy.make(profile[arm.granularity] ?? .none)),
      showing: finding.signature)
    return outcome
  }

  /// What strategies know of the program: measured once, on a machine of its own.
  private static func profile(
    _ plan: RunPlan, _ drawn: ExplorationPlan
  ) throws -> CampaignProfile {
    let run = try SimulatedRun(plan)
    return CampaignProfile.measure(drawn, run.simulated, run.program(), seed: plan.seed)
  }
}
