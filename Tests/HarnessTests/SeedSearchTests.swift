// A finding is had again although the code that it was recorded with has changed; and a schedule is
// gone on with from where its recording ends.

import Exploration
import Testing

@testable import Harness

@Suite("Around a recorded schedule")
struct SeedSearchTests {
  private func seed(_ name: String) throws -> SeedFile {
    let file = "seeds/\(name).seed.json"
    return try SeedFileReader.read(PackageFile.bytes(file), name: file)
  }

  /// The file as if it had been recorded when the code lacked an operation: the first one of the
  /// CPU of the first decision, wherever that does it.
  private func older(_ seed: SeedFile) throws -> (seed: SeedFile, lacks: String) {
    let recorded = seed.fingerprints
    let cpu = try #require(seed.script.deviations.first { $0.cpu >= 0 }).cpu
    let lacks = try #require(recorded.steps.first { $0.cpu == cpu }).word
    var older = seed
    older.fingerprints.steps.removeAll { $0.cpu == cpu && $0.word == lacks }
    older.fingerprints.stepCount -= recorded.steps.count - older.fingerprints.steps.count
    let chunk = StepFingerprints.chunkSteps
    let links = (older.fingerprints.stepCount + chunk - 1) / chunk
    older.fingerprints.chain = (0..<links).map { UInt64($0) }
    let own = recorded.steps.filter { $0.cpu == cpu }
    for index in older.script.deviations.indices where older.script.deviations[index].cpu == cpu {
      let before = own.prefix(older.script.deviations[index].point)
      older.script.deviations[index].point -= before.count { $0.word == lacks }
    }
    return (older, recorded.words[lacks])
  }

  /// A schedule recorded with the code as it is, whatever the corpus was recorded with.
  private func fresh() throws -> SeedFile {
    let config = "configs/quick.json5"
    let plan = try ConfigurationLoader.load(
      file: config, text: PackageFile.bytes(config), settings: [], seed: 1, drawnSeed: 1,
      bugs: ["busted-pcp-lock"], files: PackageFile.read)
    var options = SearchOptions()
    options.schedules = 400
    options.shrinkReplays = 0
    return try #require(try ExploreRun.search(ScaledPlan(plan), options).found).seed
  }

  @Test(
    "a finding is found again when an operation came in",
    arguments: [
      "busted-pcp-lock", "double-free-after-put", "stale-pcp-after-unlock",
      "zone-lock-before-pcp-lock",
    ])
  func changedCode(name: String) throws {
    let (older, lacks) = try older(seed(name))
    let divergence = try #require(try SeedReplay(older, name: name).divergence)
    #expect(divergence.replayed.contains(lacks), "\(divergence)")
    try SeedReplay.expectShown(older, name: name, replays: 2_000)
  }

  @Test("and recorded anew")
  func anew() throws {
    let older = try older(seed("zone-lock-before-pcp-lock")).seed
    let found = try SeedReplay.refresh(older, name: "older", replays: 2_000)
    #expect(found.finding.signature == older.expectation.signature)
    #expect(try SeedReplay(found.seed, name: "anew").verdict == .same)
  }

  @Test("a finding that is gone is said to be gone, within the budget")
  func gone() throws {
    var sound = try seed("double-free-after-put")
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
    let seed = try fresh()
    var options = ContinueOptions()
    options.schedules = 40
    options.shrinkReplays = 0
    let free = try SeedContinuation(of: seed, name: "fresh", options)
    #expect(free.steps > 0)
    #expect(!free.campaign.findings.isEmpty)
    let found = try #require(free.found)
    #expect(try SeedReplay(found.seed, name: "found").verdict == .same)
    #expect(try SeedContinuation(of: seed, name: "fresh", options).campaign == free.campaign)
    for name in ["random", "pct3", "surw"] {
      options.strategy = StrategyKind(name: name)
      options.steps = 0
      #expect(try SeedContinuation(of: seed, name: "fresh", options).campaign.schedules > 0)
    }
  }

  @Test("a continuation of all steps is the recorded schedule")
  func all() throws {
    let seed = try fresh()
    var options = ContinueOptions()
    options.schedules = 3
    options.shrinkReplays = 0
    options.steps = seed.fingerprints.stepCount
    let all = try SeedContinuation(of: seed, name: "fresh", options)
    #expect(all.campaign.interleavings.distinct == 1)
    #expect(all.campaign.findings.map(\.hits) == [3])
    #expect(all.found?.seed.traceHash == seed.traceHash)
  }
}
