// Findings as text.

import Machine

extension TextRenderer {
  /// Rule and place on one line, then the sentence.
  static func finding(_ finding: Finding) -> [String] {
    TextLayout.wrapped(place(finding), rest: "  ")
      + TextLayout.wrapped(finding.sentence, first: "  ", rest: "  ")
  }

  /// The same of several, with numbers and how often each was seen.
  static func findings(_ findings: [Finding], _ dropped: UInt64) -> [String] {
    var lines: [String] = []
    for (index, finding) in findings.enumerated() {
      let number = "\(index + 1). "
      let margin = String(repeating: " ", count: number.count)
      var head = place(finding)
      if finding.count != 1 { head += ", \(finding.count) times" }
      lines += TextLayout.wrapped(head, first: number, rest: margin)
      lines += TextLayout.wrapped(finding.sentence, first: margin, rest: margin)
      if !finding.subject.isEmpty, !finding.sentence.contains(finding.subject) {
        lines += TextLayout.wrapped("about \(finding.subject)", first: margin, rest: margin)
      }
    }
    return dropped == 0 ? lines : lines + ["\(dropped) more had no room in the buffers"]
  }

  private static func place(_ finding: Finding) -> String {
    var text = finding.rule
    if !finding.site.isEmpty { text += " in \(finding.site)" }
    if let cpu = finding.cpu { text += ", CPU \(cpu)" }
    if let context = finding.context { text += ", \(context) context" }
    return text
  }
}
