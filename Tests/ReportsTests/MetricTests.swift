// The table of metrics: names that last, and values of outcomes of every kind.

import Exploration
import Foundation
import Outcomes
import Reports
import Testing

@Suite("Metrics")
struct MetricTests {
  private struct Read: Decodable {
    var metrics: [MetricValue]
  }

  private func samples() throws -> [Outcome] {
    var locks = Sample.timing()
    let times = TimesOutcome(min: 1, max: 9, total: 1000, average: 5)
    locks.run?.locks = MetricLock.all.map {
      LockOutcome(
        name: $0.name, contentions: 3, wait: times, acquisitions: 100, hold: times,
        tryAttempts: 8, tryFailures: 2)
    }
    return [
      locks, Sample.clean(), Sample.extreme(), Sample.trace(), Sample.systematic(),
      try Sample.found(), try Sample.continued(), try Sample.replay(.same),
    ]
  }

  @Test("have names of lower-case words, each once")
  func names() {
    let names = Metric.all.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(name.wholeMatch(of: #/[a-z][a-z0-9]*(-[a-z0-9]+)*/#) != nil, "\(name)")
    }
  }

  @Test("each has a value in some outcome, and each unit is used")
  func values() throws {
    let samples = try samples()
    for metric in Metric.all {
      let values = samples.compactMap(metric.value)
      #expect(!values.isEmpty, "\(metric.name)")
      #expect(values.allSatisfy { $0 >= 0 || metric.unit == .pages }, "\(metric.name)")
    }
    #expect(Set(Metric.all.map(\.unit)) == Set(MetricUnit.allCases))
  }

  @Test("are what a person would reckon")
  func known() throws {
    func value(_ name: String, _ outcome: Outcome) -> Double? {
      Metric.all.first { $0.name == name }?.value(outcome)
    }
    let run = try samples()[0]
    #expect(value("operations-per-second", run) == 5699 * 1e9 / 2.04e9)
    #expect(value("latency-p99", run) == 1984)
    #expect(value("bulk-full-share", run) == 1740.0 / 1741)
    #expect(value("failed-allocation-share", run) == 3.0 / 5699)
    #expect(value("interrupts-delivered", run) == 7605)
    #expect(value("interrupts-deferred-share", run) == 2053.0 / 7605)
    #expect(value("free-pages", run) == 56_384)
    #expect(value("paths-taken-share", run) == 1.0 / 3)
    #expect(value("zone-lock-contentions", run) == 3)
    #expect(value("zone-lock-try-failure-share", run) == 0.25)
    #expect(value("zone-lock-wait-share", run) == 1000 / (2.04e9 * 3))
    let search = try Sample.found()
    #expect(value("schedules-per-second", search) == 1.2)
    #expect(value("points-per-second", search) == 60)
    #expect(value("schedules-to-finding", search) == 3)
    #expect(value("complete-bound", Sample.systematic()) == 0)
    #expect(value("operations-per-second", search) == nil)
    #expect(value("schedules-per-second", run) == nil)
    #expect(value("latency-p99", Sample.clean()) == nil)
  }

  @Test("are in the JSON of every outcome, those that it has, as finite numbers")
  func json() throws {
    for outcome in try samples() {
      let data = Data(try JSONReport.render(outcome).utf8)
      let read = try JSONDecoder().decode(Read.self, from: data)
      #expect(read.metrics == MetricValue.all(of: outcome) && !read.metrics.isEmpty)
    }
  }
}
