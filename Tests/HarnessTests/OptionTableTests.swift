// The tables of options in configs/README.md are those that the options themselves make. With
// UPDATE_GOLDEN=1 in the environment they are written anew.

import Foundation
import Testing

@testable import Harness

@Suite("The tables of options")
struct OptionTableTests {
  private static let readme = PackageFile.root.appendingPathComponent("configs/README.md")

  /// The first table below a heading, without its head.
  private struct Table {
    let heading: String
    let rows: [String]

    func range(in lines: [String]) throws -> Range<Int> {
      let start = try #require(lines.firstIndex(of: heading), "no \(heading)")
      let head = try #require(lines[start...].firstIndex { $0.hasPrefix("|") })
      let end = lines[head...].firstIndex { !$0.hasPrefix("|") } ?? lines.count
      return head + 2..<end
    }
  }

  private static func rows(_ isMeant: (ListedOption) -> Bool) -> [String] {
    Listings.options.filter { $0.workload == nil && isMeant($0) }.map {
      "| `\($0.path)` | \($0.type) | \($0.range) | \($0.standard) | \($0.meaning) |"
    }
  }

  private static var tables: [Table] {
    let apart = [
      ("## Exploring", "explore."), ("## Replaying a recording", "trace."),
      ("## Checks", "checks."),
    ]
    let common = rows { option in !apart.contains { option.path.hasPrefix($0.1) } }
    let workloads = Listings.workloads.map { kind in
      Table(
        heading: "### `\(kind.name)`",
        rows: kind.parameters.map {
          "| `\($0.name)` | \($0.min) ... \($0.max) | \($0.standard) | \($0.meaning) |"
        })
    }
    return [Table(heading: "## Options", rows: common)]
      + apart.map { heading, path in
        Table(heading: heading, rows: rows { $0.path.hasPrefix(path) })
      } + workloads
  }

  @Test("hold each option as it is declared, and no other")
  func tables() throws {
    var lines = String(decoding: try Data(contentsOf: Self.readme), as: UTF8.self)
      .components(separatedBy: "\n")
    let updates = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"
    for table in Self.tables {
      let range = try table.range(in: lines)
      if updates { lines.replaceSubrange(range, with: table.rows) }
      let found = try Array(lines[table.range(in: lines)])
      #expect(found == table.rows, "the table below \(table.heading)")
    }
    if updates { try Data(lines.joined(separator: "\n").utf8).write(to: Self.readme) }
  }

  @Test("hold every option once, those of a workload for each of its parameters")
  func whole() {
    let options = Listings.options
    let names = options.map { "\($0.path) \($0.workload ?? "")" }
    #expect(Set(names).count == names.count)
    #expect(
      options.filter { $0.workload != nil }.count
        == Listings.workloads.reduce(0) { $0 + $1.parameters.count })
    #expect(options.allSatisfy { !$0.type.isEmpty && !$0.standard.isEmpty && !$0.meaning.isEmpty })
  }
}
