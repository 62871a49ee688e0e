// How an execution ended, in one word, and the exit status that follows from it.

/// How an execution ended.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  /// Every judge is content.
  case clean
  /// A rule broke.
  case finding
  /// Nothing was wrong, but a required path was never taken.
  case vacuous

  /// The exit status of the command.
  public var exitStatus: Int32 {
    switch self {
    case .clean: 0
    case .finding: 1
    case .vacuous: 3
    }
  }
}
