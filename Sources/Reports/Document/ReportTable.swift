// A table as values: columns, and rows of words and numbers.

/// A table.
public struct ReportTable: Sendable {
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

  /// What stands in a field.
  public enum Cell: Sendable {
    /// Words.
    case text(String)
    /// A count.
    case count(UInt64)
    /// A whole number.
    case int(Int)
    /// A rate, without decimals.
    case rate(Double)
    /// A time in nanoseconds, nil for none; shown in microseconds, with `isExact` in full.
    case microseconds(UInt64?, isExact: Bool)

    /// A time that is shown in microseconds with two decimals.
    public static func microseconds(_ nanoseconds: UInt64?) -> Cell {
      .microseconds(nanoseconds, isExact: false)
    }
  }

  /// The columns.
  public let columns: [Column]
  /// The rows, each with a cell for each column.
  public private(set) var rows: [[Cell]] = []
  /// Spaces between two columns.
  public let gap: Int

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
}
