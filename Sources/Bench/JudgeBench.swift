// What each judge of schedules costs: the same schedules without it and with it.

import Exploration
import Machine
import MachineChecks

/// Who judges the schedules of a measurement.
public enum JudgeBenchJudge: String, CaseIterable, Sendable {
  case none, lockdep, races
}

/// What one program with one judge gave.
public struct JudgeMeasure: Sendable {
  /// The program.
  public var program: ExploreProgram
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

  /// A line for programs: name, judge, median, minimum, maximum, a tab between two; the name is
  /// `judges/` and the program.
  public var tsv: String {
    let numbers = [median, millionPoints.min() ?? 0, millionPoints.max() ?? 0]
    return (["judges/\(program.rawValue)", judge.rawValue] + numbers.map(BenchMeasure.text))
      .joined(separator: "\t")
  }
}

/// Runs judged schedules of the random walk for the clock.
public enum JudgeBench {
  /// One thread, `runs` runs of about `points` points, after one to warm up.
  public static func measure(
    _ program: ExploreProgram, _ judge: JudgeBenchJudge, runs: Int = 5, points: Int = 2_000_000
  ) throws(BenchError) -> JudgeMeasure {
    guard let (simulated, body) = try? program.make() else {
      throw BenchError("there is no memory for the stacks of a machine", exitStatus: 1)
    }
    simulated.options.granularity = program.granularity
    simulated.captureStart()
    let lockdep = judge == .lockdep ? Lockdep(simulated) : nil
    if judge == .races { simulated.observe(RaceDetector(simulated.machine)) }
    let strategy = InterruptInjection(into: RandomWalk())
    var measure = JudgeMeasure(program: program, judge: judge, millionPoints: [], findings: 0)
    var index: UInt64 = 0
    for run in 0...max(runs, 0) {
      var passed = 0
      let start = ThreadClock.now()
      while passed < points {
        let seed = SplitMix64.split(1, index)
        let outcome = simulated.run(seed: seed, strategy: strategy, body)
        passed += max(outcome.points, 1)
        if outcome.end != .complete { measure.findings += 1 }
        index += 1
      }
      let nanoseconds = max(ThreadClock.now() - start, 1)
      if run > 0 { measure.millionPoints.append(Double(passed) * 1e3 / Double(nanoseconds)) }
    }
    measure.findings += lockdep?.violations.count ?? 0
    return measure
  }
}
