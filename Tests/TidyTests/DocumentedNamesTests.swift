// What a user can name in a config or on the command line is in the documents.

import Foundation
import Testing

extension SourceTree {
  /// The texts that users read.
  static func documents() throws -> [SourceFile] {
    try ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "configs/README.md", "seeds/README.md"]
      .map { try file($0) }
  }
}

struct DocumentedNamesTests {
  /// The names that a pattern's first group finds in a file; none is an error.
  private func names(_ path: String, _ pattern: Regex<(Substring, Substring)>) throws -> [String] {
    let code = try SourceTree.file(path).code.map(\.text).joined(separator: "\n")
    let names = code.matches(of: pattern).map { String($0.output.1) }
    try #require(!names.isEmpty, "\(path) has no name that this test finds")
    return names
  }

  /// Checks that each name is written as code in one of the documents.
  private func expectDocumented(_ names: [String], _ what: String) throws {
    let text = try SourceTree.documents().map(\.text).joined(separator: "\n")
    for name in names {
      let pattern = "(?<![\\w-])" + NSRegularExpression.escapedPattern(for: name) + "(?![\\w-])"
      let found = text.range(of: pattern, options: .regularExpression) != nil
      #expect(found, "the \(what) \(name) is in none of the documents")
    }
  }

  @Test("the example of the library in README is the source of a test")
  func libraryExample() throws {
    let example = try SourceTree.file("Tests/ExplorationTests/LibraryExampleTests.swift").lines
      .drop { $0.hasPrefix("//") || $0.isEmpty }
    let blocks = try SourceTree.file("README.md").text.components(separatedBy: "```swift\n")
      .dropFirst().map { $0.components(separatedBy: "\n```")[0] }
    #expect(blocks == [example.joined(separator: "\n")])
  }

  @Test("every seeded bug is in the documents")
  func bugs() throws {
    let bugs = try names(
      "Sources/PageAllocator/SeededBugRecords.swift", /\bname: "([a-z-]+)"/)
    try expectDocumented(bugs, "seeded bug")
  }

  @Test("every workload is in the documents")
  func workloads() throws {
    var kinds: [String] = []
    for file in try SourceTree.files("Sources/Workloads", "Kinds.swift") {
      kinds += try names(file.path, /\bname: "(\w+)", family:/)
    }
    try expectDocumented(kinds, "workload")
  }

  @Test("every check is in the documents")
  func checks() throws {
    try expectDocumented(try names("Sources/Checker/Checks.swift", /\bname: "(\w+)",/), "check")
  }

  @Test("every strategy is in the documents")
  func strategies() throws {
    let strategies = try names("Sources/Exploration/StrategyKind.swift", /\bname: "(\w+)", what:/)
    try expectDocumented(strategies, "strategy")
  }

  @Test("every config is in the documents and says what it stresses")
  func configs() throws {
    let configs = try SourceTree.files("configs", ".json5")
    try expectDocumented(configs.map { String($0.name.dropLast(6)) }, "config")
    for config in configs {
      #expect(config.lines.first?.hasPrefix("// ") == true, "\(config.path) has no comment")
    }
  }
}
