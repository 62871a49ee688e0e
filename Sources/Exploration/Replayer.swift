// Runs schedules of one program so that each can be had again: records those of a strategy, and
// repeats those of a script.

import Machine

/// Records and repeats schedules of one program.
public final class Replayer {
  /// The machine.  Its judges, observers that stay, are told of every schedule.
  public let simulated: SimulatedMachine
  /// The program.
  public let program: SimulatedProgram
  private let recorder = DeviationRecorder()

  /// A replayer; every schedule starts from what `simulated.captureStart()` captured last.
  public init(_ simulated: SimulatedMachine, _ program: SimulatedProgram) {
    self.simulated = simulated
    self.program = program
  }

  /// Runs the schedule that a strategy gives for a schedule's seed, at the granularity that the
  /// machine's options say.
  ///
  /// A schedule that ends as a livelock is recorded without its fair end: the machine repeats it.
  public func record(
    seed: UInt64, strategy: ScheduleStrategy, watchedBy watchers: [ScheduleObserver] = []
  ) -> ReplayedSchedule {
    let script = ReplayScript(
      seed: seed, granularity: simulated.options.granularity, deviations: [],
      endsFairly: !strategy.decidesToTheEnd)
    var done = run(script, strategy, watchers)
    if done.outcome.end != .livelock {
      done.script.endsFairly = false
      done.script.deviations = recorder.deviations
    }
    return done
  }

  /// Runs the schedule that a strategy gives for the seed and the granularity of a script.
  public func record(_ script: ReplayScript, _ strategy: ScheduleStrategy) -> ReplayedSchedule {
    let granularity = simulated.options.granularity
    simulated.options.granularity = script.granularity
    defer { simulated.options.granularity = granularity }
    return record(seed: script.seed, strategy: strategy)
  }

  /// Runs a script; any script is a schedule.
  public func replay(
    _ script: ReplayScript, watchedBy watchers: [ScheduleObserver] = []
  ) -> ReplayedSchedule {
    run(script, DeviationReplay(script.deviations, endsFairly: script.endsFairly), watchers)
  }

  /// Runs a script twice; the schedule if both are the same and show the finding, else nil.
  public func confirm(_ script: ReplayScript, shows signature: String) -> ReplayedSchedule? {
    let first = replay(script)
    return first.shows(signature) && replay(script) == first ? first : nil
  }

  private func run(
    _ script: ReplayScript, _ strategy: ScheduleStrategy, _ watchers: [ScheduleObserver]
  ) -> ReplayedSchedule {
    let granularity = simulated.options.granularity
    simulated.options.granularity = script.granularity
    // Before the judges, so that a judge's finding belongs to the step that is told last.
    for watcher in watchers { simulated.observe(watcher, isFirst: true) }
    simulated.observe(recorder, isFirst: true)
    let outcome = simulated.run(seed: script.seed, strategy: strategy, program)
    simulated.stopObserving(recorder)
    for watcher in watchers { simulated.stopObserving(watcher) }
    simulated.options.granularity = granularity
    var made = script
    made.deviations = recorder.deviations
    if script.endsFairly {
      made.deviations = Array(recorder.deviations.prefix(recorder.countBeforeFairPart))
    }
    return ReplayedSchedule(
      script: made, outcome: outcome, findings: simulated.machine.findings().findings,
      waits: simulated.waits, switches: recorder.switches,
      pointsOfCPUs: recorder.pointsOfCPUs, lastDeviationStep: recorder.lastStep)
  }
}
