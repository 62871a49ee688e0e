// Simulated machines of more CPUs than one word names: what their sets do differently shows in no
// schedule.

import Exploration
import Machine
import MachineChecks
import Testing

@Suite("Simulated machines of many CPUs")
struct WideMachineTests {
  private static let kinds: [StrategyKind] = [.random, .pct(1), .pct(3), .pos, .urw, .surw]

  private static let interrupts: [InterruptSource: Int] = [.nic: 2, .interProcessor: 1, .nmi: 1]

  /// Schedules of four CPUs on a machine of `cpus`.
  private func outcomes(
    _ kind: StrategyKind, _ granularity: Granularity, cpus: Int
  ) throws -> [ScheduleOutcome] {
    let options = SimulationOptions.small(
      granularity, interrupts: Self.interrupts, started: 1)
    let machine = Machine(cpuCount: cpus, arenaByteCount: 1 << 16)
    let program = everyKind(machine, cpus: 4)
    let simulated = try SimulatedMachine(machine, options: options)
    simulated.captureStart()
    let profile = ScheduleProfile.measure(simulated, program, seed: 5)
    let strategy = kind.make(profile)
    return (0..<60).map { simulated.run(seed: $0, strategy: strategy, program) }
  }

  @Test(
    "run the schedules of a machine of few, where the others never start", arguments: kinds,
    Granularity.allCases)
  func same(kind: StrategyKind, granularity: Granularity) throws {
    let few = try outcomes(kind, granularity, cpus: 4)
    #expect(Set(few.map(\.traceHash)).count > 20)
    #expect(few.allSatisfy { $0.end == .complete })
    for cpus in [64, 65, Machine.cpuCountMax] {
      #expect(try outcomes(kind, granularity, cpus: cpus) == few, "\(cpus) CPUs")
    }
  }

  /// A machine with all CPUs that one may have, each of which adds to two words, `rounds` times.
  private func adding(rounds: Int) throws -> (SimulatedMachine, SimulatedProgram, Table<Int>) {
    let machine = Machine(cpuCount: Machine.cpuCountMax, arenaByteCount: 1 << 16)
    let words = machine.arena.table(of: Int.self, count: 16)
    let lock = machine.makeLock(LockClass(0), instance: 0)
    let program = SimulatedProgram { cpu in
      for _ in 0..<rounds {
        lock.lock(cpu)
        words.plain(0).add(cpu, 1)
        lock.unlock(cpu)
        _ = words.atomic(8).add(cpu, 1)
        cpu.noteProgress()
      }
    }
    let simulated = try SimulatedMachine(machine, options: .small(.all, pointsMax: 100_000))
    simulated.captureStart()
    return (simulated, program, words)
  }

  @Test("do real work on all of them with every drawn strategy", arguments: kinds)
  func drawn(kind: StrategyKind) throws {
    let (simulated, program, words) = try adding(rounds: 2)
    let strategy = kind.make(ScheduleProfile.measure(simulated, program, seed: 1))
    for seed in 0..<2 {
      let outcome = simulated.run(seed: UInt64(seed), strategy: strategy, program)
      #expect(outcome.end == .complete)
      #expect(words[0] == 2 * Machine.cpuCountMax)
      #expect(words[8] == 2 * Machine.cpuCountMax)
      #expect((0..<Machine.cpuCountMax).allSatisfy { simulated.pointsPassed(by: $0) >= 10 })
      #expect(simulated.run(seed: UInt64(seed), strategy: strategy, program) == outcome)
    }
  }

  @Test("do real work on all of them with every search", arguments: SystematicKind.allCases)
  func searched(kind: SystematicKind) throws {
    let (simulated, program, words) = try adding(rounds: 1)
    let search = SystematicSearch(simulated, kind, program: program)
    let outcome = search.explore(boundMax: 1, schedulesMax: 4)
    #expect(outcome.schedules > 1 && outcome.found.isEmpty)
    #expect(words[0] == Machine.cpuCountMax && words[8] == Machine.cpuCountMax)
  }

  @Test("are recorded and repeated from their deviations")
  func repeated() throws {
    let (simulated, program, words) = try adding(rounds: 2)
    let replayer = Replayer(simulated, program)
    let done = replayer.record(seed: 3, strategy: RandomWalk())
    #expect(done.script.deviations.contains { $0.cpu > 64 && $0.target > 64 })
    #expect(replayer.replay(done.script) == done)
    #expect(words[0] == 2 * Machine.cpuCountMax)
  }

  @Test("tell who waits for whom")
  func deadlock() throws {
    let machine = Machine(cpuCount: Machine.cpuCountMax, arenaByteCount: 1 << 16)
    let locks = (0..<2).map { machine.makeLock(LockClass(0), instance: $0) }
    let program = SimulatedProgram { cpu in
      let order = cpu.id == 100 ? [0, 1] : cpu.id == 200 ? [1, 0] : []
      for index in order { locks[index].lock(cpu) }
      for index in order { locks[index].unlock(cpu) }
    }
    let simulated = try SimulatedMachine(machine, options: .small(pointsMax: 100_000))
    simulated.captureStart()
    let strategy = RandomWalk()
    let found = (0..<100).first {
      simulated.run(seed: $0, strategy: strategy, program).end == .deadlock
    }
    #expect(found != nil)
    #expect(Set(simulated.waits.map(\.cpu)) == [100, 200])
  }

  @Test("have a clock for each context of each CPU", arguments: [true, false])
  func races(hasLock: Bool) throws {
    let machine = Machine(cpuCount: Machine.cpuCountMax, arenaByteCount: 1 << 16)
    let words = machine.arena.table(of: Int.self, count: 8)
    let lock = machine.makeLock(LockClass(0), instance: 0)
    let program = SimulatedProgram { cpu in
      // Their contexts' numbers are the same in eight bits.
      if cpu.id != 2 && cpu.id != 66 { return }
      if hasLock { lock.lock(cpu) }
      words.plain(0).write(cpu, cpu.id)
      if hasLock { lock.unlock(cpu) }
    }
    let simulated = try SimulatedMachine(machine, options: .small(.all))
    simulated.captureStart()
    let detector = RaceDetector(machine)
    simulated.observe(detector)
    _ = simulated.run(seed: 1, strategy: RandomWalk(), program)
    #expect(detector.races.count == (hasLock ? 0 : 1))
    for race in detector.races { #expect(Set([race.first.cpu, race.second.cpu]) == [2, 66]) }
  }
}
