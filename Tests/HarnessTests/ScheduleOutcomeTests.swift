// Explorations and replays from a config to an outcome: the verdict, the judges, what is shown.

import Exploration
import Machine
import Outcomes
import Testing

@testable import Harness

@Suite("The outcome of schedules")
struct ScheduleOutcomeTests {
  private func plan(
    _ config: String, _ settings: [String] = [], bugs: [String] = []
  ) throws -> RunPlan {
    try ConfigurationLoader.load(
      file: config, text: PackageFile.bytes(config), settings: settings, seed: 1, drawnSeed: 1,
      bugs: bugs, files: PackageFile.read)
  }

  private func options(_ schedules: UInt64) -> SearchOptions {
    var options = SearchOptions()
    options.schedules = schedules
    options.shrinkReplays = 0
    return options
  }

  @Test("is clean when nothing is found, and each judge tells the schedules that it judged")
  func clean() throws {
    let names = ["ledger", "bulk", "grants", "zones", "leaks", "coalescing"]
    let cases: [(setting: String, judged: UInt64?)] = [
      ("explore.races=true", 62), ("seed=1", 2), ("explore.races=false", nil),
    ]
    for (setting, judged) in cases {
      let plan = try plan("configs/everything.json5", [setting, "checks.require=[]"])
      let outcome = try ExploreRun.execute(ScaledPlan(plan), options(62))
      #expect(outcome.header.verdict == .clean && outcome.header.exitStatus == 0)
      #expect(outcome.header.kind == .exploration && outcome.header.endedEarly == nil)
      #expect(outcome.findings == [] && outcome.exploration?.shown == [])
      #expect(outcome.exploration?.campaign.schedules == 62)
      let ofLocks = judged == nil ? [] : ["lockdep", "races"]
      #expect(outcome.judges == names + ofLocks + ["vacuity"])
      for check in outcome.checks {
        #expect(check.times == (ofLocks.contains(check.name) ? judged : 62), "\(check)")
      }
    }
  }

  @Test("has metrics of every class of locks that there is")
  func locks() {
    #expect(MetricLock.all.map(\.name) == RunAssembly.catalog.namedLockClasses.map(\.1))
  }

  @Test("is vacuous when a required path was not taken, unless the user asked for the end")
  func vacuous() throws {
    let plan = try plan("configs/quick.json5")
    let outcome = try ExploreRun.execute(ScaledPlan(plan), options(2))
    #expect(outcome.header.verdict == .vacuous && outcome.header.exitStatus == 3)
    let never = try #require(outcome.exploration?.neverTaken)
    #expect(!never.isEmpty && outcome.findings.map(\.subject) == never)
    #expect(outcome.check("vacuity")?.findings == never.count)
    var watch = ExploreRun.Watch()
    watch.isInterrupted = { true }
    let ended = try ExploreRun.execute(ScaledPlan(plan), options(2), watch)
    #expect(ended.header.verdict == .clean && ended.header.endedEarly == "the user asked for it")
  }

  @Test("of a finding holds the seed file whose replay is an outcome, too")
  func found() throws {
    let plan = try plan("configs/quick.json5", bugs: ["busted-pcp-lock"])
    let outcome = try ExploreRun.execute(ScaledPlan(plan), options(400))
    #expect(outcome.header.verdict == .finding && outcome.header.exitStatus == 1)
    let shown = try #require(outcome.exploration?.found)
    #expect(outcome.findings.contains { $0.signature == shown.finding.signature })
    #expect(outcome.exploration?.missed == [])
    let seed = try SeedFileReader.read(Array(shown.seed.utf8), name: "shown")
    let same = try SeedReplay(seed, name: "shown").outcome
    #expect(same.header.verdict == .same && same.header.exitStatus == 0)
    #expect(same.header.seed == outcome.header.seed && same.header.name == "quick")
    #expect(same.replay?.interleaving == shown.interleaving)
    #expect(same.checks.allSatisfy { $0.times == 1 })
    let shows = try SeedReplay.search(seed, name: "shown", replays: 100)
    #expect(
      shows == FindingSearch(signature: shown.finding.signature, shows: true, schedules: 1))
    #expect(same.checks.reduce(0) { $0 + $1.findings } <= same.findings.count)
    var sound = seed
    sound.config = seed.config.replacing("\"busted-pcp-lock\"", with: "")
    let other = try SeedReplay(sound, name: "sound").outcome
    #expect(other.findings == [] && other.header.exitStatus != 0)
    let gone = try SeedReplay.search(sound, name: "sound", replays: 100)
    #expect(
      gone == FindingSearch(signature: shown.finding.signature, shows: false, schedules: 100))
    #expect((other.replay?.divergence == nil) == (other.header.verdict == .notShown))
  }

  @Test("of a search for something else says what was missed")
  func missed() throws {
    let plan = try plan("configs/quick.json5", bugs: ["busted-pcp-lock"])
    var run = Outcome(.run(RunBody()))
    run.header.verdict = .finding
    run.findings = [Finding(rule: "leaked-page", sentence: "", site: "nowhere", subject: "")]
    var options = options(60)
    options.goal = try SearchGoal(run)
    let outcome = try ExploreRun.execute(ScaledPlan(plan), options)
    #expect(outcome.header.verdict == .finding)
    #expect(outcome.exploration?.missed == ["leaked-page at nowhere"])
  }
}
