// A finding is had again although the code that it was recorded with has changed; and a schedule is
// gone on with from where its recording ends.

import Exploration
import Testing

@testable import Harness

@Suite("Around a recorded schedule")
struct SeedSearchTests {
  /// The corpus has one whose schedule frees straight to the buddy lists.
  private func seed() throws -> SeedFile {
    let file = "seeds/double-free-after-put.seed.json"
    return try SeedFileReader.read(PackageFile.bytes(file), name: file)
  }

  /// The same with more accesses on the way of a free: another bug reads a pageblock's type there.
  private func changed(_ seed: SeedFile) -> SeedFile {
    var changed = seed
    changed.config = seed.config.replacing(
      "\"double-free-after-put\"", with: "\"double-free-after-put\", \"highatomic-underflow\"")
    return changed
  }

  @Test("a finding is found again when accesses came in, and recorded anew")
  func changedCode() throws {
    let seed = try seed()
    let changed = changed(seed)
    #expect(changed != seed)
    let replay = try SeedReplay(changed, name: "changed")
    switch replay.verdict {
    case .diverged(let divergence), .shownOtherwise(let divergence):
      #expect(divergence.replayed.contains("migratetype"), "\(divergence)")
    case .same, .notShown: Issue.record("\(replay.verdict)")
    }
    try SeedReplay.expectShown(changed, name: "changed", replays: 2_000)
    let found = try SeedReplay.refresh(changed, name: "changed", replays: 2_000)
    #expect(found.finding.signature == seed.expectation.signature)
    #expect(try SeedReplay(found.seed, name: "anew").verdict == .same)
  }

  @Test("a finding that is gone is said to be gone, within the budget")
  func gone() throws {
    var sound = try seed()
    sound.config = sound.config.replacing("\"double-free-after-put\"", with: "")
    #expect(throws: ExploreError.self) {
      try SeedReplay.expectShown(sound, name: "sound", replays: 100)
    }
    #expect(throws: ExploreError.self) {
      _ = try SeedReplay.refresh(sound, name: "sound", replays: 100)
    }
  }

  @Test("continuations show the file's finding after all of its decisions, and are the same again")
  func continued() throws {
    let file = "seeds/busted-pcp-lock.seed.json"
    let seed = try SeedFileReader.read(PackageFile.bytes(file), name: file)
    var options = ContinueOptions()
    options.schedules = 40
    options.shrinkReplays = 0
    let free = try SeedContinuation(of: seed, name: file, options)
    #expect(free.steps > 0)
    #expect(!free.campaign.findings.isEmpty)
    let found = try #require(free.found)
    #expect(try SeedReplay(found.seed, name: "found").verdict == .same)
    #expect(try SeedContinuation(of: seed, name: file, options).campaign == free.campaign)
    for name in ["random", "pct3", "surw"] {
      options.strategy = StrategyKind(name: name)
      options.steps = 0
      #expect(try SeedContinuation(of: seed, name: file, options).campaign.schedules > 0)
    }
  }

  @Test("a continuation of all steps is the recorded schedule")
  func all() throws {
    let file = "seeds/busted-pcp-lock.seed.json"
    let seed = try SeedFileReader.read(PackageFile.bytes(file), name: file)
    var options = ContinueOptions()
    options.schedules = 3
    options.shrinkReplays = 0
    options.steps = seed.fingerprints.stepCount
    let all = try SeedContinuation(of: seed, name: file, options)
    #expect(all.campaign.interleavings.distinct == 1)
    #expect(all.campaign.findings.map(\.hits) == [3])
    #expect(all.found?.seed.traceHash == seed.traceHash)
  }
}
