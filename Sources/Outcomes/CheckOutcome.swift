// What a judge did in a run.

/// A judge that was on.
public struct CheckOutcome: Sendable, Codable, Equatable {
  /// Its name in `list checks`.
  public var name: String
  /// How often it judged: events, calls, scans.
  public var times: UInt64
  /// Findings that it made.
  public var findings: Int

  /// A judge's result.
  public init(name: String, times: UInt64, findings: Int) {
    self.name = name
    self.times = times
    self.findings = findings
  }
}
