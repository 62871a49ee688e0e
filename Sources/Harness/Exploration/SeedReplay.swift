// Replays what a seed file holds.

import Exploration
import Machine

/// What became of a seed file's schedule.
public enum SeedVerdict: Equatable, Sendable {
  /// It did, step by step, what was recorded, and showed what it must.
  case same
  /// It showed what it must, though its steps are others.
  case shownOtherwise(Divergence)
  /// Its steps are others, and it did not show what it must.
  case diverged(Divergence)
  /// It did what was recorded, but did not show what it must.
  case notShown
}

/// A seed file's schedule, run again.
public struct SeedReplay: Sendable {
  /// What came of it.
  public let verdict: SeedVerdict
  /// What it found.
  public let findings: [Finding]
  /// Its steps.
  public let trace: ScheduleTrace
  /// Decisions after which another CPU went on, or an interrupt came.
  public let switches: Int

  /// True if the file's finding, or none if it expects none, was there.
  public var showsExpected: Bool {
    switch verdict {
    case .same, .shownOtherwise: true
    case .diverged, .notShown: false
    }
  }

  /// Replays a file, named in errors.
  ///
  /// - Throws: ``ConfigurationError`` or ``ExploreError`` if its config cannot be explored.
  public init(_ seed: SeedFile, name: String) throws {
    let run = try SimulatedRun(Self.plan(of: seed, name: name))
    let replayer = Replayer(run.simulated, run.program())
    let steps = StepTrace(of: run.simulated.machine)
    let fingerprints = FingerprintRecorder(of: run.simulated.machine)
    let done = replayer.replay(seed.script, watchedBy: [steps, fingerprints])
    findings = done.findings
    trace = steps.taken
    switches = done.switches
    let divergence = Divergence(recorded: seed.fingerprints, replayed: fingerprints.taken)
    let isMet = seed.expectation.isMet(by: done)
    verdict =
      if let divergence {
        isMet ? .shownOtherwise(divergence) : .diverged(divergence)
      } else {
        isMet ? .same : .notShown
      }
  }

  /// Shrinks the schedule of a file further; records it anew, too, under this version of the model.
  ///
  /// - Throws: also ``ExploreError`` if it does not show its finding.
  public static func shrink(
    _ seed: SeedFile, name: String, replays: Int
  ) throws -> FoundSchedule {
    let plan = try Self.plan(of: seed, name: name)
    guard let signature = seed.expectation.signature else {
      throw ExploreError("\(name) expects no finding; there is nothing to shrink")
    }
    let run = try SimulatedRun(plan)
    let replayer = Replayer(run.simulated, run.program())
    guard replayer.confirm(seed.script, shows: signature) != nil else {
      throw ExploreError("\(name) does not show \(signature) any more")
    }
    let origin = SeedOrigin(seed: seed.seed, index: seed.index, strategy: seed.strategy)
    return try SeedMaker(plan, run, replayer).make(
      seed.script, showing: signature, origin, shrinkReplays: replays)
  }

  private static func plan(
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
