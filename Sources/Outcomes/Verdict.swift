// How an execution ended, in one word, and the exit status that follows from it.

/// How an execution ended.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  /// Every judge is content.
  case clean
  /// A rule broke.
  case finding
  /// Nothing was wrong, but a required path was never taken.
  case vacuous
  /// A replay did, step by step, what was recorded, and showed what it must.
  case same
  /// A replay showed what it must, though its steps are others.
  case shownOtherwise
  /// A replay's steps are others, and it did not show what it must.
  case diverged
  /// A replay did what was recorded, but did not show what it must.
  case notShown

  /// The exit status of the command.
  public var exitStatus: Int32 {
    switch self {
    case .clean, .same: 0
    case .finding, .notShown: 1
    case .vacuous: 3
    case .shownOtherwise, .diverged: 4
    }
  }
}
