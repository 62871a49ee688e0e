// Explores a config: many schedules, and if one finds something, the shortest like it that can be
// had, with the file that shows it again.

import Exploration
import Machine

/// What is asked of an exploration.
public struct SearchOptions: Sendable {
  /// How schedules are shared out to strategies.
  public var plan = ExplorationPlan.portfolio()
  /// Schedules at most.
  public var schedules: UInt64 = .max
  /// Threads, 1 ... 64.
  public var threads = 1
  /// Schedules that shrinking may take; 0 to leave the schedule as it was found.
  public var shrinkReplays = 20_000
  /// What is looked for; nil for whatever is found first.
  public var goal: SearchGoal?

  /// The portfolio on one thread, without an end.
  public init() {}
}

/// A finding of an exploration.
public struct FoundSchedule: Sendable {
  /// The finding.
  public var finding: Finding
  /// The file that shows it again.
  public var seed: SeedFile
  /// Its steps.
  public var trace: ScheduleTrace
  /// Decisions after which another CPU went on, or an interrupt came.
  public var switches: Int
  /// Schedules run to shrink it; 0 if it was not shrunk.
  public var replays: Int
  /// True if the finding is lost as soon as anything more is left out.
  public var isMinimal: Bool
  /// Signatures of other findings met on the way.
  public var others: [String]
}

/// What an exploration came to.
public struct ExploreOutcome: Sendable {
  /// All schedules.
  public var campaign: CampaignOutcome
  /// The first finding; nil for none.
  public var found: FoundSchedule?
}

/// Explores configs.
public enum ExploreRun {
  /// The version of the model: under another one the same seed may give another schedule.
  public static let modelVersion = "1"

  /// Runs schedules until one finds something, there are enough, or `isOver`.
  ///
  /// - Parameters:
  ///   - isOver: asked from time to time on each thread.
  ///   - progress: as of `ParallelExplorer`.
  ///   - found: told once when schedules end with a finding and shrinking begins.
  /// - Throws: ``ExploreError``, or what the machine throws when there is no memory for stacks.
  public static func execute(
    _ plan: RunPlan, _ options: SearchOptions,
    isOver: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (CampaignOutcome) -> Void = { _ in },
    found: (CampaignOutcome) -> Void = { _ in }
  ) throws -> ExploreOutcome {
    let whole = plan.exploring(plan.exploreScale)
    // What cannot be explored is known before threads start.
    _ = try whole.scaledDown()
    let explorer = ParallelExplorer(options.plan, threads: options.threads) {
      let run = try SimulatedRun(whole)
      return (run.simulated, run.program())
    }
    let campaign = try explorer.explore(
      schedules: options.schedules, seed: whole.seed, stopAtFirst: true,
      isWanted: { options.goal?.isMet(by: $0) ?? true }, isOver: isOver, progress: progress)
    guard let (first, finding) = options.goal?.choose(campaign) ?? campaign.first({ _ in true })
    else { return ExploreOutcome(campaign: campaign, found: nil) }
    found(campaign)
    return ExploreOutcome(
      campaign: campaign, found: try again(whole, first, finding, options))
  }

  /// The schedule recorded, replayed twice and shrunk.
  private static func again(
    _ plan: RunPlan, _ schedule: ExploredSchedule, _ finding: Finding, _ options: SearchOptions
  ) throws -> FoundSchedule {
    let run = try SimulatedRun(plan)
    let program = run.program()
    let arm = options.plan.arm(schedule.index)
    let profile = CampaignProfile.measure(
      ExplorationPlan(arms: [arm]), run.simulated, program, seed: plan.seed)
    let none = ScheduleProfile(
      schedules: 0, pointsMax: 1, events: [], parents: [], objects: [])
    run.simulated.options.granularity = arm.granularity
    let replayer = Replayer(run.simulated, program)
    let recorded = replayer.record(
      seed: SplitMix64.split(plan.seed, schedule.index),
      strategy: arm.strategy.make(profile[arm.granularity] ?? none))
    guard recorded.shows(finding.signature),
      replayer.confirm(recorded.script, shows: finding.signature) != nil
    else {
      throw ExploreError(
        "schedule \(schedule.index) of seed \(plan.seed) did not show \(finding.signature) "
          + "again: this is a fault of pagetorture")
    }
    let origin = SeedOrigin(
      seed: plan.seed, index: schedule.index, strategy: arm.strategy.name)
    return try SeedMaker(plan, run, replayer).make(
      recorded.script, showing: finding.signature, origin, shrinkReplays: options.shrinkReplays)
  }
}
