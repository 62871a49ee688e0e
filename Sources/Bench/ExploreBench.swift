// How many schedules and scheduling points a second the simulated machine does.

import Exploration
import Machine

/// A program whose schedules are run for the clock.
public enum ExploreProgram: String, CaseIterable, Sendable {
  /// 3 CPUs, each twice {lock; plain read and write; unlock; fetch_add}.
  case locks
  /// 3 CPUs, 10 fetch_add each.
  case atomics
}

/// What one measurement gave.
public struct ExploreMeasure: Sendable {
  /// The program.
  public var program: String
  /// The strategy.
  public var strategy: String
  /// Schedules done.
  public var schedules: UInt64
  /// Points passed in them.
  public var points: UInt64
  /// Nanoseconds of the CPU that they took.
  public var nanoseconds: UInt64

  /// Points a second, in millions.
  public var millionPointsPerSecond: Double { Double(points) * 1e3 / Double(max(nanoseconds, 1)) }
}

/// Runs schedules for the clock.
public enum ExploreBench {
  /// One thread, `schedules` schedules.
  public static func measure(
    _ program: ExploreProgram, schedules: UInt64
  ) throws -> ExploreMeasure {
    let strategy = RandomWalk()
    let machine = Machine(cpuCount: 3, arenaByteCount: 1 << 16, catalog: Catalog())
    let lock = machine.makeLock(LockClass(0), instance: 0)
    let words = machine.arena.table(of: Int.self, count: 64)
    let simulated = try SimulatedMachine(machine, options: SimulationOptions())
    let plain = words.plain(0)
    let atomic = words.atomic(8)
    let locks: (CPU) -> Void = { cpu in
      for _ in 0..<2 {
        lock.lock(cpu)
        plain.write(cpu, plain.read(cpu) &+ 1)
        lock.unlock(cpu)
        _ = atomic.add(cpu, 1)
      }
    }
    let atomics: (CPU) -> Void = { cpu in for _ in 0..<10 { _ = atomic.add(cpu, 1) } }
    let body = SimulatedProgram(body: program == .locks ? locks : atomics)
    simulated.captureStart()
    var measure = ExploreMeasure(
      program: program.rawValue, strategy: "random", schedules: 0, points: 0, nanoseconds: 0)
    let start = ThreadClock.now()
    for index in 0..<schedules {
      let outcome = simulated.run(
        seed: SplitMix64.split(1, index), strategy: strategy, body)
      measure.schedules += 1
      measure.points += UInt64(outcome.points)
    }
    measure.nanoseconds = ThreadClock.now() - start
    return measure
  }
}
