// What a run did: workloads, interrupts, events, paths.

import Harness

extension TextReport {
  /// The workloads; latencies only when some were measured.
  static func workloads(_ outcome: RunOutcome) -> [String] {
    let isTimed = outcome.workloads.contains { $0.latency != nil }
    var columns: [TextTable.Column] = [
      .text("name"), .number("cpus"), .number("ops"), .number("ops/s"),
    ]
    if isTimed {
      columns += [.number("p50"), .number("p99"), .number("p99.9"), .number("max")]
    }
    columns += [.number("full"), .number("part"), .number("none"), .number("failed")]
    var table = TextTable(columns)
    for workload in outcome.workloads {
      var cells: [TextTable.Cell] = [
        .text(workload.name), .int(workload.cpus), .count(workload.operations),
        .rate(workload.operationsPerSecond),
      ]
      if isTimed { cells += latency(workload.latency) }
      cells += [
        .count(workload.bulkFull), .count(workload.bulkPartial), .count(workload.bulkFailed),
        .count(workload.allocationsFailed),
      ]
      table.add(cells)
    }
    let times = isTimed ? "latency in us; " : ""
    let heading =
      "Workloads (\(times)bulk calls that got all, part, none; failed allocations)"
    return section(heading, table, isEmpty: outcome.workloads.isEmpty)
  }

  private static func latency(_ latency: LatencyOutcome?) -> [TextTable.Cell] {
    [latency?.p50, latency?.p99, latency?.p999, latency?.max]
      .map { .microseconds($0, exact: true) }
  }

  /// Interrupts by source, softirqs, and the longest time with interrupts off.
  static func interrupts(_ outcome: RunOutcome) -> [String] {
    let isSignalled = outcome.interrupts.contains { $0.signals != nil }
    var columns: [TextTable.Column] = [.text("interrupt")]
    if isSignalled { columns += [.number("sent"), .number("coalesced"), .number("received")] }
    var table = TextTable(columns + [.number("delivered"), .number("deferred")])
    for interrupt in outcome.interrupts {
      var cells: [TextTable.Cell] = [.text(interrupt.source)]
      if isSignalled { cells += signals(interrupt.signals) }
      table.add(cells + [.count(interrupt.delivered), .count(interrupt.deferred)])
    }
    var lines = section("Interrupts", table, isEmpty: outcome.interrupts.isEmpty)
    if !outcome.interrupts.isEmpty || outcome.softirqs > 0 {
      lines.append("softirq handlers run: \(outcome.softirqs)")
    }
    if let received = outcome.signalsByCPU?.map(\.received), let least = received.min(),
      let most = received.max()
    {
      lines.append("interrupts received by one CPU: \(least) to \(most)")
    }
    if let longest = outcome.interruptsOffNanosecondsMax {
      var text = "longest time with interrupts off: \(NumberText.microseconds(longest)) us"
      if !outcome.interruptsOffSite.isEmpty { text += " in \(outcome.interruptsOffSite)" }
      lines += TextLayout.wrapped(text, rest: "  ")
    }
    return lines
  }

  private static func signals(_ signals: SignalOutcome?) -> [TextTable.Cell] {
    [signals?.sent, signals?.coalesced, signals?.received].map { .count($0 ?? 0) }
  }

  /// Events under the names of /proc/vmstat.
  static func events(_ outcome: RunOutcome) -> [String] {
    counts("Events", outcome.events)
  }

  /// What the workloads counted, without what never happened.
  static func workloadCounts(_ outcome: RunOutcome) -> [String] {
    counts("Workload counts other than 0", outcome.workloadCounts.filter { $0.count > 0 })
  }

  /// How many paths were taken, and the names of the others.
  static func paths(_ outcome: RunOutcome) -> [String] {
    guard !outcome.paths.isEmpty else { return [] }
    let never = outcome.paths.filter { $0.count == 0 }.map(\.name)
    let taken = "Paths: \(outcome.paths.count - never.count) of \(outcome.paths.count) taken"
    guard !never.isEmpty else { return [taken] }
    return TextLayout.wrapped(
      "\(taken); never: \(never.joined(separator: ", "))", columns: TextLayout.proseColumnsMax,
      rest: "  ")
  }
}
