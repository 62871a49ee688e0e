// Why a file of /proc that describes a recorded machine could not be read.

/// A line that is not what the kernel prints.
public struct TraceInputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// As the caller named it.
  public let file: String
  /// From 1; one past the last when something is missing at the end.
  public let line: Int
  /// What should have been there, as the end of a sentence.
  public let expected: String

  public init(file: String, line: Int, expected: String) {
    self.file = file
    self.line = line
    self.expected = expected
  }

  public var description: String { "\(file):\(line): expected \(expected)" }
}
