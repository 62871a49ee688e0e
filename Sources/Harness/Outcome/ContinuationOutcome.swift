// Tells what continuations of a seed file's schedule came to as an outcome.

import Exploration
import JSON5
import Machine
import Outcomes

extension SeedContinuation {
  /// The outcome: an exploration whose schedules have their beginning in common.
  ///
  /// - Parameter isInterrupted: true if the user ended it early.
  /// - Throws: ``ConfigurationError`` as `SeedFileWriter`.
  public func outcome(isInterrupted: Bool) throws(ConfigurationError) -> Outcome {
    var body = ExplorationBody(threads: 1, CampaignFigures(campaign))
    body.continued = ContinuedSchedule(
      seedFile: name, steps: steps, expected: seed.expectation.signature)
    body.found = try found?.shown()
    var outcome = Outcome(.exploration(body))
    outcome.header.name = planName
    outcome.header.seed = seed.seed
    outcome.header.options = seed.config
    outcome.header.verdict = found == nil ? .clean : .finding
    outcome.findings = campaign.findings.map(\.finding)
    outcome.checks = judged.map { $0.outcome(outcome.findings) }
    if isInterrupted { outcome.header.endedEarly = "the user asked for it" }
    return outcome
  }
}
