// All schedules of a small program, in a fixed order: every one, or those with 0, then 1, then 2
// ... preemptions or delays.  Interrupts are choices like any other here.
//
// Rule    A level counts only the schedules that cost exactly its bound: each is counted once.
//         A search whose last level left nothing out has seen every schedule.

import Machine
import MachineChecks

/// What a search bounds.
public enum SystematicKind: String, CaseIterable, Sendable {
  /// Nothing: one level.
  case exhaustive
  /// Switches away from a CPU that could go on and did not give way; an interrupt counts 1.
  case preemptions
  /// Steps away from round robin: the next CPU but j counts j; an interrupt counts 1.
  case delays
}

/// The schedules of one cost.
public struct SystematicLevel: Equatable, Sendable, Codable {
  /// The cost of each.
  public var bound: Int
  /// Schedules of that cost, and those among them that found something or reached the bound on
  /// points.
  public var schedules: UInt64 = 0
  public var failing: UInt64 = 0
  public var cut: UInt64 = 0
  /// True if all schedules of this cost were run.
  public var isComplete = false
}

/// A schedule that found something, with all its choices.
public struct SystematicFinding: Equatable, Sendable {
  /// The schedule; its index is its number among those counted.
  public var schedule: ExploredSchedule
  /// What it cost.
  public var cost: Int
  /// Every choice, from the first.
  public var path: [ScheduleChoice]
}

/// What a search came to.
public struct SystematicOutcome: Equatable, Sendable, Codable {
  // A finding is told with its schedule elsewhere.
  private enum CodingKeys: String, CodingKey { case levels, isExhausted }

  /// By cost, from 0.
  public var levels: [SystematicLevel] = []
  /// The first schedule of each distinct finding.
  public var found: [SystematicFinding] = []
  /// True if there is no schedule that was not run.
  public var isExhausted = false

  /// Schedules of all levels.
  public var schedules: UInt64 { levels.reduce(0) { $0 + $1.schedules } }
  /// Those that found something.
  public var failing: UInt64 { levels.reduce(0) { $0 + $1.failing } }
  /// The bound at which the search is complete; nil if not even for 0.
  public var completeBound: Int? { levels.last { $0.isComplete }?.bound }

  /// How far it got, in words.
  public var verdict: String {
    if isExhausted { return "complete: every schedule was run" }
    guard let bound = completeBound else { return "incomplete" }
    return "complete at bound \(bound)"
  }
}

/// Runs all schedules of a program.
public final class SystematicSearch {
  private let simulated: SimulatedMachine
  private let program: SimulatedProgram
  private let paths: PathEnumerator

  /// A search; the machine's memory as it is now is the start of every schedule.
  ///
  /// It decides on every point itself: the machine's fair turns are put off to its bound on points,
  /// and a schedule that reaches that is counted as cut.
  public init(_ simulated: SimulatedMachine, _ kind: SystematicKind, program: SimulatedProgram) {
    self.simulated = simulated
    self.program = program
    paths = PathEnumerator(kind)
    simulated.options.fairAfter = simulated.options.pointsMax
    simulated.captureStart()
  }

  /// Runs schedules level by level until all are run or a limit is reached.
  ///
  /// - Parameters:
  ///   - boundMax: the last level.
  ///   - schedulesMax: schedules of all levels, those run again at a higher bound among them.
  ///   - seed: of the CPUs' own streams, the same for every schedule.
  ///   - goesOn: told each schedule that counts, and nil for one that was counted at a lower bound;
  ///     false ends the search.
  public func explore(
    boundMax: Int = 64, schedulesMax: UInt64 = 1 << 40, seed: UInt64 = 0,
    goesOn: (ExploredSchedule?) -> Bool = { _ in true }
  ) -> SystematicOutcome {
    var outcome = SystematicOutcome()
    var signatures: [String] = []
    var left = schedulesMax
    for bound in 0...max(boundMax, 0) {
      var level = SystematicLevel(bound: bound)
      paths.beginLevel(bound)
      repeat {
        if left == 0 {
          outcome.levels.append(level)
          return outcome
        }
        left -= 1
        let done = simulated.run(seed: seed, strategy: paths, program)
        var counted: ExploredSchedule?
        if paths.spent == bound { counted = count(done, &level, &outcome, &signatures) }
        if !goesOn(counted) {
          outcome.levels.append(level)
          return outcome
        }
      } while paths.advance()
      level.isComplete = level.cut == 0
      outcome.levels.append(level)
      outcome.isExhausted = !paths.leftOut && outcome.levels.allSatisfy(\.isComplete)
      if !paths.leftOut { break }
    }
    return outcome
  }

  private func count(
    _ done: ScheduleOutcome, _ level: inout SystematicLevel, _ outcome: inout SystematicOutcome,
    _ signatures: inout [String]
  ) -> ExploredSchedule {
    let index = outcome.schedules + level.schedules
    level.schedules += 1
    if done.end == .cut { level.cut += 1 }
    if !simulated.machine.hasFindings {
      return ExploredSchedule(index: index, outcome: done, findings: [], deadlock: [])
    }
    level.failing += 1
    let schedule = explored(index, done)
    let new = schedule.findings.map(\.signature).filter { !signatures.contains($0) }
    if new.isEmpty { return schedule }
    signatures += new
    outcome.found.append(
      SystematicFinding(schedule: schedule, cost: paths.spent, path: paths.path))
    return schedule
  }

  /// Runs the schedule of a path again; beyond its end the default schedule goes on.
  public func run(_ found: SystematicFinding, seed: UInt64 = 0) -> ExploredSchedule {
    let outcome = simulated.run(seed: seed, strategy: PathFollower(found), program)
    return explored(found.schedule.index, outcome)
  }

  private func explored(_ index: UInt64, _ outcome: ScheduleOutcome) -> ExploredSchedule {
    ExploredSchedule(
      index: index, outcome: outcome, findings: simulated.machine.findings().findings,
      deadlock: WaitForGraph(simulated.waits).sentences)
  }
}
