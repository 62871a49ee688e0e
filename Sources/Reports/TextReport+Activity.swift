// What a run did: workloads, interrupts, events, paths.

import Outcomes

extension TextReport {
  /// The workloads; latencies only when some were measured.
  static func workloads(_ run: RunBody) -> [String] {
    let isTimed = run.workloads.contains { $0.latency != nil }
    var columns: [TextTable.Column] = [
      .text("name"), .number("cpus"), .number("ops"), .number("ops/s"),
    ]
    if isTimed {
      columns += [.number("p50"), .number("p99"), .number("p99.9"), .number("max")]
    }
    columns += [.number("full"), .number("part"), .number("none"), .number("failed")]
    var table = TextTable(columns)
    for workload in run.workloads {
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
    return section(heading, table, isEmpty: run.workloads.isEmpty)
  }

  private static func latency(_ latency: LatencyOutcome?) -> [TextTable.Cell] {
    [latency?.p50, latency?.p99, latency?.p999, latency?.max]
      .map { .microseconds($0, exact: true) }
  }

  /// Interrupts by source, softirqs, and the longest time with interrupts off.
  static func interrupts(_ run: RunBody) -> [String] {
    let isSignalled = run.interrupts.contains { $0.signals != nil }
    var columns: [TextTable.Column] = [.text("interrupt")]
    if isSignalled { columns += [.number("sent"), .number("coalesced"), .number("received")] }
    var table = TextTable(columns + [.number("delivered"), .number("deferred")])
    for interrupt in run.interrupts {
      var cells: [TextTable.Cell] = [.text(interrupt.source)]
      if isSignalled { cells += signals(interrupt.signals) }
      table.add(cells + [.count(interrupt.delivered), .count(interrupt.deferred)])
    }
    var lines = section("Interrupts", table, isEmpty: run.interrupts.isEmpty)
    if !run.interrupts.isEmpty || run.softirqs > 0 {
      lines.append("softirq handlers run: \(run.softirqs)")
    }
    if let received = run.signalsByCPU?.map(\.received), let least = received.min(),
      let most = received.max()
    {
      lines.append("interrupts received by one CPU: \(least) to \(most)")
    }
    if let longest = run.interruptsOffNanosecondsMax {
      var text = "longest time with interrupts off: \(NumberText.microseconds(longest)) us"
      if !run.interruptsOffSite.isEmpty { text += " in \(run.interruptsOffSite)" }
      lines += TextLayout.wrapped(text, rest: "  ")
    }
    return lines
  }

  private static func signals(_ signals: SignalOutcome?) -> [TextTable.Cell] {
    [signals?.sent, signals?.coalesced, signals?.received].map { .count($0 ?? 0) }
  }

  /// Events under the names of /proc/vmstat.
  static func events(_ run: RunBody) -> [String] {
    counts("Events", run.events)
  }

  /// What the workloads counted, without what never happened.
  static func workloadCounts(_ run: RunBody) -> [String] {
    counts("Workload counts other than 0", run.workloadCounts.filter { $0.count > 0 })
  }

  /// How many paths were taken, and the names of the others.
  static func paths(_ run: RunBody) -> [String] {
    guard !run.paths.isEmpty else { return [] }
    let never = run.paths.filter { $0.count == 0 }.map(\.name)
    let taken = "Paths: \(run.paths.count - never.count) of \(run.paths.count) taken"
    guard !never.isEmpty else { return [taken] }
    return TextLayout.wrapped(
      "\(taken); never: \(never.joined(separator: ", "))", columns: TextLayout.proseColumnsMax,
      rest: "  ")
  }
}
