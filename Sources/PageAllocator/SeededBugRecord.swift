// A seeded bug in words: where it comes from, what it does, what shows it.

/// Where a seeded bug comes from.
public enum SeededBugOrigin: Sendable, Equatable {
  /// A bug of the kernel, fixed by this commit.
  case fixedBy(String)
  /// A bug of the kernel that came with this commit; the number of its fix is not known here.
  case cameWith(String)
  /// A hazard that the kernel's code avoids.
  case hazard(String)
  /// A broken primitive that tests the tester.
  case tester

  /// The same in words.
  public var text: String {
    switch self {
    case .fixedBy(let commit): "fixed by kernel commit \(commit)"
    case .cameWith(let commit): "came with kernel commit \(commit)"
    case .hazard(let place): "a hazard of \(place)"
    case .tester: "a test of the tester"
    }
  }

  /// The kernel commit that fixed it; nil if there is none, or its number is not known here.
  public var fix: String? {
    if case .fixedBy(let commit) = self { return commit }
    return nil
  }
}

/// All that is known of a seeded bug.
public struct SeededBugRecord: Sendable {
  /// The name on the command line.
  public let name: String
  /// Where it comes from.
  public let origin: SeededBugOrigin
  /// The file in `configs/`, without its ending, whose schedules come to it.
  public let config: String
  /// What it does, in one sentence.
  public let summary: String
  /// The judges that must show it, by name; none where the allocator or the machine does itself.
  public let judges: [String]
  /// The rules of which one reports it.
  public let rules: [String]
}
