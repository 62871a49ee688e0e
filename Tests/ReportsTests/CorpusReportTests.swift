// What is told of the schedules in seeds/.

import Exploration
import Foundation
import Harness
import Reports
import Testing

@Suite("The explanation of the corpus")
struct CorpusReportTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func files() throws -> [String] {
    let folder = root.appendingPathComponent("seeds").path
    return try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".seed.json") }.sorted()
  }

  @Test("is a table of at most 30 rows each")
  func rows() throws {
    let files = try Self.files()
    #expect(!files.isEmpty)
    for file in files {
      let url = Self.root.appendingPathComponent("seeds/\(file)")
      let seed = try SeedFileReader.read(Array(try Data(contentsOf: url)), name: file)
      let outcome = try SeedReplay(seed, name: file).outcome
      // Of a recording with other code there is nothing to show until it is made anew.
      if outcome.header.verdict != .same { continue }
      let text = report(outcome)
      let table = text.split(separator: "\n").drop { !$0.hasPrefix("-----") }.dropFirst()
        .prefix { $0.hasPrefix(" ") }
      #expect((1...30).contains(table.count), "\(text)")
    }
  }
}
