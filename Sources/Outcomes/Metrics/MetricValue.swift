// The metrics of one outcome, as its JSON has them.

/// A metric with its value.
public struct MetricValue: Sendable, Codable, Equatable {
  /// The metric's name.
  public let name: String
  /// What it is counted in.
  public let unit: MetricUnit
  /// Which way is an improvement.
  public let better: Metric.Better
  /// How much.
  public let value: Double

  /// The metrics that an outcome has, in the order of the table; none that is no finite number.
  public static func all(of outcome: Outcome) -> [MetricValue] {
    Metric.all.compactMap { metric in
      guard let value = metric.value(outcome), value.isFinite else { return nil }
      return MetricValue(
        name: metric.name, unit: metric.unit, better: metric.better, value: value)
    }
  }
}
