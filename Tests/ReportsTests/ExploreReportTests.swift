// What explorations and replays say, against golden files.

import Exploration
import Outcomes
import Reports
import Testing

@Suite("The report of an exploration")
struct ExploreReportTests {
  private static let samples:
    [(file: String, isBrief: Bool, make: @Sendable () throws -> Outcome)] =
      [
        ("explore-clean.txt", false, { Sample.exploration() }),
        ("explore-systematic.txt", false, { Sample.systematic() }),
        ("explore-vacuous.txt", false, { Sample.neverTaken() }),
        ("explore-found.txt", false, { try Sample.found() }),
        ("explore-lock-order.txt", false, { try Sample.lockOrder() }),
        ("explore-continued.txt", false, { try Sample.continued() }),
        ("explore-continued-brief.txt", true, { try Sample.continued() }),
        ("replay-same.txt", false, { try Sample.replay(.same) }),
        ("replay-same-brief.txt", true, { try Sample.replay(.same) }),
        ("replay-shown-otherwise.txt", true, { try Sample.replay(.shownOtherwise) }),
        ("replay-diverged.txt", false, { try Sample.replay(.diverged) }),
        ("replay-not-shown.txt", false, { try Sample.replay(.notShown) }),
      ]

  @Test("reads as its golden file does, from JSON too", arguments: samples.indices)
  func golden(index: Int) throws {
    let sample = Self.samples[index]
    let outcome = try sample.make()
    try expectGolden(report(outcome, isBrief: sample.isBrief), sample.file)
    let text = try JSONReport.render(outcome)
    let back = try JSONReport.read(text)
    try expectGolden(report(back, isBrief: sample.isBrief), sample.file)
    #expect(try JSONReport.render(back) == text)
    #expect(back.header == outcome.header && back.findings == outcome.findings)
    #expect(back.exploration?.shown == outcome.exploration?.shown)
  }

  @Test("tells an unseen mass of schedules that are drawn, and of no others")
  func unseenMass() {
    for isDrawn in [true, false] {
      let campaign = Sample.campaign(isDrawn: isDrawn)
      let outcome = Sample.exploration(campaign)
      for text in [report(outcome), ExplorationReport.progress(outcome)] {
        #expect(text.replacing("\n  ", with: " ").contains("3 interleavings"))
        #expect(text.contains("unseen mass") == isDrawn)
      }
    }
  }

  @Test("of an exploration in which nothing was done says so")
  func nothing() {
    var outcome = Sample.exploration(CampaignFigures(CampaignOutcome()))
    outcome.header.verdict = .vacuous
    #expect(report(outcome).hasSuffix("\nVACUOUS: no operation was done\n"))
  }

  @Test("each verdict has an exit status, and another when bisecting")
  func statuses() throws {
    let expected: [(Verdict, Int32)] = [
      (.clean, 0), (.finding, 1), (.vacuous, 3), (.same, 0), (.shownOtherwise, 4), (.diverged, 4),
      (.notShown, 1),
    ]
    #expect(expected.map(\.0) == Verdict.allCases)
    for (verdict, status) in expected { #expect(verdict.exitStatus == status) }
    #expect(FindingSearch(signature: "a at b", shows: true, schedules: 7).bisectStatus == 1)
    #expect(FindingSearch(signature: "a at b", shows: false, schedules: 7).bisectStatus == 0)
    #expect(ExitStatus.worst([0, 4, 1]) == 4 && ExitStatus.worst([]) == 0)
    #expect(ExitStatus.worstWhenBisecting([125, 1]) == 1)
    #expect(ExitStatus.worstWhenBisecting([125, 0]) == 125)
  }
}
