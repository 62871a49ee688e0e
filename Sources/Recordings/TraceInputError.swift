// Why a file of /proc that describes a recorded machine could not be read.

/// A line that is not what the kernel prints, or a machine beyond the limits of the model.
public struct TraceInputError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// What should have been in a line, from 1, as the end of a sentence; one past the last line
    /// when something is missing at the end.
    case line(Int, expected: String)
    /// What the model has at most, and what the machine has.
    case limit(String, found: String)
  }

  /// As the caller named it.
  public let file: String
  public let problem: Problem

  public init(file: String, line: Int, expected: String) {
    self.file = file
    problem = .line(line, expected: expected)
  }

  public init(file: String, limit: String, found: String) {
    self.file = file
    problem = .limit(limit, found: found)
  }

  public var description: String {
    switch problem {
    case .line(let line, let expected): "\(file):\(line): expected \(expected)"
    case .limit(let limit, let found): "\(file): the model has \(limit); the machine has \(found)"
    }
  }
}
