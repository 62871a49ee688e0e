// What each judge of schedules costs: the same schedules without it and with it.

import Exploration
import Machine
import MachineChecks

/// Who judges the schedules of a measurement.
public enum JudgeBenchJudge: String, CaseIterable, Sendable {
  case none, lockdep, races
}

/// A program whose schedules are judged for the clock; neither breaks a rule.
public enum JudgeBenchProgram: String, CaseIterable, Sendable {
  /// 3 CPUs, each twice {lock; plain read and write; unlock; fetch_add}.
  case locks
  /// 3 CPUs, 10 fetch_add each.
  case atomics

  fileprivate func body(_ lock: SpinLock, _ words: Table<Int>) -> (CPU) -> Void {
    let plain = words.plain(0)
    let atomic = words.atomic(8)
    switch self {
    case .locks:
      return { cpu in
        for _ in 0..<2 {
          lock.lock(cpu)
          plain.write(cpu, plain.read(cpu) &+ 1)
          lock.unlock(cpu)
          _ = atomic.add(cpu, 1)
        }
      }
    case .atomics: return { cpu in for _ in 0..<10 { _ = atomic.add(cpu, 1) } }
    }
  }
}

/// What one program with one judge gave.
public struct JudgeMeasure: Sendable {
  /// The program.
  public var program: JudgeBenchProgram
  /// The judge.
  public var judge: JudgeBenchJudge
  /// Points a second of CPU time, in millions, of each run in order.
  public var millionPoints: [Double]
  /// Schedules that found something, and orders of locks that are wrong: none, or it is broken.
  public var findings: Int

  /// The middle run's points a second, in millions.
  public var median: Double {
    millionPoints.isEmpty ? 0 : millionPoints.sorted()[millionPoints.count / 2]
  }

  /// A line for programs: name, judge, median, minimum, maximum, a tab between two.
  public var tsv: String {
    let numbers = [median, millionPoints.min() ?? 0, millionPoints.max() ?? 0]
    return (["judges/\(program.rawValue)", judge.rawValue] + numbers.map(BenchMeasure.text))
      .joined(separator: "\t")
  }
}

/// Runs judged schedules of the random walk for the clock.
public enum JudgeBench {
  /// One thread, `runs` times `schedules` schedules; throws if there is no memory for stacks.
  public static func measure(
    _ program: JudgeBenchProgram, _ judge: JudgeBenchJudge, runs: Int = 3,
    schedules: UInt64 = 200_000
  ) throws -> JudgeMeasure {
    let machine = Machine(cpuCount: 3, arenaByteCount: 1 << 16, catalog: Catalog())
    let lock = machine.makeLock(LockClass(0), instance: 0)
    let words = machine.arena.table(of: Int.self, count: 64)
    let simulated = try SimulatedMachine(machine, options: SimulationOptions())
    simulated.captureStart()
    let lockdep = judge == .lockdep ? Lockdep(simulated) : nil
    if judge == .races { simulated.observe(RaceDetector(machine)) }
    let body = SimulatedProgram(body: program.body(lock, words))
    let strategy = RandomWalk()
    var measure = JudgeMeasure(program: program, judge: judge, millionPoints: [], findings: 0)
    for run in 0..<UInt64(max(runs, 0)) {
      var points = 0
      let start = ThreadClock.now()
      for index in 0..<schedules {
        let seed = SplitMix64.split(run, index)
        let outcome = simulated.run(seed: seed, strategy: strategy, body)
        points += outcome.points
        if outcome.end != .complete { measure.findings += 1 }
      }
      let nanoseconds = max(ThreadClock.now() - start, 1)
      measure.millionPoints.append(Double(points) * 1e3 / Double(nanoseconds))
    }
    measure.findings += lockdep?.violations.count ?? 0
    return measure
  }
}
