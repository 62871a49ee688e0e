// A place in a text that a person wrote: a configuration file or a command-line setting. Every
// JSON5 node and every configuration error carries one, so that a message can point at the
// character to change.

/// A place in a source text.
///
/// A character here is one Unicode scalar, so a tab is one column and so is a combining accent.
/// A line ends at LF, CR or CR LF, as editors count them.
public struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
  /// The file's name as the user gave it, or the command-line setting's own text.
  public let file: String
  /// The line, 1 or more.
  public let line: Int
  /// The column in characters, 1 or more. The end of a line of n characters is column n + 1.
  public let column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// The place of a node that comes from no text and is made to be printed.
  public static let nowhere = SourcePosition(file: "", line: 1, column: 1)

  /// `file:line:column`, the form editors and terminals turn into a link.
  public var description: String { "\(file):\(line):\(column)" }

  /// `line:column`, for a second position in the same file.
  public var lineAndColumn: String { "\(line):\(column)" }
}
