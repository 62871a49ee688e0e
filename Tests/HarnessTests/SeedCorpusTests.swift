// The schedules in seeds/ are had again, step by step, with their findings.

import Exploration
import Foundation
import Testing

@testable import Harness

@Suite("The corpus of seeds")
struct SeedCorpusTests {
  static var files: [String] {
    let directory = PackageFile.root.appendingPathComponent("seeds").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { $0.hasSuffix(".seed.json") }.sorted().map { "seeds/\($0)" }
  }

  @Test("has files")
  func exists() { #expect(!Self.files.isEmpty) }

  @Test("shows each finding again", arguments: files)
  func replay(file: String) throws {
    let seed = try SeedFileReader.read(PackageFile.bytes(file), name: file)
    #expect(seed.expectation.signature != nil)
    #expect(try SeedReplay(seed, name: file).verdict == .same)
  }
}
