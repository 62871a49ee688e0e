// Whether a finding is still there.

/// A search for the finding of a seed file around its schedule.
public struct FindingSearch: Sendable, Equatable {
  /// Rule and site of the finding; for a file that expects none, of the first that showed.
  public let signature: String
  /// True if it showed.
  public let shows: Bool
  /// Schedules that were run, 1 if the recorded one told.
  public let schedules: Int

  /// A search.
  public init(signature: String, shows: Bool, schedules: Int) {
    self.signature = signature
    self.shows = shows
    self.schedules = schedules
  }

  /// The exit status for `git bisect run`: 1 if the finding shows, else 0.
  public var bisectStatus: Int32 { shows ? 1 : 0 }

  /// What came of it, as the end of a line.
  public var text: String {
    if signature.isEmpty { return "clean, as it must be" }
    if !shows { return "\(signature) is gone: it shows in none of \(schedules) schedules" }
    return schedules == 1
      ? "\(signature) shows" : "\(signature) shows in schedule \(schedules) around the recorded one"
  }
}
