// The report of a run for people: what was done, what it cost, what was judged, and the verdict as
// the last thing on the screen, with the command that runs the same again.

import Outcomes

/// Makes the report of a run.
enum RunReport {
  /// The whole report.
  static func document(_ outcome: Outcome, _ run: RunBody) -> ReportDocument {
    ReportDocument([
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
      machineRemarks(run),
      trace(run),
      checks(outcome),
      findings(outcome),
      stuck(run),
      requestHashes(run),
      verdict(outcome, run),
    ])
  }

  /// What ran, where, how long.
  private static func title(_ outcome: Outcome, _ run: RunBody) -> ReportSection {
    let header = outcome.header
    var parts = [NumberText.counted(run.workerCPUs, "worker CPU")]
    if run.cpus != run.workerCPUs { parts[0] += " of \(run.cpus)" }
    parts.append("\(NumberText.seconds(header.elapsedNanoseconds)) s")
    if !run.statistics.isEmpty { parts.append("statistics \(run.statistics)") }
    var blocks: [ReportBlock] = [
      .title("pagetorture run \(header.name)  seed \(header.seed)"),
      .caption(parts.joined(separator: ", ")),
    ]
    if let reason = header.endedEarly { blocks.append(.sentence("ended early: \(reason)")) }
    return ReportSection(nil, blocks)
  }
}
