// Words on lines: wrapping, clipping, padding and grids. A column is a Character; what a config or
// a file name brings along that could move a terminal's cursor is made visible first.

/// Lays out text.
public enum TextLayout {
  /// Columns of tables.
  public static let columnsMax = 100
  /// Columns of sentences: a terminal that nobody made wider.
  public static let proseColumnsMax = 80

  /// The text with every control character and line end replaced by `?`.
  public static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: result.append("?")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// The text, or its start and `..` where it has more than `columns` columns.
  public static func clipped(_ text: String, to columns: Int) -> String {
    guard text.count > columns else { return text }
    guard columns > 2 else { return String(text.prefix(max(columns, 0))) }
    return text.prefix(columns - 2) + ".."
  }

  /// The text with spaces behind it up to `columns` columns.
  public static func leading(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - text.count))
  }

  /// The text with spaces before it up to `columns` columns.
  public static func trailing(_ text: String, _ columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - text.count)) + text
  }

  /// The text on lines of at most `columns` columns, broken at spaces, and within a word that has
  /// more columns than a line. An empty text has no lines.
  ///
  /// - Parameters:
  ///   - first: What stands before the first line.
  ///   - rest: What stands before the others.
  public static func wrapped(
    _ text: String, columns: Int = proseColumnsMax, first: String = "", rest: String = ""
  ) -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in printable(text).split(separator: " ") {
      var word = word
      if !isEmpty, line.count + 1 + word.count > columns {
        lines.append(line)
        line = rest
        isEmpty = true
      }
      while isEmpty, line.count + word.count > columns {
        let part = word.prefix(max(1, columns - line.count))
        lines.append(line + part)
        word = word.dropFirst(part.count)
        line = rest
      }
      if word.isEmpty { continue }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    if !isEmpty { lines.append(line) }
    return lines
  }

  /// Names with what belongs to them, several to a line in columns of equal width.
  public static func grid(
    _ pairs: [(name: String, value: String)], columns: Int = proseColumnsMax
  ) -> [String] {
    guard !pairs.isEmpty else { return [] }
    let gap = 3
    let valueWidth = pairs.map(\.value.count).max() ?? 0
    let nameMax = max(1, columns - valueWidth - 1)
    let names = pairs.map { clipped(printable($0.name), to: nameMax) }
    let nameWidth = names.map(\.count).max() ?? 0
    let cells = zip(names, pairs).map { name, pair in
      leading(name, nameWidth) + " " + trailing(pair.value, valueWidth)
    }
    let perLine = max(1, (columns + gap) / (nameWidth + 1 + valueWidth + gap))
    return stride(from: 0, to: cells.count, by: perLine).map { start in
      cells[start..<min(start + perLine, cells.count)]
        .joined(separator: String(repeating: " ", count: gap))
    }
  }
}
