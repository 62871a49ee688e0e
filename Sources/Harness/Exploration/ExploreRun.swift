// Explores a config: many schedules, and if one finds something, the shortest like it that can be
// had, with the file that shows it again.

import Exploration
import Machine
import MachineChecks

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

    /// True once the user has asked for the end, which ends the search too.
    public var isInterrupted: @Sendable () -> Bool = { false }
    /// Wall time of the search so far, without what came after its first finding.
    public var searchNanoseconds: @Sendable () -> UInt64 = { 0 }

    /// Nobody watches.
    public init() {}

    /// True if the search is to end.
    var isDone: Bool { isOver() || isInterrupted() }
  }

  /// Runs schedules until one finds something, there are enough, or the watch says so.
  ///
  /// - Throws: ``ExploreError``, or what the machine throws when there is no memory for stacks.
  static func search(
    _ plan: ScaledPlan, _ options: SearchOptions, _ watch: Watch = Watch()
  ) throws -> ExploreResult {
    try expectRoom(for: plan, threads: options.threads)
    if case .systematic(let kind, let bound) = plan.scale.strategy {
      return try SystematicRun(plan, options, watch).execute(kind, boundMax: bound)
    }
    let drawn = plan.scale.strategy.plan(plan.scale.granularity)
    let tally = PathTally(plan.small.checks.requiredPaths)
    return try search(plan, drawn ?? .portfolio(), tally, options, watch)
  }

  private static func search(
    _ plan: ScaledPlan, _ drawn: ExplorationPlan, _ tally: PathTally, _ options: SearchOptions,
    _ watch: Watch
  ) throws -> ExploreResult {
    let run = try SimulatedRun(plan)
    let profile = CampaignProfile.measure(
      drawn, run.simulated, run.program(), seed: plan.whole.seed)
    let wasStuck = run.simulated.stuckSchedules > 0
    let explorer = ParallelExplorer(
      drawn, lanes: { try lane(plan, tally) }, judged: judgedLanes(plan, tally),
      threads: options.threads, profile: profile)
    let campaign = try explorer.explore(
      schedules: options.schedules, seed: plan.whole.seed, stopAtFirst: true,
      isWanted: { options.goal?.isMet(by: $0) ?? true },
      // Schedules that get stuck used the time up; one of them is still to be shown.
      isOver: { !wasStuck && watch.isDone },
      progress: watch.progress)
    var judged = JudgedSchedules.all(run, campaign.schedules, races: plan.scale.races)
    judged.append(JudgedSchedules(check: .vacuity, count: campaign.schedules))
    var result = ExploreResult(campaign: campaign, judged: judged)
    func isMet(_ finding: Finding) -> Bool { options.goal?.isMet(by: finding) ?? true }
    func failing(_ index: UInt64) -> FailingSchedule {
      let arm = drawn.arm(index)
      let frozen = profile[arm.granularity] ?? .none
      return FailingSchedule(
        index: index, seed: SplitMix64.split(plan.whole.seed, index), granularity: arm.granularity,
        strategyName: arm.strategy.name, profile: frozen.numbers(for: arm.strategy),
        strategy: arm.strategy.make(frozen))
    }
    let found = options.goal?.choose(campaign) ?? campaign.first { _ in true }
    let orders = campaign.lockOrder.filter { isMet($0.finding(RunAssembly.catalog)) }
    if let (first, finding) = found, isMet(finding) || orders.isEmpty {
      watch.found(campaign)
      let isJudged = plan.scale.races ?? ParallelExplorer.isJudged(first.index)
      result.found = try FoundScheduleMaker(plan.judgingRaces(isJudged), options).make(
        failing(first.index), showing: { $0.signature == finding.signature })
    } else if let violation = orders.first ?? campaign.lockOrder.first {
      watch.found(campaign)
      result.lockOrder = try order(violation, plan, options, failing)
    } else {
      result.neverTaken = tally.neverTaken
    }
    return result
  }

  /// Checks that there is room for the runs of all threads, and one more, before any starts.
  private static func expectRoom(
    for plan: ScaledPlan, threads: Int
  ) throws(NoAddressSpace) {
    let races = plan.scale.races
    let plain = plan.small.simulatedByteCount(judgingLocks: races == true)
    let judged = races == nil ? plan.small.simulatedByteCount(judgingLocks: true) : 0
    try AddressSpace.expect(
      threads * (plain + judged + AddressSpace.threadByteCount) + max(plain, judged))
  }

  /// What one thread runs.
  private static func lane(_ plan: ScaledPlan, _ tally: PathTally) throws -> ExplorationLane {
    let run = try SimulatedRun(plan)
    return ExplorationLane(
      run.simulated, run.program(), lockdep: plan.scale.races == true ? run.lockdep : nil,
      atEnd: { tally.add(run.simulated.machine) })
  }

  /// Lanes that look for races; nil if all do, or none.
  private static func judgedLanes(
    _ plan: ScaledPlan, _ tally: PathTally
  ) -> ParallelExplorer.LaneMaker? {
    if plan.scale.races != nil { return nil }
    return { try lane(plan.judgingRaces(true), tally) }
  }

  /// What several schedules break together: for each sentence a schedule of which it is true.
  private static func order(
    _ violation: LockViolation, _ plan: ScaledPlan, _ options: SearchOptions,
    _ failing: (UInt64) -> FailingSchedule
  ) throws -> LockOrderFinding {
    let edges = try zip(violation.facts, violation.schedules).map { fact, index in
      try FoundScheduleMaker(plan.watching(for: fact), options).make(
        failing(index), showing: { $0.rule == RuleText.watchedName })
    }
    return LockOrderFinding(
      finding: violation.finding(RunAssembly.catalog), violation: violation, edges: edges)
  }
}
