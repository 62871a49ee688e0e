// The form of Chrome trace events: valid JSON, matched ends, numbers that pair, time that goes on.

import Exploration
import Foundation
import Machine
import Reports
import Testing

@Suite("The Chrome trace of a schedule")
struct ChromeTraceTests {
  private struct Document: Decodable {
    var traceEvents: [Event]
  }

  private struct Event: Decodable {
    var ph: String
    var pid: Int
    var tid: Int
    var ts: Int?
    var dur: Int?
    var name: String?
    var cat: String?
    var id: Int?
    var bp: String?
    var args: [String: Argument]?
  }

  /// A text or a number.
  private enum Argument: Decodable {
    case text(String)
    case number(Int)
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  private func events(_ trace: ScheduleTrace, counters: [String] = []) throws -> [Event] {
    let text = ChromeTrace.render(trace, counters: counters)
    return try JSONDecoder().decode(Document.self, from: Data(text.utf8)).traceEvents
  }

  private static let samples: [@Sendable () throws -> SampleSchedule] = [
    { try .tornPair() }, { try .oppositeLocks() }, { try .ownHandler() }, { try .spinning() },
    { try .interrupted() }, { try .unordered() }, { try .missedWake() },
  ]

  private func traces(_ sample: SampleSchedule) -> [ScheduleTrace] {
    (0..<20 as Range<UInt64>).map { seed in
      let steps = StepTrace(of: sample.machine)
      _ = sample.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()), watchedBy: [steps])
      return steps.taken
    }
  }

  @Test("has events in the order of time, all of a known kind", arguments: samples.indices)
  func order(index: Int) throws {
    for trace in traces(try Self.samples[index]()) {
      let events = try events(trace)
      let times = events.compactMap(\.ts)
      #expect(times == times.sorted())
      #expect(events.allSatisfy { "MBEXbesfCi".contains($0.ph) && $0.pid == 1 })
      #expect(events.filter { $0.ph == "X" }.count == trace.steps.count)
      #expect(events.filter { $0.ph == "M" }.allSatisfy { $0.ts == nil })
      #expect(events.filter { $0.ph != "M" }.allSatisfy { $0.ts != nil })
    }
  }

  @Test("closes each slice that it opens, on its own track", arguments: samples.indices)
  func matched(index: Int) throws {
    for trace in traces(try Self.samples[index]()) {
      let events = try events(trace)
      var open: [Int: Int] = [:]
      for event in events where event.ph == "B" || event.ph == "E" {
        open[event.tid, default: 0] += event.ph == "B" ? 1 : -1
        #expect((0...1).contains(open[event.tid] ?? 0))
      }
      #expect(open.allSatisfy { $0.value == 0 })
      // Each hold of a lock begins and ends once; each arrow has a start and an end.
      for (begin, end) in [("b", "e"), ("s", "f")] {
        let begins = events.filter { $0.ph == begin }
        let ends = events.filter { $0.ph == end }
        let ids = begins.compactMap(\.id)
        #expect(ids.count == begins.count && Set(ids).count == ids.count)
        #expect(ids.sorted() == ends.compactMap(\.id).sorted())
        for one in begins {
          let other = try #require(ends.first { $0.id == one.id })
          #expect((one.ts ?? 0) <= (other.ts ?? 0) && one.name == other.name)
        }
      }
    }
  }

  @Test("names a track for each context that ran")
  func tracks() throws {
    let trace = try SampleSchedule.interrupted().explain("broken").trace
    let names = try events(trace).filter { $0.name == "thread_name" }.compactMap { event in
      if case .text(let name)? = event.args?["name"] { name } else { nil }
    }
    #expect(names == ["CPU 0", "CPU 1", "CPU 2", "CPU 3", "CPU 3 softirq", "CPU 3 hardirq"])
  }

  @Test("draws an arrow from a lock's release to its next owner on another track")
  func arrows() throws {
    let sample = try SampleSchedule.oppositeLocks()
    var arrowCount = 0
    for trace in traces(sample) {
      let events = try events(trace)
      for start in events where start.ph == "s" {
        let end = try #require(events.first { $0.ph == "f" && $0.id == start.id })
        #expect(end.tid != start.tid && end.bp == "e")
        let release = try #require(trace.steps.indices.contains(start.ts ?? -1) ? start.ts : nil)
        #expect(trace.steps[release].kind == .unlock)
        #expect(trace.steps[end.ts ?? 0].kind == .lock)
        #expect(trace.steps[end.ts ?? 0].object == start.name)
        arrowCount += 1
      }
    }
    #expect(arrowCount > 0)
  }

  @Test("has the free pages as a counter, and what else is asked for")
  func counters() throws {
    var trace = ScheduleTrace()
    for (index, object) in ["zone Normal nr_free_pages", "x", "y"].enumerated() {
      var step = TraceStep(
        number: index, cpu: 0, kind: .markedWrite, object: object, site: "main")
      (step.old, step.new) = (0, UInt64(bitPattern: Int64(-5 - index)))
      trace.steps.append(step)
    }
    let counted = try events(trace, counters: ["x"]).filter { $0.ph == "C" }
    #expect(counted.map(\.name) == ["zone Normal nr_free_pages", "x"])
    #expect(
      counted.map { event in
        if case .number(let value)? = event.args?["value"] { value } else { 0 }
      } == [-5, -6])
  }

  @Test("is valid whatever names there are, and for no steps at all")
  func names() throws {
    var trace = ScheduleTrace()
    #expect(try events(trace).allSatisfy { $0.ph == "M" })
    trace.steps = [
      TraceStep(
        number: 0, cpu: 0, kind: .wake, object: "a \"b\" \\ \u{1B}\n\u{2028}", site: "\"\\")
    ]
    let finding = Finding(rule: "\"", sentence: "\\\"\t", site: "", subject: "")
    trace.findings = [TracedFinding(finding: finding, position: 0)]
    #expect(try events(trace).contains { $0.ph == "i" && $0.name == "\"" })
  }
}
