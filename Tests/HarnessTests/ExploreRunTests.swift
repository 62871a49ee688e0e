// Configs on the simulated machine: the same schedules by number, findings that come back from
// their files.

import Exploration
import JSON5
import Machine
import Outcomes
import Testing

@testable import Harness

@Suite("Explorations of configs")
struct ExploreRunTests {
  private func plan(
    _ config: String, _ settings: [String] = [], bugs: [String] = []
  ) throws -> RunPlan {
    try ConfigurationLoader.load(
      file: config, text: PackageFile.bytes(config), settings: settings, seed: 1, drawnSeed: 1,
      bugs: bugs, files: PackageFile.read)
  }

  private func plan(exempting paths: [String]) throws -> RunPlan {
    let names = paths.map { "\"\($0)\"" }.joined(separator: ",")
    return try plan("configs/quick.json5", ["explore.exempt=[\(names)]"])
  }

  private func campaign(
    _ plan: RunPlan, schedules: UInt64, threads: Int = 1
  ) throws -> CampaignOutcome {
    var options = SearchOptions()
    options.schedules = schedules
    options.threads = threads
    return try ExploreRun.search(ScaledPlan(plan), options).campaign
  }

  @Test("come to the same on one thread and on two, and find nothing without a bug")
  func threads() throws {
    let plan = try plan("configs/quick.json5")
    let one = try campaign(plan, schedules: 70)
    #expect(one.findings.isEmpty)
    #expect(one.schedules == 70)
    #expect(try campaign(plan, schedules: 70, threads: 2) == one)
  }

  @Test("a schedule is the same first and after others, whatever they left behind")
  func oneAlone() throws {
    let plan = try plan("configs/everything.json5")
    func explorer() throws -> Explorer {
      let run = try SimulatedRun(ScaledPlan(plan))
      return Explorer(run.simulated, plan: .portfolio(), program: run.program())
    }
    let long = try explorer()
    let all = (0..<30).map { long.run(index: $0, seed: 1).outcome }
    let short = try explorer()
    for index in [29, 14, 0] as [UInt64] {
      #expect(short.run(index: index, seed: 1).outcome == all[Int(index)])
    }
  }

  @Test("a schedule that was cut short leaves nothing behind, not with workers, not with handlers")
  func afterCut() throws {
    for config in try PackageFile.configs() where config != "configs/trace.json5" {
      let plan = try plan(config)
      func explorer() throws -> (SimulatedRun, Explorer) {
        let run = try SimulatedRun(ScaledPlan(plan))
        let plan = ExplorationPlan(.random, nil)
        return (run, Explorer(run.simulated, plan: plan, program: run.program()))
      }
      let (run, used) = try explorer()
      let pointsMax = run.simulated.options.pointsMax
      var cuts = 0
      for index in 0..<4 as Range<UInt64> {
        run.simulated.options.pointsMax = 120 + Int(index) * 170
        let cut = used.run(index: 100 + index, seed: 1)
        if cut.outcome.end == .cut { cuts += 1 }
        run.simulated.options.pointsMax = pointsMax
        let alone = try explorer().1.run(index: index, seed: 1)
        #expect(used.run(index: index, seed: 1) == alone, "\(config), schedule \(index)")
      }
      #expect(cuts >= 2, "\(config)")
    }
  }

  @Test("every config of workloads is clean in its first schedules, races and locks included")
  func clean() throws {
    // A recording is one schedule, and comes from files of its own.
    for config in try PackageFile.configs() where config != "configs/trace.json5" {
      let plan = try plan(config, ["explore.races=true"])
      let all = try campaign(plan, schedules: 14)
      #expect(all.findings.isEmpty, "\(config): \(all.findings)")
      #expect(all.cut == 0)
      let mean = all.points / all.schedules
      #expect(mean < 2_500, "a schedule of \(config) has \(mean) points")
    }
  }

