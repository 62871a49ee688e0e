// Tables and the numbers in them.

import Reports
import Testing

@Suite("A table")
struct TextTableTests {
  private func table(_ count: UInt64) -> ReportTable {
    var table = ReportTable([.text("name"), .number("count"), .number("time")])
    table.add([.text("first"), .count(7), .microseconds(nil)])
    table.add([.text("a second one"), .count(count), .microseconds(1235)])
    return table
  }

  @Test("aligns numbers to the right and words to the left")
  func aligned() {
    #expect(
      TextRenderer.lines(table(1234), columnsMax: 100) == [
        "name          count  time",
        "-------------------------",
        "first             7     -",
        "a second one   1234  1.24",
      ])
  }

  @Test("shortens the widest numbers first, words later")
  func shrinks() {
    #expect(TextRenderer.lines(table(.max), columnsMax: 30)[3] == "a second one  18.4E  1.24")
    #expect(TextRenderer.lines(table(.max), columnsMax: 22)[3] == "a secon..  18.4E  1.24")
    #expect(TextRenderer.lines(table(.max), columnsMax: 22).allSatisfy { $0.count <= 22 })
  }

  @Test("without titles has no rule")
  func untitled() {
    var table = ReportTable([.text(""), .number("", widthMin: 6)], gap: 1)
    table.add([.text("x"), .int(-12)])
    #expect(TextRenderer.lines(table, columnsMax: 100) == ["x    -12"])
  }

  @Test(
    "prints numbers short without rounding them up",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1.0k"), (1999, "1.9k"), (99_999, "99.9k"),
      (999_999, "999k"), (1_000_000, "1.0M"), (UInt64.max, "18.4E"),
    ] as [(UInt64, String)])
  func compact(value: UInt64, text: String) {
    #expect(NumberText.compact(value) == text)
  }

  @Test("tells a difference in percent")
  func difference() {
    #expect(NumberText.difference(model: 99, kernel: 100) == "-1.0 %")
    #expect(NumberText.difference(model: 3, kernel: 0) == "-")
    #expect(NumberText.difference(model: 0, kernel: 0) == "0.0 %")
    #expect(NumberText.difference(model: .max, kernel: .min) == "+200.0 %")
    #expect(NumberText.difference(model: .max, kernel: 1) == "+1e9 % or more")
  }

  @Test("rounds microseconds, up to the largest number of nanoseconds")
  func microseconds() {
    #expect(NumberText.microseconds(1234) == "1.23")
    #expect(NumberText.microseconds(1235) == "1.24")
    #expect(NumberText.microseconds(.max) == "18446744073709551.62")
    #expect(NumberText.exactMicroseconds(53) == "0.053")
  }
}
