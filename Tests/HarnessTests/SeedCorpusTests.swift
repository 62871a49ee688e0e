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

  // Where the allocator's code has changed since, the finding counts, and not the steps.
  @Test("shows each finding again, in its schedule or in one near it", arguments: files)
  func replay(file: String) throws {
    let seed = try SeedFileReader.read(PackageFile.bytes(file), name: file)
    #expect(seed.expectation.signature != nil)
    if try SeedReplay(seed, name: file).verdict == .same { return }
    try SeedReplay.expectShown(seed, name: file, replays: 2_000)
  }

  @Test("is shrunk to few switches, all of them needed, in a small file", arguments: files)
  func shrunk(file: String) throws {
    let bytes = try PackageFile.bytes(file)
    let seed = try SeedFileReader.read(bytes, name: file)
    let replay = try SeedReplay(seed, name: file)
    if replay.verdict != .same { return }
    #expect(bytes.count <= 64 << 10)
    #expect(replay.switches <= (file.contains("busted-pcp-lock") ? 3 : 10))
    for index in seed.script.deviations.indices {
      var less = seed
      less.script.deviations.remove(at: index)
      #expect(try !SeedReplay(less, name: file).showsExpected, "\(seed.script.deviations[index])")
    }
  }
}
