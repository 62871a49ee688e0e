// The report of a replay: what became of the file, and the schedule that it shows.

import Exploration
import Machine
import Outcomes

/// Makes reports of replays.
enum ReplayReport {
  static func document(
    _ outcome: Outcome, _ body: ReplayBody, isBrief: Bool
  ) -> ReportDocument {
    let line = "\(body.seedFile): \(verdict(outcome, body))"
    let head = ReportSection(nil, [.sentence(line)])
    let finding = outcome.findings.first { $0.signature == body.expected }
    guard !isBrief, let shown = finding ?? outcome.findings.first else {
      return ReportDocument([head])
    }
    return ReportDocument(
      [head]
        + ScheduleReport.sections(
          Explanation(finding: shown, trace: body.interleaving, switches: body.switches)))
  }

  /// What became of a seed file.
  private static func verdict(_ outcome: Outcome, _ body: ReplayBody) -> String {
    let expected = body.expected.map { "finding again: \($0)" } ?? "clean again"
    let met = outcome.findings.first?.signature ?? "clean"
    let divergence = body.divergence.map { "diverged \(text($0))" } ?? ""
    switch outcome.header.verdict {
    case .same: return expected
    case .shownOtherwise: return "\(expected), but \(divergence)"
    case .diverged: return "\(met): \(divergence)"
    default: return "\(met), where \(body.expected ?? "nothing") was expected"
    }
  }

  private static func text(_ divergence: Divergence) -> String {
    "at step \(divergence.step): recorded \(divergence.recorded); "
      + "replayed \(divergence.replayed)"
  }
}
