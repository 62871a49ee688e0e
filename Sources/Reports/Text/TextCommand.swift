// A line to be copied into a shell, as text.

/// Lays out commands.
enum TextCommand {
  /// The command, broken where a shell takes a backslash for the end of a line: at a space outside
  /// quotes.
  static func lines(
    _ command: String, label: String, columnsMax: Int = TextLayout.columnsMax
  ) -> [String] {
    var lines: [String] = []
    var line = label
    var isFirst = true
    for word in shellWords(TextLayout.printable(command)) {
      // Two columns are for the backslash.
      if !isFirst, line.count + 1 + word.count > columnsMax - 2 {
        lines.append(line + " \\")
        line = "  " + word
      } else {
        line += (isFirst ? "" : " ") + word
      }
      isFirst = false
    }
    return lines + [line]
  }

  /// The words of a command as they are written, quotes and backslashes included.
  private static func shellWords(_ command: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var isEscaped = false
    for character in command {
      if character == " ", quote == nil, !isEscaped {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      word.append(character)
      if isEscaped {
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      }
    }
    return word.isEmpty ? words : words + [word]
  }
}
