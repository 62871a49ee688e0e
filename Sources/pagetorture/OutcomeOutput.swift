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

  /// True if the outcome goes to a file, too.
  var hasFile: Bool { json != nil }

  /// Gives out an outcome with its report; returns 0, or the exit status if one could not be
  /// written.  The file first: a reader of standard output may keep the program waiting.
  func give(_ outcome: Outcome, _ report: String) -> Int32 {
    var status: Int32 = 0
    if let json {
      do {
        status = OutputFile.give(try JSONReport.render(outcome), to: json)
      } catch {
        status = StandardStreams.fail("pagetorture: \(error)")
      }
    }
    return max(status, StandardStreams.writeReport(report))
  }
}
