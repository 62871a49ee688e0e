// The figures of an outcome that are worth comparing, each under a name that does not change.

/// What a metric is counted in.
public enum MetricUnit: String, Sendable, Codable, CaseIterable {
  /// How often, in all.
  case count
  /// How often a second of wall time.
  case perSecond = "1/s"
  /// Time.
  case nanoseconds = "ns"
  /// A share of 0 ... 1, or of a sum that may be larger than its base.
  case ratio
  /// Pages of 4 KiB.
  case pages
}

/// One figure of an outcome.
public struct Metric: Sendable {
  /// Which way is an improvement.
  public enum Better: String, Sendable, Codable {
    case lower, higher
  }

  /// Its name: lower-case words with `-` between them.
  public let name: String
  /// What it is counted in.
  public let unit: MetricUnit
  /// Which way is an improvement.
  public let better: Better
  /// Its value in an outcome; nil for one that has none.
  public let value: @Sendable (Outcome) -> Double?

  /// All metrics, each name once.
  public static let all: [Metric] =
    [findings] + ofRuns + MetricLock.all.flatMap(ofLock) + ofSchedules

  /// Distinct findings.
  private static let findings = Metric("findings", .count, .lower) {
    Double($0.findings.count) + Double($0.findingsDropped)
  }

  init(
    _ name: String, _ unit: MetricUnit, _ better: Better,
    _ value: @escaping @Sendable (Outcome) -> Double?
  ) {
    self.name = name
    self.unit = unit
    self.better = better
    self.value = value
  }

  /// A metric of runs; outcomes of another kind have no value.
  init(
    run name: String, _ unit: MetricUnit, _ better: Better,
    _ value: @escaping @Sendable (OutcomeHeader, RunBody) -> Double?
  ) {
    self.init(name, unit, better) { outcome in
      outcome.run.flatMap { value(outcome.header, $0) }
    }
  }

  /// A metric of explorations; outcomes of another kind have no value.
  init(
    exploration name: String, _ unit: MetricUnit, _ better: Better,
    _ value: @escaping @Sendable (OutcomeHeader, ExplorationBody) -> Double?
  ) {
    self.init(name, unit, better) { outcome in
      outcome.exploration.flatMap { value(outcome.header, $0) }
    }
  }

  /// A count in a base that may be 0: then there is no share.
  static func share(_ count: Double, of base: Double) -> Double? {
    base > 0 ? count / base : nil
  }

  /// A count a second; nil if no time was taken.
  static func rate(_ count: Double, _ header: OutcomeHeader) -> Double? {
    share(count * 1e9, of: Double(header.elapsedNanoseconds))
  }
}
