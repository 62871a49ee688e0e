// The metrics of locks, the same for each class.

/// A class of locks that has metrics.
public struct MetricLock: Sendable {
  /// The word that the metrics' names begin with.
  let word: String
  /// The class, as outcomes name it.
  public let name: String

  /// All classes that runs have locks of.
  public static let all = [
    MetricLock(word: "pcp-lock", name: "pcp->lock"),
    MetricLock(word: "zone-lock", name: "zone->lock"),
    MetricLock(word: "mailbox-lock", name: "mailbox->lock"),
    MetricLock(word: "page-cache-lock", name: "xa_lock"),
    MetricLock(word: "lru-lock", name: "lruvec->lru_lock"),
    MetricLock(word: "ring-lock", name: "ptr_ring->lock"),
    MetricLock(word: "completions-lock", name: "blk_cpu_done"),
  ]

  fileprivate func outcome(_ run: RunBody) -> LockOutcome? {
    run.locks.first { $0.name == name }
  }
}

extension Metric {
  static func ofLock(_ lock: MetricLock) -> [Metric] {
    [
      Metric(run: "\(lock.word)-contentions", .count, .lower) { _, run in
        lock.outcome(run).map { Double($0.contentions) }
      },
      Metric(run: "\(lock.word)-try-failure-share", .ratio, .lower) { _, run in
        lock.outcome(run).flatMap { share(Double($0.tryFailures), of: Double($0.tryAttempts)) }
      },
      Metric(run: "\(lock.word)-wait", .nanoseconds, .lower) { _, run in
        lock.outcome(run)?.wait.map { Double($0.total) }
      },
      // Of the time of all CPUs together.
      Metric(run: "\(lock.word)-wait-share", .ratio, .lower) { header, run in
        lock.outcome(run)?.wait.flatMap {
          share(Double($0.total), of: Double(header.elapsedNanoseconds) * Double(run.cpus))
        }
      },
    ]
  }
}
