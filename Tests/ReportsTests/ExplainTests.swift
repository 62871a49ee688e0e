// The explanation of a failing schedule against its golden files, and what must hold of each.

import Exploration
import Foundation
import Machine
import Outcomes
import Reports
import Testing

@Suite("The explanation of a schedule")
struct ExplainTests {
  private static let samples: [(file: String, make: @Sendable () throws -> Explanation)] = [
    ("explain-torn-pair.txt", { try SampleSchedule.tornPair().explain("broken") }),
    ("explain-deadlock.txt", { try SampleSchedule.oppositeLocks().explain("deadlock") }),
    ("explain-locks-of-zones.txt", { try SampleSchedule.locksOfZones().explain("deadlock") }),
    ("explain-held-asleep.txt", { try SampleSchedule.heldAsleep().explain("deadlock") }),
    ("explain-own-handler.txt", { try SampleSchedule.ownHandler().explain("deadlock") }),
    ("explain-own-nmi.txt", { try SampleSchedule.ownNMI().explain("deadlock") }),
    ("explain-livelock.txt", { try SampleSchedule.spinning().explain("livelock") }),
    ("explain-lost-update.txt", { try SampleSchedule.lostUpdate().explain("lost-update") }),
    ("explain-interrupted.txt", { try SampleSchedule.interrupted().explain("broken") }),
    ("explain-race.txt", { try SampleSchedule.unordered().explain("data-race") }),
    ("explain-missed-wake.txt", { try SampleSchedule.missedWake().explain("deadlock") }),
    ("explain-published.txt", { try SampleSchedule.published().explain("broken") }),
    (
      "explain-not-shrunk.txt",
      { try SampleSchedule.lostUpdate().explain("lost-update", shrinks: false) }
    ),
    ("explain-by-hand.txt", { byHand() }),
    ("explain-nothing.txt", { nothing() }),
  ]

  /// Names and values that no program of ours has.
  private static func byHand() -> Explanation {
    var trace = ScheduleTrace()
    trace.cpuCount = 64
    for number in 0..<60 {
      var step = TraceStep(
        number: number, cpu: number % 7 == 0 ? 63 : number % 3,
        context: ContextKind.allCases[number % 4], kind: .markedWrite,
        object: "zone Movable of node 3 free_area[\(number % 11)].nr_free highAtomic",
        site: "get_page_from_freelist_with_a_name_of_more_columns_than_there_are")
      step.old = .max
      step.new = UInt64(number) << 40
      step.reason = number == 0 ? .start : .blocked(on: "\u{1B}[2Ja lock\nwith a line")
      trace.steps.append(step)
    }
    trace.stepsDropped = 1_000_000
    let finding = Finding(
      rule: "broken\u{7}", sentence: String(repeating: "It is a long story. ", count: 8),
      site: "\u{1B}]0;x", subject: "")
    return Explanation(
      finding: finding, trace: trace, switches: 59, note: "not shrunk",
      others: ["double-free at __free_pages", "leaked-page at machine"],
      commands: [
        NextCommand(
          "replay",
          "pagetorture replay 'a file \\ with blanks.json' --set "
            + String(repeating: "workloads[0].weight=3 ", count: 5))
      ])
  }

  private static func nothing() -> Explanation {
    Explanation(
      finding: Finding(rule: "leak", sentence: "A page is left.", site: "", subject: ""),
      trace: ScheduleTrace(), switches: 0)
  }

  @Test("reads as its golden file does", arguments: samples.indices)
  func golden(index: Int) throws {
    let sample = Self.samples[index]
    try expectGolden(explained(try sample.make()), sample.file)
  }

  @Test(
    "fits a screen of 80 columns and 40 rows, and moves no cursor", arguments: samples.indices)
  func screen(index: Int) throws {
    let text = explained(try Self.samples[index].make())
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 46, "\(lines.count) rows")
    for line in lines {
      #expect(line.count <= 80, "\(line)")
      #expect(line.last != " ", "\(line)")
      #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }
  }

  @Test("is as short as asked for, and always shows the step of the finding")
  func rows() throws {
    let explanation = try SampleSchedule.lostUpdate().explain("lost-update", shrinks: false)
    for rows in [8, 12, 20, 30] {
      let text = explained(explanation, rowsMax: rows)
      let table = text.split(separator: "\n").drop { !$0.hasPrefix(" step") }.dropFirst(2)
        .prefix { !$0.hasPrefix("  end") }
      #expect(table.count <= rows, "\(text)")
      #expect(text.contains("!! lost-update"))
    }
    let broken = try SampleSchedule.tornPair().explain("broken")
    #expect(explained(broken, rowsMax: 4).contains("!! broken"))
  }
}
