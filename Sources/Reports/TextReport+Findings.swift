// What the judges said: who judged, what was found, who was stuck.

import Outcomes

extension TextReport {
  /// The judges that were on, with how often they judged.
  static func checks(_ outcome: Outcome) -> [String] {
    var table = TextTable([.text("check"), .number("judged"), .number("findings")])
    for check in outcome.checks {
      table.add([.text(check.name), .count(check.times), .int(check.findings)])
    }
    return section("Checks", table, isEmpty: outcome.checks.isEmpty)
  }

  /// Every finding: rule and place on one line, then the sentence.
  static func findings(_ outcome: Outcome) -> [String] {
    guard !outcome.findings.isEmpty || outcome.findingsDropped > 0 else { return [] }
    var lines = ["Findings"]
    for (index, finding) in outcome.findings.enumerated() {
      let number = "\(index + 1). "
      let margin = String(repeating: " ", count: number.count)
      var head = finding.rule
      if !finding.site.isEmpty { head += " in \(finding.site)" }
      if let cpu = finding.cpu { head += ", CPU \(cpu)" }
      if let context = finding.context { head += ", \(context) context" }
      if finding.count != 1 { head += ", \(finding.count) times" }
      lines += TextLayout.wrapped(head, first: number, rest: margin)
      lines += TextLayout.wrapped(finding.sentence, first: margin, rest: margin)
      if !finding.subject.isEmpty, !finding.sentence.contains(finding.subject) {
        lines += TextLayout.wrapped("about \(finding.subject)", first: margin, rest: margin)
      }
    }
    if outcome.findingsDropped > 0 {
      lines.append("\(outcome.findingsDropped) more had no room in the buffers")
    }
    return lines
  }

  /// CPUs that did not end, and the locks that were taken then.
  static func stuck(_ run: RunBody) -> [String] {
    guard !run.stuck.isEmpty else { return [] }
    return ["Stuck"] + run.stuck.flatMap { TextLayout.wrapped($0, first: "  ", rest: "    ") }
  }

  /// What each CPU's task asked for: equal hashes are equal requests.
  static func requestHashes(_ run: RunBody) -> [String] {
    guard !run.requestHashes.isEmpty else { return [] }
    let pairs = run.requestHashes.enumerated().map { cpu, hash in
      // As a name, not as a value: a name that is too long is clipped.
      (name: "\(cpu): \(hash)", value: "")
    }
    let lines = TextLayout.grid(pairs).map { line in
      String(line.reversed().drop { $0 == " " }.reversed())
    }
    return ["Request hashes by CPU"] + lines
  }
}
