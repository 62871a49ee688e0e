// The map from kernel functions to files says what the headers of the files say.

import Testing

struct KernelMapTests {
  /// A row of the map.
  private struct Row: Hashable, CustomStringConvertible {
    let function: String
    let file: String
    var description: String { "| `\(function)` | `\(file)` |" }
  }

  private static let folder = "Sources/PageAllocator"

  /// What a file's header names behind `Models`, with the lines that go on below it.
  private func models(_ file: SourceFile) -> String {
    var text = ""
    var isInside = false
    for line in file.lines.prefix(while: { $0.hasPrefix("//") }) {
      if line.hasPrefix("// Models  ") {
        isInside = true
      } else if !line.hasPrefix("//         ") {
        isInside = false
      }
      if isInside { text += line.dropFirst(3) + " " }
    }
    return text
  }

  @Test("the README of the allocator lists each kernel function with the file that models it")
  func map() throws {
    var modelled: Set<Row> = []
    for file in try SourceTree.files(Self.folder) {
      let name = String(file.path.dropFirst(Self.folder.count + 1))
      for match in models(file).matches(of: #/\b(\w+)\(\)/#) {
        modelled.insert(Row(function: String(match.output.1), file: name))
      }
    }
    let map = try SourceTree.file("\(Self.folder)/README.md").text
    let rows = map.matches(of: #/\| `(\w+)` \| `([^`]+)` \|/#).map {
      Row(function: String($0.output.1), file: String($0.output.2))
    }
    #expect(modelled.count > 50)
    #expect(Set(rows).count == rows.count, "a row is there twice")
    for row in modelled.subtracting(rows) { Issue.record("missing: \(row)") }
    for row in Set(rows).subtracting(modelled) { Issue.record("no header says: \(row)") }
  }
}
