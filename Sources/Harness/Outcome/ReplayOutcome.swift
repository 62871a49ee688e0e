// Tells what became of a seed file's schedule as an outcome.

import Exploration
import Machine
import Outcomes

extension SeedReplay {
  /// The outcome.
  public var outcome: Outcome {
    var outcome = Outcome(
      .replay(
        ReplayBody(
          seedFile: name, schedule: seed.index, strategy: seed.strategy,
          expected: seed.expectation.signature, divergence: divergence, interleaving: trace,
          switches: switches)))
    outcome.header.name = planName
    outcome.header.seed = seed.seed
    outcome.header.options = seed.config
    outcome.header.verdict = verdict
    outcome.findings = findings
    outcome.checks = judged.map { $0.outcome(findings) }
    return outcome
  }
}
