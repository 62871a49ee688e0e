// What a strategy was frozen with is in the seed file, and gives the schedule again by its number.

import Exploration
import Machine
import Testing

@testable import Harness

@Suite("A frozen profile")
struct FrozenProfileTests {
  /// What an exploration of `quick` with a bug finds, not shrunk.  Without races: they end a
  /// schedule before strategies with other numbers part.
  private func found(_ strategy: String) throws -> (plan: RunPlan, seed: SeedFile) {
    let config = "configs/quick.json5"
    let plan = try ConfigurationLoader.load(
      file: config, text: PackageFile.bytes(config),
      settings: ["explore.strategy=\(strategy)", "explore.races=false"], seed: 1, drawnSeed: 1,
      bugs: ["busted-pcp-lock"], files: PackageFile.read)
    var options = SearchOptions()
    options.schedules = 2_000
    options.shrinkReplays = 0
    return (plan, try #require(try ExploreRun.search(ScaledPlan(plan), options).found).seed)
  }

  @Test(
    "is in the file, and with it one schedule alone is what it was among the others",
    arguments: ["pct3", "urw", "surw"])
  func alone(strategy: String) throws {
    let (_, seed) = try found(strategy)
    #expect(!seed.profile.isEmpty && seed.strategy == strategy)
    let text = try SeedFileWriter.text(seed)
    // The steps of a schedule that is not shrunk take more.
    var without = seed
    without.profile = []
    let bytes = text.utf8.count - (try SeedFileWriter.text(without)).utf8.count
    #expect(bytes <= 16 << 10)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 || $0.contains("\"steps\"") })
    let read = try SeedFileReader.read(Array(text.utf8), name: "frozen")
    #expect(read == seed)

    // Nothing is measured here: the file is all that there is.
    let kind = try #require(StrategyKind(name: read.strategy))
    let profile = try #require(ScheduleProfile(read.profile, for: kind))
    #expect(profile.numbers(for: kind) == read.profile)
    let run = try SimulatedRun(ScaledPlan(SeedReplay.plan(of: read, name: "frozen")))
    let replayer = Replayer(run.simulated, run.program())
    run.simulated.options.granularity = read.script.granularity
    let again = replayer.record(
      seed: SplitMix64.split(read.seed, read.index), strategy: kind.make(profile))
    #expect(again.script == read.script && again.outcome.traceHash == read.traceHash)
  }

  @Test("is empty for a strategy that needs none", arguments: ["random", "pos"])
  func none(strategy: String) throws {
    #expect(try found(strategy).seed.profile.isEmpty)
  }

  @Test("decides how a strategy goes on after the recording", arguments: [1, 100_000])
  func goesOn(points: UInt64) throws {
    var (_, seed) = try found("pct3")
    var options = ContinueOptions()
    options.strategy = .pct(3)
    options.steps = 0
    options.schedules = 20
    options.shrinkReplays = 0
    let own = try SeedContinuation(of: seed, name: "own", options).campaign
    // The same as with the numbers that it has, and not as with others.
    #expect(try SeedContinuation(of: seed, name: "own", options).campaign == own)
    seed.profile = [points]
    #expect(try SeedContinuation(of: seed, name: "other", options).campaign.hash != own.hash)
    // A file of an older version has none, and one that makes no sense counts as none.
    seed.profile = []
    let measured = try SeedContinuation(of: seed, name: "none", options).campaign
    seed.profile = [0, 7]
    #expect(try SeedContinuation(of: seed, name: "nonsense", options).campaign == measured)
  }

  @Test("is what it was when it was written; numbers that make none are refused")
  func numbers() {
    let profile = ScheduleProfile(
      schedules: 100, pointsMax: 90, events: [7, 8, 9], parents: [-1, 0, 0],
      objects: [
        ScheduleProfile.Object(object: 65, events: [1, 0, 2]),
        ScheduleProfile.Object(object: 73, events: [4, 4, 0]),
      ])
    #expect(profile.numbers(for: .pct(2)) == [90])
    #expect(profile.numbers(for: .urw) == [3, 7, 8, 9, 0, 1, 1])
    #expect(profile.numbers(for: .surw) == [3, 0, 1, 1, 65, 1, 0, 2, 8, 4, 4, 0])
    for kind in [StrategyKind.pct(2), .urw, .surw] {
      let numbers = profile.numbers(for: kind)
      #expect(ScheduleProfile(numbers, for: kind)?.numbers(for: kind) == numbers)
      #expect(ScheduleProfile(numbers + [1], for: kind) == nil)
      #expect(ScheduleProfile(numbers.dropLast(), for: kind) == nil)
      for place in numbers.indices {
        var wrong = numbers
        wrong[place] = .max
        #expect(ScheduleProfile(wrong, for: kind) == nil)
      }
    }
    #expect(ScheduleProfile([], for: .pct(3)) == nil && ScheduleProfile([1], for: .pos) == nil)
  }

  @Test("any numbers are a profile that a strategy bears, or none")
  func anyNumbers() throws {
    var stream = RandomStream(seed: 5)
    let machine = Machine(cpuCount: 3)
    let word = machine.marked("word")
    let simulated = try SimulatedMachine(machine)
    simulated.captureStart()
    var taken = 0
    for round in 0..<3_000 {
      let kind = [StrategyKind.pct(3), .urw, .surw][round % 3]
      let cpus = UInt64(1 + stream.below(4))
      var numbers: [UInt64] = kind == .pct(3) ? [] : [cpus]
      for _ in 0..<stream.below(12) {
        let number = UInt64(stream.below(4))
        numbers.append(stream.chance(1, in: 8) ? UInt64(Int32.max) - number : number)
      }
      guard let profile = ScheduleProfile(numbers, for: kind) else { continue }
      taken += 1
      let outcome = simulated.run(seed: UInt64(round), strategy: kind.make(profile)) { cpu in
        for _ in 0..<3 { word.add(cpu, 1) }
      }
      #expect(outcome.end == .complete)
    }
    #expect(taken > 100)
  }
}
