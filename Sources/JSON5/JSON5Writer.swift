// Prints a node tree as JSON5 that a person can read and the reader reads back: the resolved
// options of a run are printed this way. The same tree always gives the same text.

/// Writes JSON5: keys bare where they may be, strings in double quotes, numbers as written, a
/// container on one line when it fits.
public enum JSON5Writer {
  /// Columns a container's one-line form may reach, its indentation and key included.
  public static let columnsMax = 80
  /// Characters of a user's text that an error quotes.
  static let clipLengthMax = 40

  /// The whole document, ending with a line feed. The outermost container is broken into lines
  /// unless it is empty, so that every option has its own.
  public static func text(_ node: JSON5Node) -> String {
    let body = brokenText(node, indentation: 0) ?? oneLine(node)
    return body + "\n"
  }

  /// The tree on one line, without a line feed.
  public static func oneLine(_ node: JSON5Node) -> String {
    switch node.value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let number): return number.text
    case .string(let string): return quoted(string)
    case .array(let items):
      return "[" + items.map(oneLine).joined(separator: ", ") + "]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let texts = members.map { "\(key($0.key)): \(oneLine($0.value))" }
      return "{ " + texts.joined(separator: ", ") + " }"
    }
  }

  /// The string in double quotes, with escapes for quotes, backslashes, controls and the
  /// characters that some editors take for line ends.
  public static func quoted(_ string: String) -> String {
    "\"" + escaped(string, quote: "\"") + "\""
  }

  /// The string with its controls, line ends and backslashes, and `quote` if given, as escapes.
  static func escaped(_ string: String, quote: Unicode.Scalar?) -> String {
    var text = ""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case quote: text += "\\\(scalar)"
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}":
        let digits = String(scalar.value, radix: 16, uppercase: true)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The first `length` characters, with dots where more were cut off.
  static func clipped(_ string: String, to length: Int = clipLengthMax) -> String {
    let scalars = string.unicodeScalars
    guard scalars.count > length else { return string }
    return String(scalars.prefix(length)) + "..."
  }

  /// The key bare when it is a plain ASCII word, else in quotes.
  static func key(_ key: String) -> String {
    let scalars = key.unicodeScalars
    let isPlain =
      scalars.first?.isJSON5IdentifierStart == true
      && scalars.allSatisfy { $0.isASCII && $0.isJSON5IdentifierPart }
    return isPlain ? key : quoted(key)
  }

  /// The container with one item or member per line; nil for scalars and empty containers.
  private static func brokenText(_ node: JSON5Node, indentation: Int) -> String? {
    let inner = indentation + 2
    var lines: [String] = []
    let open: String
    let close: String
    switch node.value {
    case .array(let items) where !items.isEmpty:
      (open, close) = ("[", "]")
      lines = items.map { line(prefix: "", $0, indentation: inner) }
    case .object(let members) where !members.isEmpty:
      (open, close) = ("{", "}")
      lines = members.map { line(prefix: key($0.key) + ": ", $0.value, indentation: inner) }
    default:
      return nil
    }
    let margin = String(repeating: " ", count: indentation)
    return open + "\n" + lines.joined() + margin + close
  }

  /// One item's or member's line or lines, each ending with a comma and a line feed as JSON5
  /// allows for the last one too.
  private static func line(prefix: String, _ node: JSON5Node, indentation: Int) -> String {
    let margin = String(repeating: " ", count: indentation)
    let short = margin + prefix + oneLine(node) + ","
    if short.unicodeScalars.count <= columnsMax { return short + "\n" }
    guard let broken = brokenText(node, indentation: indentation) else { return short + "\n" }
    return margin + prefix + broken + ",\n"
  }
}
