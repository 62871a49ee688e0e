// A table in aligned columns. It shrinks in three steps until it fits: the widest numbers lose
// digits, then titles and words are clipped, and at last everything is.

/// A table of text.
public struct TextTable: Sendable {
  /// A column's title and side.
  public struct Column: Sendable {
    /// The title; empty for none.
    public var title: String
    /// True for numbers: aligned to the right.
    public var isNumber: Bool
    /// Columns of text that it has at least.
    public var widthMin: Int

    /// A column of words.
    public static func text(_ title: String) -> Column {
      Column(title: title, isNumber: false, widthMin: 0)
    }

    /// A column of numbers.
    public static func number(_ title: String, widthMin: Int = 0) -> Column {
      Column(title: title, isNumber: true, widthMin: widthMin)
    }
  }

  /// What stands in a field: in full, and shorter for want of room.
  public struct Cell: Sendable {
    var full: String
    var compact: String

    /// Words; control characters become visible.
    public static func text(_ text: String) -> Cell {
      let printable = TextLayout.printable(text)
      return Cell(full: printable, compact: printable)
    }

    /// A count.
    public static func count(_ value: UInt64) -> Cell {
      Cell(full: "\(value)", compact: NumberText.compact(value))
    }

    /// A whole number.
    public static func int(_ value: Int) -> Cell {
      Cell(full: "\(value)", compact: NumberText.compact(value))
    }

    /// A rate, without decimals.
    public static func rate(_ value: Double) -> Cell {
      let text = NumberText.rate(value)
      return Cell(full: text.full, compact: text.compact)
    }

    /// A time in microseconds with two decimals, or with three; `-` for nil.
    public static func microseconds(_ nanoseconds: UInt64?, exact: Bool = false) -> Cell {
      guard let nanoseconds else { return Cell(full: "-", compact: "-") }
      let full =
        exact
        ? NumberText.exactMicroseconds(nanoseconds) : NumberText.microseconds(nanoseconds)
      return Cell(full: full, compact: NumberText.compact(nanoseconds / 1000))
    }
  }

  private var columns: [Column]
  private var rows: [[Cell]] = []
  private let gap: Int

  /// A table without rows.
  ///
  /// - Parameter gap: Spaces between two columns.
  public init(_ columns: [Column], gap: Int = 2) {
    self.columns = columns
    self.gap = gap
  }

  /// Adds a row, which has a cell for each column.
  public mutating func add(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "a row has a cell for each column of its table")
    rows.append(cells)
  }

  /// The lines: titles, a rule, the rows; only the rows when no column has a title.
  ///
  /// - Parameter columnsMax: Columns that a line may have; kept as long as there is room for one
  ///   character of each column.
  public func lines(columnsMax: Int = TextLayout.columnsMax) -> [String] {
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
