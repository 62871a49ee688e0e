// What a run did: workloads, interrupts, events, paths.

import Outcomes

extension RunReport {
  /// The workloads; latencies only when some were measured.
  static func workloads(_ run: RunBody) -> ReportSection? {
    let isTimed = run.workloads.contains { $0.latency != nil }
    var columns: [ReportTable.Column] = [
      .text("name"), .number("cpus"), .number("ops"), .number("ops/s"),
    ]
    if isTimed {
      columns += [.number("p50"), .number("p99"), .number("p99.9"), .number("max")]
    }
    columns += [.number("full"), .number("part"), .number("none"), .number("failed")]
    var table = ReportTable(columns)
    for workload in run.workloads {
      var cells: [ReportTable.Cell] = [
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
    return ReportSection(heading, table)
  }

  private static func latency(_ latency: LatencyOutcome?) -> [ReportTable.Cell] {
    [latency?.p50, latency?.p99, latency?.p999, latency?.max]
      .map { .microseconds($0, isExact: true) }
  }

  /// Interrupts by source, softirqs, and the longest time with interrupts off.
  static func interrupts(_ run: RunBody) -> ReportSection? {
    let isSignalled = run.interrupts.contains { $0.signals != nil }
    var columns: [ReportTable.Column] = [.text("interrupt")]
    if isSignalled { columns += [.number("sent"), .number("coalesced"), .number("received")] }
    var table = ReportTable(columns + [.number("delivered"), .number("deferred")])
    for interrupt in run.interrupts {
      var cells: [ReportTable.Cell] = [.text(interrupt.source)]
      if isSignalled { cells += signals(interrupt.signals) }
      table.add(cells + [.count(interrupt.delivered), .count(interrupt.deferred)])
    }
    var blocks: [ReportBlock] = []
    if !run.interrupts.isEmpty { blocks.append(.table(table)) }
    if !run.interrupts.isEmpty || run.softirqs > 0 {
      blocks.append(.sentence("softirq handlers run: \(run.softirqs)"))
    }
    if let received = run.signalsByCPU?.map(\.received), let least = received.min(),
      let most = received.max()
    {
      blocks.append(.sentence("interrupts received by one CPU: \(least) to \(most)"))
    }
    if let longest = run.interruptsOffNanosecondsMax {
      var text = "longest time with interrupts off: \(NumberText.microseconds(longest)) us"
      if !run.interruptsOffSite.isEmpty { text += " in \(run.interruptsOffSite)" }
      blocks.append(.sentence(text))
    }
    if blocks.isEmpty { return nil }
    return ReportSection(run.interrupts.isEmpty ? nil : "Interrupts", blocks)
  }

  private static func signals(_ signals: SignalOutcome?) -> [ReportTable.Cell] {
    [signals?.sent, signals?.coalesced, signals?.received].map { .count($0 ?? 0) }
  }

  /// Events under the names of /proc/vmstat.
  static func events(_ run: RunBody) -> ReportSection? {
    counts("Events", run.events)
  }

  /// What the workloads counted, without what never happened.
  static func workloadCounts(_ run: RunBody) -> ReportSection? {
    counts("Workload counts other than 0", run.workloadCounts.filter { $0.count > 0 })
  }

  /// Counts under a heading; nil if there are none.
  private static func counts(_ heading: String, _ counts: [NamedCount]) -> ReportSection? {
    counts.isEmpty ? nil : ReportSection(heading, [.counts(counts)])
  }

  /// How many paths were taken, and the names of the others.
  static func paths(_ run: RunBody) -> ReportSection? {
    guard !run.paths.isEmpty else { return nil }
    let never = run.paths.filter { $0.count == 0 }.map(\.name)
    let taken = "Paths: \(run.paths.count - never.count) of \(run.paths.count) taken"
    let rest = never.isEmpty ? "" : "; never: \(never.joined(separator: ", "))"
    return ReportSection(nil, [.sentence(taken + rest)])
  }
}
