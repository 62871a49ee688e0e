// The one error of everything a user writes: a JSON5 file that does not parse, a key that is
// missing or unknown, a value of the wrong form or out of its range, a bad `--set`.

/// What is wrong with a configuration, where, and what would be right.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The character at which the fault shows.
  public let position: SourcePosition
  /// The value's path such as `workloads[1].share`; empty when the text itself does not parse,
  /// or when the fault is in the document's outermost value.
  public let path: String
  /// What is wrong: what was expected and what was found.
  public let message: String
  /// What would be right beyond `message`, such as a likely spelling; empty when `message`
  /// already says it.
  public let hint: String

  public init(at position: SourcePosition, path: String = "", message: String, hint: String = "") {
    self.position = position
    self.path = path
    self.message = message
    self.hint = hint
  }

  /// The file, or the command-line setting, that holds the fault.
  public var file: String { position.file }
  /// The fault's line, 1 or more.
  public var line: Int { position.line }
  /// The fault's column in characters, 1 or more.
  public var column: Int { position.column }

  /// One line: `file:line:column: path: message; hint`, without the parts that are empty.
  public var description: String {
    let place = path.isEmpty ? "\(position)" : "\(position): \(path)"
    return hint.isEmpty ? "\(place): \(message)" : "\(place): \(message); \(hint)"
  }
}

/// A text that is not JSON5: a ``ConfigurationError`` with an empty path.
public typealias JSON5Error = ConfigurationError
