// Exit statuses that do not follow from one verdict alone.

/// Exit statuses of several outcomes, and for `git bisect run`.
public enum ExitStatus {
  /// What `git bisect run` takes for "cannot be told".
  public static let unknown: Int32 = 125

  /// The exit status for several outcomes: the highest.
  public static func worst(_ all: [Int32]) -> Int32 { all.max() ?? 0 }

  /// The same when bisecting, where a finding says more than doubt.
  public static func worstWhenBisecting(_ all: [Int32]) -> Int32 {
    all.contains(1) ? 1 : worst(all)
  }
}
