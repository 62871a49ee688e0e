// Tells what a search of schedules came to as an outcome.

import Checker
import Exploration
import JSON5
import Machine
import Outcomes

extension ExploreRun {
  /// Runs schedules until one finds something, there are enough, or the watch says so.
  ///
  /// - Throws: ``ExploreError``, or what the machine throws when there is no memory for stacks.
  public static func execute(
    _ plan: ScaledPlan, _ options: SearchOptions, _ watch: Watch = Watch()
  ) throws -> Outcome {
    let result = try search(plan, options, watch)
    let nanoseconds = watch.searchNanoseconds()
    let isInterrupted = watch.isInterrupted()
    var outcome = Outcome(.exploration(try result.body(options)))
    outcome.header.name = plan.whole.name
    outcome.header.seed = plan.whole.seed
    outcome.header.options = JSON5Writer.text(plan.resolved)
    outcome.header.elapsedNanoseconds = nanoseconds
    outcome.header.verdict = result.verdict(isExcused: isInterrupted)
    outcome.findings = result.findings(outcome.header.verdict)
    outcome.checks = result.judged.map { $0.outcome(outcome.findings) }
    if result.finding != nil { outcome.header.endedEarly = "the first finding ended it" }
    if isInterrupted { outcome.header.endedEarly = "the user asked for it" }
    return outcome
  }
}

extension ExploreResult {
  /// The verdict of a search: the only place where it is decided.
  ///
  /// - Parameter isExcused: true if the user ended it early, who then knows that paths are missing.
  func verdict(isExcused: Bool) -> Verdict {
    if finding != nil { return .finding }
    return isVacuous && !isExcused ? .vacuous : .clean
  }

  /// Each distinct finding as it was in its first schedule, and that of all schedules together;
  /// of a vacuous search the paths that were not taken.
  func findings(_ verdict: Verdict) -> [Finding] {
    if verdict == .vacuous {
      return Vacuity.findings(required: neverTaken, RunAssembly.catalog) { _ in 0 }
    }
    return campaign.findings.map(\.finding) + (lockOrder.map { [$0.finding] } ?? [])
  }

  /// - Throws: ``ConfigurationError`` as `SeedFileWriter`.
  func body(_ options: SearchOptions) throws(ConfigurationError) -> ExplorationBody {
    var body = ExplorationBody(
      threads: systematic == nil ? options.threads : 1, CampaignFigures(campaign))
    body.systematic = systematic
    body.neverTaken = neverTaken
    body.found = try found?.shown()
    body.lockOrder = try lockOrder?.outcome()
    if let goal = options.goal, finding.map(goal.isMet) != true {
      body.missed = goal.findings.map(\.signature)
    }
    return body
  }
}

extension FoundSchedule {
  /// The finding with its schedule, and the text of its seed file.
  ///
  /// - Throws: ``ConfigurationError`` as `SeedFileWriter`.
  public func shown() throws(ConfigurationError) -> ShownFinding {
    ShownFinding(
      finding, schedule: seed.index, strategy: seed.strategy, interleaving: trace,
      switches: switches, replays: replays, isMinimal: isMinimal, others: others,
      seed: try SeedFileWriter.text(seed))
  }
}

extension LockOrderFinding {
  func outcome() throws(ConfigurationError) -> LockOrderOutcome {
    var shown: [ShownFinding] = []
    for edge in edges { shown.append(try edge.shown()) }
    return LockOrderOutcome(
      finding, sentences: violation.sentences, facts: violation.facts,
      schedules: violation.schedules, edges: shown)
  }
}
