// The text report against its golden files, and what must hold whatever a run contains.

import Foundation
import Outcomes
import Reports
import Testing

@Suite("The text report")
struct TextReportTests {
  @Test(
    "reads as its golden file does",
    arguments: [
      ("clean.txt", Sample.clean()), ("timing.txt", Sample.timing()),
      ("finding.txt", Sample.finding()), ("vacuous.txt", Sample.vacuous()),
      ("trace.txt", Sample.trace()), ("stuck.txt", Sample.stuck()),
      ("signal.txt", Sample.signal()), ("extreme.txt", Sample.extreme()),
    ])
  func golden(file: String, outcome: Outcome) throws {
    try expectGolden(report(outcome), file)
  }

  @Test("has no line of more than 100 columns, and no space at the end of one")
  func columns() {
    let outcomes = [
      Sample.clean(), Sample.timing(), Sample.finding(), Sample.trace(), Sample.extreme(),
    ]
    for line in outcomes.flatMap({ lines(report($0)) }) {
      #expect(line.count <= 100, "\(line)")
      #expect(line.last != " ", "\(line)")
    }
  }

  @Test("of a run in which nothing happened says so and traps nowhere")
  func nothing() {
    var outcome = Outcome(.run(RunBody()))
    outcome.header.verdict = .vacuous
    #expect(
      lines(report(outcome)).suffix(2) == [
        "VACUOUS: no rule broke, but nothing was done; 0 operations on 0 CPUs, no check",
        "  was on",
      ])
  }

  @Test("lets no control character of a name through")
  func controls() {
    var outcome = Sample.finding()
    outcome.header.name = "a\u{1B}[2Jb\nc"
    outcome.run?.workloads[0].name = "w\r\u{7}"
    outcome.findings[0].sentence = "s\u{1B}]0;x"
    outcome.run?.events[0].name = "e\u{8}"
    let text = report(outcome)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
  }

  @Test("breaks the repeat line only where a shell joins it again")
  func repeatLine() {
    var outcome = Sample.clean()
    let word = "'" + String(repeating: "a b ", count: 20) + "'"
    outcome.header.repeatCommand = "pagetorture run c.json5 --set \(word) --set \(word)"
    let text = report(outcome)
    let start = text.range(of: "repeat: ")?.upperBound ?? text.endIndex
    let joined = text[start...].replacing(" \\\n  ", with: " ")
    #expect(joined == outcome.header.repeatCommand + "\n")
  }

  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map(String.init)
  }
}

@Suite("The report of options")
struct OptionsReportTests {
  @Test("names the seed in full and shows the options as they are")
  func options() {
    let text = TextRenderer.text(
      OptionsReport.document(name: "quick", seed: .max, options: "{\n  a: 1,\n}\n", scale: "S"))
    #expect(text == "options of quick, seed 18446744073709551615:\n{\n  a: 1,\n}\n\nS\n")
  }
}
