// The JSON report: there and back, and what is refused.

import Outcomes
import Reports
import Testing

@Suite("The JSON report")
struct JSONReportTests {
  @Test("comes back as it went")
  func roundTrip() throws {
    for outcome in [
      Sample.clean(), Sample.timing(), Sample.finding(), Sample.trace(), Sample.signal(),
    ] {
      let text = try JSONReport.render(outcome)
      let back = try JSONReport.read(text)
      #expect(try JSONReport.render(back) == text)
      #expect(back.findings == outcome.findings)
      #expect(back.run?.trace == outcome.run?.trace)
      #expect(report(back) == report(outcome))
    }
  }

  @Test("keeps every bit of a seed")
  func seeds() throws {
    let seeds: [UInt64] = [0, .max, .max - 1, (1 << 53) + 1, 1 << 63]
    for seed in seeds {
      var outcome = Outcome(.run(RunBody()))
      outcome.header.seed = seed
      let text = try JSONReport.render(outcome)
      #expect(text.contains("\"seed\" : \(seed)"))
      #expect(try JSONReport.read(text).header.seed == seed)
    }
  }

  @Test("survives a rate that is no number")
  func infinite() throws {
    let back = try JSONReport.read(JSONReport.render(Sample.extreme()))
    #expect(back.run?.workloads[0].operationsPerSecond == .infinity)
  }

  @Test("of a run says its kind and exit status, and is read without")
  func older() throws {
    let text = try JSONReport.render(Sample.finding())
    let older = text.replacing("  \"kind\" : \"run\",\n", with: "")
      .replacing("  \"exitStatus\" : 1,\n", with: "")
    #expect(!older.contains("\"kind\"") && !older.contains("exitStatus"))
    #expect(try JSONReport.render(JSONReport.read(older)) == text)
  }

  @Test("of another schema version is refused with both versions")
  func version() throws {
    var outcome = Outcome(.run(RunBody()))
    outcome.header.schemaVersion = 7
    let text = try JSONReport.render(outcome)
    let error = #expect(throws: JSONReportError.self) { try JSONReport.read(text) }
    #expect(
      error?.description
        == "this outcome has schema version 7, but this pagetorture reads version 1")
  }

  @Test(
    "that is none is refused in one line",
    arguments: [
      ("", "not valid JSON"), ("{", "not valid JSON"), ("[]", "the text has the wrong type"),
      ("{}", "no schemaVersion"), (#"{"schemaVersion": 1}"#, "no "),
      (#"{"schemaVersion": "1"}"#, "schemaVersion has the wrong type"),
    ])
  func garbage(text: String, reason: String) {
    let error = #expect(throws: JSONReportError.self) { try JSONReport.read(text) }
    let message = error?.description ?? ""
    #expect(message.contains("not an outcome of pagetorture: \(reason)"))
    #expect(!message.contains("\n"))
  }

  @Test("names the place of a wrong value")
  func place() throws {
    let text = try JSONReport.render(Sample.clean())
      .replacing("\"times\" : 277575", with: "\"times\" : true")
    let error = #expect(throws: JSONReportError.self) { try JSONReport.read(text) }
    #expect(error?.description.contains("checks[0].times has the wrong type") == true)
  }

  @Test(
    "names the place of a word that is none",
    arguments: [
      ("\"kind\" : \"replay\"", "kind"), ("\"verdict\" : \"same\"", "verdict"),
      ("\"context\" : \"task\"", "interleaving.steps[0].context"),
      ("\"kind\" : \"plainRead\"", "interleaving.steps[0].kind"),
      ("\"reason\" : \"start\"", "interleaving.steps[0].reason"),
    ])
  func words(member: String, place: String) throws {
    let text = try JSONReport.render(Sample.replay(.same))
    let key = member.prefix { $0 != ":" }
    // Findings have a context, too, and come before.
    let steps = try #require(text.firstRange(of: "\"steps\" : [")).lowerBound
    let damaged =
      text[..<steps]
      + text[steps...].replacing(member, with: key + ": \"nonsense\"", maxReplacements: 1)
    #expect(damaged != text)
    let error = #expect(throws: JSONReportError.self) { try JSONReport.read(String(damaged)) }
    #expect(error?.description.hasSuffix("\(place) has an impossible value") == true, "\(error)")
  }
}
