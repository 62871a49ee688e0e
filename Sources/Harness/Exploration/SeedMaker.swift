// Makes a seed file of a schedule: shrinks it, then runs it once more for its fingerprints and
// steps.

import Exploration
import JSON5
import Machine

/// Where a schedule came from.
struct SeedOrigin {
  var seed: UInt64
  var index: UInt64
  var strategy: String
  /// What the strategy was frozen with.
  var profile: [UInt64] = []
}

/// Makes seed files of one config's schedules.
struct SeedMaker {
  private let bench: RunBench
  private let isStuck: Bool

  /// - Parameter run: its last schedule showed the finding.
  init(_ run: SimulatedRun, _ replayer: Replayer) {
    bench = RunBench(run, replayer)
    isStuck = run.simulated.wasStuck
  }

  /// - Throws: ``ExploreError`` if the schedule does not show the finding each time.
  func make(
    _ script: ReplayScript, showing signature: String, _ origin: SeedOrigin, shrinkReplays: Int
  ) throws(ExploreError) -> FoundSchedule {
    var subject = RunSubject(bench, script)
    var script = script
    var (replays, isMinimal) = (0, false)
    var others: [String] = []
    // Each replay of a CPU that passes no point any more costs seconds.
    if shrinkReplays > 0 && !isStuck {
      guard
        let shrunk = Shrinker.shrink(
          subject, script.deviations, showing: signature, replaysMax: max(shrinkReplays, 2))
      else { throw ExploreError("a schedule did not show \(signature) twice") }
      subject = shrunk.subject
      script = shrunk.schedule.script
      (replays, isMinimal) = (shrunk.replays, shrunk.isMinimal)
      let fewer = subject.withInterrupts(of: script.deviations)
      if fewer.replay(script.deviations) == shrunk.schedule { subject = fewer }
      others = shrunk.others.map(\.signature)
    }
    let (run, replayer) = subject.prepare()
    let trace = StepTrace(of: run.simulated.machine)
    let fingerprints = FingerprintRecorder(of: run.simulated.machine)
    let done = replayer.replay(script, watchedBy: [trace, fingerprints])
    guard let finding = done.findings.first(where: { $0.signature == signature }) else {
      throw ExploreError("a shrunk schedule did not show \(signature) again")
    }
    let seed = SeedFile(
      modelVersion: ExploreRun.modelVersion,
      config: JSONWriter.oneLine(bench.plan(subject.size).resolved), seed: origin.seed,
      index: origin.index, strategy: origin.strategy, profile: origin.profile,
      script: done.script, expectation: .finding(rule: finding.rule, site: finding.site),
      fingerprints: fingerprints.taken, traceHash: done.outcome.traceHash)
    return FoundSchedule(
      finding: finding, seed: seed, trace: trace.taken, switches: done.switches,
      replays: replays, isMinimal: isMinimal, others: others)
  }
}
