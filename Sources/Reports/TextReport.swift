// The report of a run for people: what was done, what it cost, what was judged, and the verdict as
// the last thing on the screen, with the command that runs the same again.
//
// Rule  A section with nothing to say is left out. Tables have at most 100 columns, sentences 80;
//       only a word of the repeat line that cannot be broken may be longer.

import Outcomes

/// Prints a run as text.
public enum TextReport {
  /// The whole report, ending with a line feed.
  public static func render(_ outcome: Outcome) -> String {
    guard let run = outcome.run else { return "" }
    let sections = [
      title(outcome, run),
      workloads(run),
      locks(run),
      lockTimes(run),
      contendedSites(run),
      interrupts(run),
      events(run),
      workloadCounts(run),
      paths(run),
      zones(run),
      buddyinfo(run),
      trace(run),
      checks(outcome),
      findings(outcome),
      stuck(run),
      requestHashes(run),
      verdict(outcome, run),
    ]
    return sections.filter { !$0.isEmpty }
      .map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n") + "\n"
  }

  /// What ran, where, how long.
  static func title(_ outcome: Outcome, _ run: RunBody) -> [String] {
    let command = "pagetorture run \(outcome.header.name)  seed \(outcome.header.seed)"
    var lines: [String] = []
    if command.count <= TextLayout.proseColumnsMax {
      lines.append(TextLayout.printable(command))
    } else {
      lines += TextLayout.wrapped(command, rest: "  ")
    }
    var parts = [NumberText.counted(run.workerCPUs, "worker CPU")]
    if run.cpus != run.workerCPUs { parts[0] += " of \(run.cpus)" }
    parts.append("\(NumberText.seconds(outcome.header.elapsedNanoseconds)) s")
    if !run.statistics.isEmpty { parts.append("statistics \(run.statistics)") }
    lines += TextLayout.wrapped(parts.joined(separator: ", "))
    if let reason = outcome.header.endedEarly {
      lines += TextLayout.wrapped("ended early: \(reason)", rest: "  ")
    }
    return lines
  }

  /// A table under its heading; nothing if it has no rows.
  static func section(_ heading: String, _ table: TextTable, isEmpty: Bool) -> [String] {
    isEmpty ? [] : [heading] + table.lines()
  }

  /// Counts in columns under a heading; nothing if there are none.
  static func counts(_ heading: String, _ counts: [NamedCount]) -> [String] {
    guard !counts.isEmpty else { return [] }
    return [heading] + TextLayout.grid(counts.map { ($0.name, "\($0.count)") })
  }
}
