// Goes on freely after the beginning of a recorded schedule, many times.

import Exploration
import JSON5
import Machine

/// What is asked of a continuation.
public struct ContinueOptions: Sendable {
  /// Who decides after the beginning; nil for several in turns.
  public var strategy: StrategyKind?
  /// Steps of the recording that are followed, from 0; nil for those up to its last decision.
  public var steps: Int?
  /// Schedules at most.
  public var schedules: UInt64 = 10_000
  /// Schedules that shrinking may take; 0 to leave a schedule as it was found.
  public var shrinkReplays = SearchOptions().shrinkReplays

  /// All of the recording, then several strategies in turns.
  public init() {}
}

/// What continuations of a seed file's schedule came to.
public struct SeedContinuation: Sendable {
  /// Steps of the recording that each followed.
  public let steps: Int
  /// All schedules.
  public let campaign: CampaignOutcome
  /// The first finding that is not the file's own; else the file's own; nil for none.
  public let found: FoundSchedule?
  /// The file and its name, and the name of its config.
  let seed: SeedFile
  let name: String
  let planName: String
  /// The judges of the schedules.
  let judged: [JudgedSchedules]

  /// Runs continuations until one shows a finding that is not the file's own, or there are enough.
  ///
  /// - Parameter isOver: asked after each; true ends the search.
  /// - Throws: ``ConfigurationError`` or ``ExploreError`` if the file's config cannot be explored.
  public init(
    of seed: SeedFile, name: String, _ options: ContinueOptions, isOver: () -> Bool = { false }
  ) throws {
    let plan = try ScaledPlan(SeedReplay.plan(of: seed, name: name))
    let run = try SimulatedRun(plan)
    let replayer = Replayer(run.simulated, run.program())
    let recorded = replayer.replay(seed.script)
    let steps = options.steps ?? recorded.lastDeviationStep
    let search = ScheduleSearch(replayer, seed.script, pointsMax: recorded.outcome.points)
    let frozen = options.strategy.map { Self.profile($0, run, replayer, seed) }
    let strategy = options.strategy.map { $0.make(frozen ?? .none) }
    var campaign = CampaignOutcome()
    var shown: (number: UInt64, script: ReplayScript, signature: String)?
    for number in 0..<options.schedules where !isOver() {
      let done =
        strategy.map { search.run($0, number, following: steps) }
        ?? search.run(number, following: steps)
      campaign.add(
        ExploredSchedule(index: number, outcome: done.outcome, findings: done.findings))
      let other = done.findings.first { $0.signature != seed.expectation.signature }
      guard let finding = other ?? done.findings.first else { continue }
      if shown == nil || other != nil { shown = (number, done.script, finding.signature) }
      if other != nil { break }
    }
    self.seed = seed
    self.name = name
    planName = plan.whole.name
    judged = JudgedSchedules.all(run, campaign.schedules, races: plan.scale.races ?? false)
    self.steps = steps
    self.campaign = campaign
    found = try shown.map { shown in
      let who = options.strategy?.name ?? "portfolio"
      let origin = SeedOrigin(
        seed: seed.seed, index: shown.number, strategy: "\(who) after step \(steps)",
        profile: options.strategy.flatMap { frozen?.numbers(for: $0) } ?? [])
      return try SeedMaker(run, replayer).make(
        shown.script, showing: shown.signature, origin, shrinkReplays: options.shrinkReplays)
    }
  }

  /// What the strategy knows of the program: what the file says if the strategy is its own, else
  /// measured.
  private static func profile(
    _ kind: StrategyKind, _ run: SimulatedRun, _ replayer: Replayer, _ seed: SeedFile
  ) -> ScheduleProfile {
    if seed.strategy == kind.name, let frozen = ScheduleProfile(seed.profile, for: kind) {
      return frozen
    }
    let granularity = seed.script.granularity
    let measured = CampaignProfile.measure(
      ExplorationPlan(kind, granularity), run.simulated, replayer.program, seed: seed.seed)
    return measured[granularity] ?? .none
  }
}
