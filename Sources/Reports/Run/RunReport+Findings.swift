// What the judges said: who judged, what was found, who was stuck.

import Outcomes

extension RunReport {
  /// The judges that were on, with how often they judged.
  static func checks(_ outcome: Outcome) -> ReportSection? {
    var table = ReportTable([.text("check"), .number("judged"), .number("findings")])
    for check in outcome.checks {
      table.add([.text(check.name), .count(check.times), .int(check.findings)])
    }
    return ReportSection("Checks", table)
  }

  /// Every finding.
  static func findings(_ outcome: Outcome) -> ReportSection? {
    if outcome.findings.isEmpty && outcome.findingsDropped == 0 { return nil }
    return ReportSection(
      "Findings", [.findings(outcome.findings, dropped: outcome.findingsDropped)])
  }

  /// CPUs that did not end, and the locks that were taken then.
  static func stuck(_ run: RunBody) -> ReportSection? {
    run.stuck.isEmpty ? nil : ReportSection("Stuck", [.items(run.stuck)])
  }

  /// What each CPU's task asked for: equal hashes are equal requests.
  static func requestHashes(_ run: RunBody) -> ReportSection? {
    if run.requestHashes.isEmpty { return nil }
    return ReportSection(
      "Request hashes by CPU",
      [.words(run.requestHashes.enumerated().map { "\($0): \($1)" })])
  }
}
