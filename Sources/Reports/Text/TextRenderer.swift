// Documents as text for a terminal.
//
// Rule  Tables have at most 100 columns, sentences 80; only a word of a command that cannot be
//       broken may be longer.

import Machine
import Outcomes

/// Renders documents as text.
public enum TextRenderer {
  /// Rows of an interleaving, about.
  public static let interleavingRowsMax = 26

  /// The text, ending with a line feed; an empty line between two sections.
  ///
  /// - Parameter rowsMax: rows of an interleaving, about.
  public static func text(
    _ document: ReportDocument, rowsMax: Int = interleavingRowsMax
  ) -> String {
    document.sections.map { section in
      let heading = section.heading.map { [$0] } ?? []
      let lines = heading + section.blocks.flatMap { Self.lines($0, rowsMax: rowsMax) }
      return lines.map { $0 + "\n" }.joined()
    }.joined(separator: "\n")
  }

  /// A table, for those who print nothing else.
  public static func lines(_ table: ReportTable, columnsMax: Int) -> [String] {
    TextTable(table).lines(columnsMax: columnsMax)
  }

  private static func lines(_ block: ReportBlock, rowsMax: Int) -> [String] {
    switch block {
    case .title(let text): title(text)
    case .caption(let text): TextLayout.wrapped(text)
    case .sentence(let text): TextLayout.wrapped(text, rest: "  ")
    case .items(let texts):
      texts.flatMap { TextLayout.wrapped($0, first: "  ", rest: "    ") }
    case .numbered(let texts):
      texts.enumerated().flatMap { index, text in
        TextLayout.wrapped("\(index + 1). \(text)", first: "  ", rest: "     ")
      }
    case .listing(let text): [text]
    case .table(let table): lines(table, columnsMax: TextLayout.columnsMax)
    case .counts(let counts): TextLayout.grid(counts.map { ($0.name, "\($0.count)") })
    case .words(let words): grid(words)
    case .finding(let finding): self.finding(finding)
    case .findings(let findings, let dropped): self.findings(findings, dropped)
    case .interleaving(let explanation): interleaving(explanation, rowsMax)
    case .command(let command): TextCommand.lines(command.line, label: "\(command.label): ")
    case .commands(let commands): self.commands(commands)
    }
  }

  /// As it is if it fits.
  private static func title(_ text: String) -> [String] {
    text.count <= TextLayout.proseColumnsMax
      ? [TextLayout.printable(text)] : TextLayout.wrapped(text, rest: "  ")
  }

  private static func grid(_ words: [String]) -> [String] {
    // As names, not as values: a name that is too long is clipped.
    TextLayout.grid(words.map { (name: $0, value: "") }).map { line in
      String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  private static func commands(_ commands: [NextCommand]) -> [String] {
    let width = commands.map(\.label.count).max() ?? 0
    return commands.flatMap { command in
      TextCommand.lines(
        command.line, label: TextLayout.leading(command.label + ":", width + 2),
        columnsMax: TextLayout.proseColumnsMax)
    }
  }
}
