// Findings of one scan: one for each rule, with the first example and how often.

import Machine
import PageAllocator

/// Collects the findings of a judge that looks at a whole machine at rest.
struct FindingCollector {
  /// Rules that are told; breaches of more are dropped.
  static var findingCountMax: Int { 16 }

  /// One for each rule, in the order first seen.
  private(set) var findings: [Finding] = []
  private let site: String

  init(_ site: CheckerSite) { self.site = site.name }

  /// Notes a breach; the texts are made only for the first of a rule.
  mutating func note(
    _ rule: CheckerRule, count: Int = 1, _ subject: @autoclosure () -> String,
    _ sentence: @autoclosure () -> String
  ) {
    let name = rule.name
    if let same = findings.firstIndex(where: { $0.rule == name }) {
      findings[same].count += count
    } else if findings.count < Self.findingCountMax {
      findings.append(
        Finding(
          rule: name, sentence: sentence(), site: site, subject: subject(), count: count))
    }
  }
}

extension PageFrameNumber {
  /// The frame in words.
  var text: String { "frame 0x" + String(rawValue, radix: 16) }
}

extension Zone {
  /// The zone in words.
  var text: String { "zone \(index) (node \(node), \(kind.name))" }
}
