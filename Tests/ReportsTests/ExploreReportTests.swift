// What an exploration says of itself.

import Exploration
import Reports
import Testing

@testable import Machine

struct ExploreReportTests {
  private func campaign(isDrawn: Bool) -> CampaignOutcome {
    var campaign = CampaignOutcome(isDrawn: isDrawn)
    for index in 0..<3 as Range<UInt64> {
      campaign.add(
        ExploredSchedule(
          index: index, outcome: ScheduleOutcome(end: .complete, points: 5, traceHash: index),
          findings: []))
    }
    return campaign
  }

  @Test("an unseen mass is told of schedules that are drawn, and of no others")
  func unseenMass() throws {
    for isDrawn in [true, false] {
      let campaign = campaign(isDrawn: isDrawn)
      let head = ExploreReport.head(campaign, name: "x", seed: 1, nanoseconds: 1, threads: 1)
      let progress = ExploreReport.progress(campaign, nanoseconds: 1)
      for text in [head, progress] {
        #expect(text.replacing("\n  ", with: " ").contains("3 interleavings"))
        #expect(text.contains("unseen mass") == isDrawn)
      }
    }
  }
}
