// A table in aligned columns. It shrinks in three steps until it fits: the widest numbers lose
// digits, then titles and words are clipped, and at last everything is.

/// The layout of a table.
struct TextTable {
  private typealias Column = ReportTable.Column

  /// A field in full, and shorter for want of room.
  private struct Field {
    var full: String
    var compact: String
  }

  private let columns: [Column]
  private let rows: [[Field]]
  private let gap: Int

  init(_ table: ReportTable) {
    columns = table.columns
    rows = table.rows.map { $0.map(Self.field) }
    gap = table.gap
  }

  private static func field(_ cell: ReportTable.Cell) -> Field {
    switch cell {
    case .text(let text):
      // Control characters become visible.
      let printable = TextLayout.printable(text)
      return Field(full: printable, compact: printable)
    case .count(let value): return Field(full: "\(value)", compact: NumberText.compact(value))
    case .int(let value): return Field(full: "\(value)", compact: NumberText.compact(value))
    case .rate(let value):
      let text = NumberText.rate(value)
      return Field(full: text.full, compact: text.compact)
    case .microseconds(nil, _): return Field(full: "-", compact: "-")
    case .microseconds(let nanoseconds?, let isExact):
      let full =
        isExact
        ? NumberText.exactMicroseconds(nanoseconds) : NumberText.microseconds(nanoseconds)
      return Field(full: full, compact: NumberText.compact(nanoseconds / 1000))
    }
  }

  /// The lines: titles, a rule, the rows; only the rows when no column has a title.
  ///
  /// - Parameter columnsMax: Columns that a line may have; kept as long as there is room for one
  ///   character of each column.
  func lines(columnsMax: Int) -> [String] {
    var compacted = [Bool](repeating: false, count: columns.count)
    var widths = columns.indices.map { width($0, compact: false) }
    let room = columnsMax - gap * max(0, columns.count - 1)
    while widths.reduce(0, +) > room,
      let widest = widestNumber(widths, compacted)
    {
      compacted[widest] = true
      widths[widest] = width(widest, compact: true)
    }
    clip(&widths, to: room)
    var lines: [String] = []
    if columns.contains(where: { !$0.title.isEmpty }) {
      lines.append(line(columns.map(\.title), widths))
      lines.append(String(repeating: "-", count: widths.reduce(0, +) + gap * (widths.count - 1)))
    }
    for row in rows {
      let texts = zip(row, compacted).map { $1 ? $0.compact : $0.full }
      lines.append(line(texts, widths))
    }
    return lines
  }

  private func width(_ index: Int, compact: Bool) -> Int {
    let cells = rows.map { (compact ? $0[index].compact : $0[index].full).count }
    return max(columns[index].title.count, columns[index].widthMin, cells.max() ?? 0)
  }

  /// The widest column of numbers that would gain from losing digits; nil if there is none.
  private func widestNumber(_ widths: [Int], _ compacted: [Bool]) -> Int? {
    columns.indices
      .filter { !compacted[$0] && columns[$0].isNumber }
      .filter { width($0, compact: true) < widths[$0] }
      .max { widths[$0] < widths[$1] }
  }

  /// Takes columns of text from the widest until the rest has room; words give way before numbers.
  private func clip(_ widths: inout [Int], to room: Int) {
    let wordsMin = 12
    while widths.reduce(0, +) > room {
      let words = columns.indices.filter { !columns[$0].isNumber && widths[$0] > wordsMin }
      let givers = words.isEmpty ? columns.indices.filter { widths[$0] > 1 } : words
      guard let widest = givers.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
    }
  }

  private func line(_ texts: [String], _ widths: [Int]) -> String {
    var cells: [String] = []
    for (index, text) in texts.enumerated() {
      let clipped = TextLayout.clipped(text, to: widths[index])
      cells.append(
        columns[index].isNumber
          ? TextLayout.trailing(clipped, widths[index])
          : TextLayout.leading(clipped, widths[index]))
    }
    var line = cells.joined(separator: String(repeating: " ", count: gap))
    while line.last == " " { line.removeLast() }
    return line
  }
}
