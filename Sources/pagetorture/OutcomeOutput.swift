// What every command does with an outcome: the file first, then the report, then its exit status.

import Arguments
import Outcomes
import Reports

/// Gives out outcomes.
struct OutcomeOutput {
  private let json: OutputFile?

  /// Finds out whether the file of `--json` can be written.
  init(_ arguments: ParsedArguments) throws(OutputFileError) {
    json = try arguments.text("json").map { path throws(OutputFileError) in
      try OutputFile(path)
    }
  }

  /// Gives out an outcome with its report; returns 0, or the exit status if one could not be
  /// written.  The file first: a reader of standard output may keep the program waiting.
  ///
  /// - Parameter isBrief: as of `OutcomeReport.document`.
  func give(_ outcome: Outcome, isBrief: Bool = false) -> Int32 {
    var status: Int32 = 0
    if let json {
      do {
        status = OutputFile.give(try JSONReport.render(outcome), to: json)
      } catch {
        status = StandardStreams.fail("pagetorture: \(error)")
      }
    }
    let report = OutcomeReport.document(outcome, isBrief: isBrief)
    return max(status, StandardStreams.writeReport(TextRenderer.text(report)))
  }
}
