// The metrics of native runs.

extension Metric {
  static let ofRuns: [Metric] = [
    Metric(run: "operations-per-second", .perSecond, .higher) { header, run in
      rate(Double(run.operations), header)
    },
    latency("latency-p50", \.p50), latency("latency-p99", \.p99),
    latency("latency-p999", \.p999), latency("latency-max", \.max),
    bulk("bulk-full-share", .higher, \.bulkFull),
    bulk("bulk-partial-share", .lower, \.bulkPartial),
    bulk("bulk-none-share", .lower, \.bulkFailed),
    Metric(run: "failed-allocation-share", .ratio, .lower) { _, run in
      share(sum(run.workloads, \.allocationsFailed), of: sum(run.workloads, \.operations))
    },
    Metric(run: "interrupts-delivered", .count, .higher) { _, run in
      sum(run.interrupts, \.delivered)
    },
    Metric(run: "interrupts-deferred-share", .ratio, .lower) { _, run in
      share(sum(run.interrupts, \.deferred), of: sum(run.interrupts, \.delivered))
    },
    Metric(run: "interrupts-off-max", .nanoseconds, .lower) { _, run in
      run.interruptsOffNanosecondsMax.map { Double($0) }
    },
    Metric(run: "softirqs", .count, .higher) { _, run in Double(run.softirqs) },
    Metric(run: "paths-taken-share", .ratio, .higher) { _, run in
      share(Double(run.paths.count { $0.count > 0 }), of: Double(run.paths.count))
    },
    Metric(run: "free-pages", .pages, .higher) { _, run in
      run.zones.isEmpty ? nil : run.zones.reduce(0) { $0 + Double($1.free) }
    },
  ]

  /// A quantile of the workload in which it is longest.
  private static func latency(
    _ name: String, _ quantile: @escaping @Sendable (LatencyOutcome) -> UInt64
  ) -> Metric {
    Metric(run: name, .nanoseconds, .lower) { _, run in
      run.workloads.compactMap(\.latency).map(quantile).max().map { Double($0) }
    }
  }

  /// The bulk calls that ended in one way, among all.
  private static func bulk(
    _ name: String, _ better: Better, _ count: @escaping @Sendable (WorkloadOutcome) -> UInt64
  ) -> Metric {
    Metric(run: name, .ratio, better) { _, run in
      let all = sum(run.workloads, \.bulkFull) + sum(run.workloads, \.bulkPartial)
      return share(sum(run.workloads, count), of: all + sum(run.workloads, \.bulkFailed))
    }
  }

  private static func sum<Part>(_ parts: [Part], _ count: (Part) -> UInt64) -> Double {
    parts.reduce(0) { $0 + Double(count($1)) }
  }
}
