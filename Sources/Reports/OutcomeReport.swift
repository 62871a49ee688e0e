// The report of an outcome of any kind.

import Outcomes

/// Makes reports of outcomes.
public enum OutcomeReport {
  /// The report.
  ///
  /// - Parameter isBrief: true for no explanation of a replay or of continuations.
  public static func document(_ outcome: Outcome, isBrief: Bool = false) -> ReportDocument {
    switch outcome.body {
    case .run(let body): RunReport.document(outcome, body)
    case .exploration(let body): ExplorationReport.document(outcome, body, isBrief: isBrief)
    case .replay(let body): ReplayReport.document(outcome, body, isBrief: isBrief)
    }
  }
}
