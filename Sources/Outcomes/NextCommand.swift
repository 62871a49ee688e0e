// What to do next, as a command line.

/// A line to be copied into a shell.
public struct NextCommand: Sendable, Codable, Equatable {
  /// What it does, in a word: `replay`.
  public var label: String
  /// The line.
  public var line: String

  /// A command.
  public init(_ label: String, _ line: String) {
    self.label = label
    self.line = line
  }
}
