// How many schedules and scheduling points a second exploration does: small programs and a small
// allocator workload, by strategy, on one core and on two side by side.

import Exploration
import Machine
import Synchronization

/// What to measure of exploration.
public struct ExploreOptions: Sendable {
  /// The programs, in order.
  public var programs = ExploreProgram.allCases
  /// The strategies, in order.
  public var strategies: [StrategyKind] = [.random, .pct(3)]
  /// The numbers of threads, each 1 ... `threadsMax`.
  public var threads = [1, 2]
  /// Runs that count; one before them warms up.
  public var runs = 5
  /// Points that a run passes on each thread, about.
  public var points = 4_000_000

  /// The threads that a bench may have.
  public static var threadsMax: Int { 64 }

  /// All programs, random and pct3, on one thread and two.
  public init() {}

  /// What a command line asks for; nil stands for what is usual.
  ///
  /// - Parameters:
  ///   - pattern: the name of a program.
  ///   - strategies: names of strategies; empty for what is usual.
  public init(
    pattern: String? = nil, strategies: [String], threads: UInt64?, runs: UInt64?
  ) throws(BenchError) {
    if let pattern {
      guard let program = ExploreProgram(rawValue: pattern) else {
        let names = ExploreProgram.allCases.map(\.rawValue).joined(separator: ", ")
        throw BenchError("--pattern of bench explore is one of \(names), not \(pattern)")
      }
      programs = [program]
    }
    if !strategies.isEmpty { self.strategies = [] }
    for name in strategies {
      guard let kind = StrategyKind(name: name) else {
        throw BenchError("--strategy is one of random, pct1 to pct16, pos, urw, surw, not \(name)")
      }
      self.strategies.append(kind)
    }
    if let threads {
      guard let number = Int(exactly: threads), (1...Self.threadsMax).contains(number) else {
        throw BenchError("--threads is a number of 1 ... \(Self.threadsMax), not \(threads)")
      }
      self.threads = [number]
    }
    if let runs {
      guard let number = Int(exactly: runs), (1...BenchOptions.runsMax).contains(number) else {
        throw BenchError("--runs is a number of 1 ... \(BenchOptions.runsMax), not \(runs)")
      }
      self.runs = number
    }
  }
}

/// What one program with one strategy on so many threads gave.
public struct ExploreMeasure: Sendable {
  /// The program.
  public var program: ExploreProgram
  /// The strategy.
  public var strategy: StrategyKind
  /// Threads.
  public var threads: Int
  /// Points of a schedule, the mean.
  public var pointsPerSchedule: Double
  /// Points a second of CPU time, in millions, all threads together, of each run in order.
  public var millionPoints: [Double]
  /// Schedules that found something: none, or a program is broken.
  public var failing: UInt64

  /// The middle run's points a second, in millions.
  public var median: Double {
    let sorted = millionPoints.sorted()
    if sorted.isEmpty { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
  /// The slowest run's.
  public var minimum: Double { millionPoints.min() ?? 0 }
  /// The fastest run's.
  public var maximum: Double { millionPoints.max() ?? 0 }
  /// Schedules a second, in thousands, of the middle run.
  public var thousandSchedules: Double { median * 1e3 / max(pointsPerSchedule, 1) }

  /// A line for programs: name, strategy, threads, median, minimum, maximum, thousand schedules a
  /// second, a tab between two; the name is `explore/` and the program.
  public var tsv: String {
    let numbers = [median, minimum, maximum, thousandSchedules].map(BenchMeasure.text)
    return (["explore/\(program.rawValue)", strategy.name, "\(threads)"] + numbers)
      .joined(separator: "\t")
  }
}

/// Runs schedules for the clock.
public enum ExploreBench {
  /// Measures everything that is asked for.
  ///
  /// - Parameter report: called with each measure as it is done.
  public static func run(
    _ options: ExploreOptions, _ report: (ExploreMeasure) -> Void
  ) throws(BenchError) {
    for program in options.programs {
      for strategy in options.strategies {
        for threads in options.threads {
          report(try measure(program, strategy, threads: threads, options))
        }
      }
    }
  }

  /// Measures one program with one strategy on so many threads.
  public static func measure(
    _ program: ExploreProgram, _ strategy: StrategyKind, threads: Int, _ options: ExploreOptions
  ) throws(BenchError) -> ExploreMeasure {
    var measure = ExploreMeasure(
      program: program, strategy: strategy, threads: threads, pointsPerSchedule: 0,
      millionPoints: [], failing: 0)
    // The first run warms up.
    for run in 0...options.runs {
      let sum = ExploreSum()
      runSideBySide(threads) { thread in
        sum.add(explore(program, strategy, UInt64(run * threads + thread), options.points))
      }
      guard let total = sum.total else {
        throw BenchError("there is no memory for the stacks of \(threads) machines", exitStatus: 1)
      }
      measure.failing += total.failing
      if run == 0 { continue }
      measure.millionPoints.append(total.millionPoints)
      measure.pointsPerSchedule = Double(total.points) / Double(max(total.schedules, 1))
    }
    return measure
  }

  /// One thread's schedules; nil if it got no machine.
  private static func explore(
    _ program: ExploreProgram, _ strategy: StrategyKind, _ seed: UInt64, _ points: Int
  ) -> ExploreTotal? {
    guard let (simulated, body) = try? program.make() else { return nil }
    let plan = ExplorationPlan(strategy, program.granularity)
    let explorer = Explorer(simulated, plan: plan, program: body)
    let first = explorer.run(index: 0, seed: seed)
    let schedules = UInt64(points / max(first.outcome.points, 1)) + 1
    let start = ThreadClock.now()
    let campaign = explorer.explore(schedules: schedules, seed: seed)
    let nanoseconds = ThreadClock.now() - start
    return ExploreTotal(
      schedules: campaign.schedules, points: campaign.points, failing: campaign.failing,
      millionPoints: Double(campaign.points) * 1e3 / Double(max(nanoseconds, 1)))
  }
}

/// What some threads did.
private struct ExploreTotal: Sendable {
  var schedules: UInt64
  var points: UInt64
  var failing: UInt64
  var millionPoints: Double
}

/// The work of several threads, added up.
private final class ExploreSum: Sendable {
  private let state = Mutex<ExploreTotal?>(
    ExploreTotal(schedules: 0, points: 0, failing: 0, millionPoints: 0))

  func add(_ part: ExploreTotal?) {
    state.withLock { sum in
      guard let old = sum, let part else {
        sum = nil
        return
      }
      sum = ExploreTotal(
        schedules: old.schedules + part.schedules, points: old.points + part.points,
        failing: old.failing + part.failing,
        millionPoints: old.millionPoints + part.millionPoints)
    }
  }

  var total: ExploreTotal? { state.withLock { $0 } }
}
