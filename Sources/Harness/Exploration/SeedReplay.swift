// Replays what a seed file holds.

import Exploration
import JSON5
import Machine
import Outcomes

/// A seed file's schedule, run again.
public struct SeedReplay: Sendable {
  /// What came of it.
  public let verdict: Verdict
  /// Where its steps were first others than recorded; nil if they were the same.
  public let divergence: Divergence?
  /// What it found.
  public let findings: [Finding]
  /// Its steps.
  public let trace: ScheduleTrace
  /// Decisions after which another CPU went on, or an interrupt came.
  public let switches: Int
  /// The file and its name, and the name of its config.
  let seed: SeedFile
  let name: String
  let planName: String
  /// The judges of its schedule.
  let judged: [JudgedSchedules]

  /// True if the file's finding, or none if it expects none, was there.
  public var showsExpected: Bool { verdict == .same || verdict == .shownOtherwise }

  /// Replays a file, named in errors.
  ///
  /// - Throws: ``ConfigurationError`` or ``ExploreError`` if its config cannot be explored.
  public init(_ seed: SeedFile, name: String) throws {
    let plan = try ScaledPlan(Self.plan(of: seed, name: name))
    let run = try SimulatedRun(plan)
    let replayer = Replayer(run.simulated, run.program())
    let steps = StepTrace(of: run.simulated.machine)
    let fingerprints = FingerprintRecorder(of: run.simulated.machine)
    let done = replayer.replay(seed.script, watchedBy: [steps, fingerprints])
    findings = done.findings
    trace = steps.taken
    switches = done.switches
    self.seed = seed
    self.name = name
    planName = plan.whole.name
    judged = JudgedSchedules.all(run, 1, races: plan.scale.races ?? false)
    divergence = Divergence(recorded: seed.fingerprints, replayed: fingerprints.taken)
    verdict = Self.verdict(isMet: seed.expectation.isMet(by: done), isSame: divergence == nil)
  }

  /// The verdict of a replay: the only place where it is decided.
  private static func verdict(isMet: Bool, isSame: Bool) -> Verdict {
    switch (isMet, isSame) {
    case (true, true): .same
    case (true, false): .shownOtherwise
    case (false, true): .notShown
    case (false, false): .diverged
    }
  }

  /// Looks whether a file's finding still shows: in its schedule, or in one that a search around it
  /// finds in at most `replays` schedules.  A file that expects none must be clean.
  ///
  /// - Throws: ``ExploreError`` if it does not; and as `init`.
  public static func expectShown(_ seed: SeedFile, name: String, replays: Int) throws {
    if seed.expectation == .clean {
      if try SeedReplay(seed, name: name).showsExpected { return }
      throw ExploreError("\(name) is not clean any more")
    }
    _ = try searched(seed, name: name, replays: replays)
  }

  /// Looks for a file's finding in its schedule, then in at most `replays` schedules around it; for
  /// a file that expects none, for any in its schedule.
  ///
  /// - Throws: as `init`.
  public static func search(
    _ seed: SeedFile, name: String, replays: Int
  ) throws -> FindingSearch {
    guard let signature = seed.expectation.signature else {
      let found = try SeedReplay(seed, name: name).findings.first
      return FindingSearch(
        signature: found?.signature ?? "", shows: found != nil, schedules: 1)
    }
    let run = try SimulatedRun(ScaledPlan(plan(of: seed, name: name)))
    let replayer = Replayer(run.simulated, run.program())
    var search = SeedSearch(seed, showing: signature, replayer, replaysMax: replays)
    let found = search.find()
    return FindingSearch(signature: signature, shows: found != nil, schedules: search.replays)
  }

  /// Records a file anew under this version of the model: as it is if its schedule still shows its
  /// finding, else shrunk from what a search around it finds in at most `replays` schedules.
  ///
  /// - Throws: also ``ExploreError`` if there is no such schedule.
  public static func refresh(
    _ seed: SeedFile, name: String, replays: Int
  ) throws -> FoundSchedule {
    let search = try searched(seed, name: name, replays: replays)
    return try search.maker.make(
      search.script, showing: search.signature, seed.origin,
      shrinkReplays: search.replays == 1 ? 0 : SearchOptions().shrinkReplays)
  }

  /// Shrinks the schedule of a file further; records it anew, too, under this version of the model.
  ///
  /// - Throws: also ``ExploreError`` if it does not show its finding.
  public static func shrink(
    _ seed: SeedFile, name: String, replays: Int
  ) throws -> FoundSchedule {
    let search = try searched(seed, name: name, replays: 1)
    return try search.maker.make(
      search.script, showing: search.signature, seed.origin, shrinkReplays: replays)
  }

  /// A schedule that shows the finding of a file, and how many were run until it was there.
  private static func searched(
    _ seed: SeedFile, name: String, replays: Int
  ) throws -> (maker: SeedMaker, script: ReplayScript, signature: String, replays: Int) {
    let plan = try ScaledPlan(Self.plan(of: seed, name: name))
    guard let signature = seed.expectation.signature else {
      throw ExploreError("\(name) expects no finding; there is nothing to record")
    }
    let run = try SimulatedRun(plan)
    let replayer = Replayer(run.simulated, run.program())
    var search = SeedSearch(seed, showing: signature, replayer, replaysMax: replays)
    guard let script = search.find() else {
      throw ExploreError("\(name) does not show \(signature) any more")
    }
    return (SeedMaker(run, replayer), script, signature, search.replays)
  }

  static func plan(
    of seed: SeedFile, name: String
  ) throws(ConfigurationError) -> RunPlan {
    try ConfigurationLoader.load(
      file: name, text: Array(seed.config.utf8), settings: [], seed: nil, drawnSeed: seed.seed,
      bugs: [],
      files: { _ throws(NamedFileError) in
        throw NamedFileError("a seed file names no other")
      })
  }
}

extension SeedFile {
  /// Where its schedule came from.
  var origin: SeedOrigin {
    SeedOrigin(seed: seed, index: index, strategy: strategy, profile: profile)
  }
}