  @Test("tell what became of a config")
  func scale() throws {
    #expect(
      try ScaledPlan(plan("configs/quick.json5")).scaleText
        == "scaled down to 3 of 9 CPUs, 512 of 65536 frames, pageblocks of order 5 instead of 9, "
        + "3 operations of a CPU, requests of at most 4 pages, refills of 2, lists of 4 to 8, "
        + "min watermarks of 32, 2 interrupts of each source; a schedule is cut after 10000 points")
    // What the config fixes stays fixed.
    let fixed = try ScaledPlan(plan("configs/quick.json5", ["allocator.high=6"]))
    #expect(fixed.scaleText.contains("refills of 2, lists of 6, "))
    #expect(fixed.small.allocator.tunables.perCPUHighMin == nil)
  }

  @Test("name the required paths that no schedule took, unless they are exempt")
  func vacuity() throws {
    var options = SearchOptions()
    options.schedules = 2
    let short = try ExploreRun.search(ScaledPlan(plan("configs/quick.json5")), options)
    #expect(short.isVacuous)
    #expect(short.neverTaken.contains("bulk-full-on-entry"))
    for left in short.neverTaken.indices {
      var exempt = short.neverTaken
      exempt.remove(at: left)
      let outcome = try ExploreRun.search(ScaledPlan(plan(exempting: exempt)), options)
      #expect(outcome.isVacuous && outcome.neverTaken == [short.neverTaken[left]])
    }
    let all = try ExploreRun.search(ScaledPlan(plan(exempting: short.neverTaken)), options)
    #expect(!all.isVacuous)
  }

  @Test("every schedule up to a bound: told when complete, and the finding comes back")
  func systematic() throws {
    let bounded = ["explore.strategy=preemptions:1", "explore.interrupts=1"]
    let clean = try ExploreRun.search(
      ScaledPlan(plan("configs/uniprocessor.json5", bounded + ["explore.operations=2"])),
      SearchOptions())
    #expect(clean.found == nil)
    #expect(!clean.isVacuous)
    #expect(clean.systematic?.verdict == "complete at bound 1")
    // One CPU: without an interrupt there is one schedule, with one a schedule for each place.
    let levels = clean.systematic?.levels ?? []
    #expect(!clean.campaign.isDrawn)
    #expect(levels.map(\.bound) == [0, 1] && levels.allSatisfy(\.isComplete))
    #expect(levels[0].schedules == 1 && levels[1].schedules > 100)
    #expect(clean.campaign.schedules == clean.systematic?.schedules)
    let small = bounded + ["explore.operations=1", "explore.cpus=2"]
    let plan = try plan("configs/quick.json5", small, bugs: ["busted-pcp-lock"])
    var options = SearchOptions()
    options.shrinkReplays = 0
    let found = try #require(try ExploreRun.search(ScaledPlan(plan), options).found)
    #expect(found.seed.strategy == "preemptions")
    #expect(try SeedReplay(found.seed, name: "found").verdict == .same)
  }

  @Test("look for races in one schedule of 31, unless all or none are asked for")
  func races() throws {
    let (all, none) = (["explore.races=true"], ["explore.races=false"])
    // The judges change no schedule.
    let clean = try campaign(plan("configs/everything.json5"), schedules: 62)
    for settings in [all, none] {
      #expect(try campaign(plan("configs/everything.json5", settings), schedules: 62) == clean)
    }
    func broken(_ settings: [String]) throws -> RunPlan {
      try plan("configs/everything.json5", settings, bugs: ["drain-without-lock"])
    }
    var options = SearchOptions()
    options.schedules = 310
    options.shrinkReplays = 0
    let found = try #require(try ExploreRun.search(ScaledPlan(broken([])), options).found)
    #expect(found.finding.rule == "data-race" && found.seed.index % 31 == 30)
    #expect(try SeedReplay(found.seed, name: "found").verdict == .same)
    options.schedules = found.seed.index + 1
    #expect(try ExploreRun.search(ScaledPlan(broken(none)), options).found == nil)
    let first = try #require(try ExploreRun.search(ScaledPlan(broken(all)), options).found)
    #expect(first.finding.rule == "data-race" && first.seed.index < found.seed.index)
  }

  @Test("an order of locks that no schedule shows whole is told from several, a seed file for each")
  func lockOrder() throws {
    // One operation: a drain of empty lists has one order, an allocation the other.
    let small = [
      "explore.races=true", "explore.cpus=1", "explore.operations=1", "explore.interrupts=0",
      #"workloads=[{kind: "slab"}, {kind: "pageOffliner", drainPercent: 100}]"#,
      "checks.require=[]",
    ]
    let plan = try plan("configs/quick.json5", small, bugs: ["zone-lock-before-pcp-lock"])
    var options = SearchOptions()
    options.schedules = 200
    options.shrinkReplays = 60
    let alone = try ExploreRun.search(ScaledPlan(plan), options)
    #expect(alone.found == nil)
    let order = try #require(alone.lockOrder)
    #expect(order.finding.rule == "lock-order")
    #expect(order.violation.facts == ["zone->lock under pcp->lock", "pcp->lock under zone->lock"])
    #expect(Set(order.violation.schedules).count == 2)
    #expect(order.edges.map(\.seed.index) == order.violation.schedules)
    for edge in order.edges {
      let again = try SeedFileReader.read(
        Array(SeedFileWriter.text(edge.seed).utf8), name: "edge")
      #expect(try SeedReplay(again, name: "edge").verdict == .same)
    }
    options.threads = 2
    let together = try ExploreRun.search(ScaledPlan(plan), options)
    #expect(together.campaign == alone.campaign)
    #expect(together.lockOrder?.edges.map(\.seed) == order.edges.map(\.seed))
  }

  @Test("a schedule that is cut in the middle of a long request is no livelock")
  func longRequests() throws {
    let short = try campaign(plan("configs/quick.json5", ["explore.pointsMax=200"]), schedules: 4)
    #expect(short.cut == 4 && short.findings.isEmpty)
    func livelockPoints(_ settings: [String]) throws -> Int {
      let run = try SimulatedRun(ScaledPlan(plan("configs/quick.json5", settings)))
      return run.simulated.options.livelockPoints
    }
    #expect(try livelockPoints([]) == 4_000)
    #expect(try livelockPoints(["explore.pages=64"]) == 64_000)
    #expect(try livelockPoints(["explore.pointsMax=1000000"]) == 400_000)
  }

  @Test("refuse to watch for what locks cannot do")
  func watch() throws {
    #expect(throws: ConfigurationError.self) {
      try plan("configs/quick.json5", ["explore.watch=zone->lock"])
    }
    let kept = try plan("configs/quick.json5", ["explore.watch=zone->lock in hardirq"])
    #expect(kept.explore.watch == "zone->lock in hardirq")
  }

  @Test("a finding comes back from its file, shrunk, and not without its bug")
  func found() throws {
    let plan = try plan("configs/quick.json5", bugs: ["busted-pcp-lock"])
    var options = SearchOptions()
    options.schedules = 400
    options.shrinkReplays = 2_000
    let found = try #require(try ExploreRun.search(ScaledPlan(plan), options).found)
    let text = try SeedFileWriter.text(found.seed)
    let again = try SeedFileReader.read(Array(text.utf8), name: "again")
    #expect(again == found.seed)
    let replay = try SeedReplay(again, name: "again")
    #expect(replay.verdict == .same)
    #expect(replay.findings.contains { $0.signature == found.finding.signature })
    // Nothing more can be left out, and few switches are left.
    #expect(found.isMinimal && found.replays <= 2_000 && found.switches <= 3)
    for index in again.script.deviations.indices {
      var less = again
      less.script.deviations.remove(at: index)
      #expect(try !SeedReplay(less, name: "less").showsExpected)
    }
    var sound = again
    sound.config = again.config.replacing("\"busted-pcp-lock\"", with: "")
    #expect(try SeedReplay(sound, name: "sound").findings.isEmpty)
  }

  @Test("what is shrunk has fewer operations, interrupts and frames, as its file says")
  func sizes() throws {
    let plan = try plan(
      "configs/quick.json5", ["explore.operations=6", "explore.interrupts=3"],
      bugs: ["zone-lock-before-pcp-lock"])
    var options = SearchOptions()
    options.schedules = 100
    options.shrinkReplays = 1_200
    let found = try #require(try ExploreRun.search(ScaledPlan(plan), options).found)
    let again = try ConfigurationLoader.load(
      file: "again", text: Array(found.seed.config.utf8), settings: [], seed: nil, drawnSeed: 7,
      bugs: [], files: PackageFile.read)
    let only = try #require(again.explore.only)
    #expect(only.joined().count < 18)
    #expect(try #require(again.explore.interrupts) < 3)
    #expect(try #require(again.explore.frames) <= 512)
    #expect(try SeedReplay(found.seed, name: "found").verdict == .same)
    // The same search, the same result.
    #expect(try ExploreRun.search(ScaledPlan(plan), options).found?.seed == found.seed)
  }

  @Test("look for what a run found, and tell another finding from it")
  func goal() throws {
    let plan = try plan("configs/quick.json5", bugs: ["busted-pcp-lock"])
    var options = SearchOptions()
    options.schedules = 60
    options.shrinkReplays = 0
    let first = try #require(try ExploreRun.search(ScaledPlan(plan), options).found).finding
    var outcome = Outcome(.run(RunBody()))
    #expect(throws: ExploreError.self) { try SearchGoal(outcome) }
    outcome.header.verdict = .finding
    outcome.findings = [
      Finding(rule: "stuck", sentence: "", site: "machine", subject: ""),
      Finding(rule: first.rule, sentence: "", site: "elsewhere", subject: ""),
    ]
    let goal = try SearchGoal(outcome)
    #expect(!goal.isMet(by: first))
    #expect(
      goal.isMet(by: Finding(rule: "livelock", sentence: "", site: "anywhere", subject: "")))
    options.goal = goal
    let near = try ExploreRun.search(ScaledPlan(plan), options)
    // All schedules were run, for none showed it; what is nearest is told.
    #expect(near.campaign.schedules == 60)
    #expect(near.found?.finding.signature == first.signature)
    outcome.findings.append(first)
    options.goal = try SearchGoal(outcome)
    let met = try ExploreRun.search(ScaledPlan(plan), options)
    #expect(met.campaign.schedules < 60)
    #expect(met.found?.finding.signature == first.signature)
  }

  @Test("refuse operations that are out of order")
  func only() throws {
    #expect(throws: ConfigurationError.self) {
      try plan("configs/quick.json5", [#"explore.only=["2 1"]"#])
    }
    let kept = try plan("configs/quick.json5", [#"explore.only=["0 2", ""]"#])
    #expect(kept.explore.only == [[0, 2], []])
    let again = try ConfigurationLoader.load(
      file: "again", text: Array(JSONWriter.oneLine(kept.resolved).utf8), settings: [], seed: nil,
      drawnSeed: 7, bugs: [], files: PackageFile.read)
    #expect(again.explore == kept.explore)
    #expect(again.seed == kept.seed)
  }
}
