// Outcomes of explorations and replays that reports are tested with.

import Outcomes
import Reports

@testable import Exploration
@testable import Machine

extension Sample {
  /// The figures of three schedules, one of which found something if there is a finding.
  static func campaign(isDrawn: Bool = true, _ finding: Finding? = nil) -> CampaignFigures {
    var campaign = CampaignOutcome(isDrawn: isDrawn)
    for index in 0..<3 as Range<UInt64> {
      let end: ScheduleEnd = index == 1 ? .cut : .complete
      campaign.add(
        ExploredSchedule(
          index: index, outcome: ScheduleOutcome(end: end, points: 50, traceHash: index),
          findings: index == 2 ? [finding].compactMap { $0 } : []))
    }
    return CampaignFigures(campaign)
  }

  /// An exploration of two threads in which nothing was found.
  static func exploration(_ campaign: CampaignFigures = campaign()) -> Outcome {
    var outcome = Outcome(.exploration(ExplorationBody(threads: 2, campaign)))
    outcome.header.name = "quick"
    outcome.header.seed = 7
    outcome.header.elapsedNanoseconds = 2_500_000_000
    outcome.header.repeatCommand = "pagetorture explore configs/quick.json5 --seed 7 --schedules 3"
    outcome.checks = [CheckOutcome(name: "ledger", times: 3, findings: 0)]
    return outcome
  }

  /// All schedules up to a bound, not all of the last.
  static func systematic() -> Outcome {
    var outcome = exploration(campaign(isDrawn: false))
    var search = SystematicOutcome()
    search.levels = [
      SystematicLevel(bound: 0, schedules: 1, isComplete: true),
      SystematicLevel(bound: 1, schedules: 12, cut: 2),
    ]
    outcome.exploration?.systematic = search
    return outcome
  }

  /// An exploration that did not take all paths, and did not meet what a run found.
  static func neverTaken() -> Outcome {
    var outcome = exploration()
    outcome.header.verdict = .vacuous
    outcome.exploration?.neverTaken = ["bulk-single", "steal"]
    outcome.exploration?.missed = ["list-corrupted at rmqueue_bulk"]
    return outcome
  }

  /// A finding with the schedule that shows it.
  static func shown() throws -> ShownFinding {
    let explanation = try SampleSchedule.lostUpdate().explain("lost-update")
    var shown = ShownFinding(
      explanation.finding, schedule: 2, strategy: "pct3", interleaving: explanation.trace,
      switches: explanation.switches, replays: 312, isMinimal: true, others: ["leak at machine"],
      seed: "{\n  \"formatVersion\": 1\n}\n")
    shown.seedFile = "seeds/lost-update.seed.json"
    shown.commands = [NextCommand("replay", "pagetorture replay seeds/lost-update.seed.json")]
    return shown
  }

  /// An exploration that found something.
  static func found() throws -> Outcome {
    let shown = try shown()
    var outcome = exploration(campaign(shown.finding))
    outcome.header.verdict = .finding
    outcome.findings = [shown.finding]
    outcome.exploration?.found = shown
    return outcome
  }

  /// An exploration whose schedules together break the order of locks.
  static func lockOrder() throws -> Outcome {
    let shown = try shown()
    let finding = Finding(
      rule: "lock-order", sentence: "Locks are taken in two orders.", site: "drain_pages_zone",
      subject: "a -> b -> a")
    var outcome = exploration()
    outcome.header.verdict = .finding
    outcome.findings = [finding]
    outcome.exploration?.lockOrder = LockOrderOutcome(
      finding,
      sentences: [
        "In schedule 1 CPU 0 waited for zone->lock while it held pcp->lock, in rmqueue_bulk.",
        "In schedule 2 CPU 1 waited for pcp->lock while it held zone->lock.",
      ], facts: ["zone->lock under pcp->lock", "pcp->lock under zone->lock"], schedules: [1, 2],
      edges: [shown, shown])
    return outcome
  }

  /// Schedules that went on after the beginning of another.
  static func continued() throws -> Outcome {
    let shown = try shown()
    var outcome = exploration(campaign(shown.finding))
    outcome.header.verdict = .finding
    outcome.findings = [shown.finding]
    outcome.exploration?.continued = ContinuedSchedule(
      seedFile: "seeds/x.seed.json", steps: 41, expected: shown.finding.signature)
    outcome.exploration?.found = shown
    return outcome
  }

  /// A replay with any verdict.
  static func replay(_ verdict: Verdict) throws -> Outcome {
    let shown = try shown()
    let isSame = verdict == .same || verdict == .notShown
    var recorded = StepFingerprints()
    recorded.chain = [1]
    recorded.stepCount = 1
    recorded.words = ["lock zone->lock[Normal] in rmqueue_bulk"]
    recorded.steps = [StepFingerprints.Step(cpu: 0, word: 0)]
    let divergence = Divergence(recorded: recorded, replayed: StepFingerprints())
    var outcome = Outcome(
      .replay(
        ReplayBody(
          seedFile: "seeds/lost-update.seed.json", schedule: 2, strategy: "pct3",
          expected: shown.finding.signature, divergence: isSame ? nil : divergence,
          interleaving: shown.interleaving, switches: shown.switches)))
    outcome.header.name = "quick"
    outcome.header.verdict = verdict
    outcome.findings = verdict == .same || verdict == .shownOtherwise ? [shown.finding] : []
    return outcome
  }
}
