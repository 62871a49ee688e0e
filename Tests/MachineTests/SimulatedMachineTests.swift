// A simulated machine runs every interleaving that a strategy asks for, and nothing of one schedule
// is left in the next.

import Testing

@testable import Machine

@Suite("Simulated machine")
struct SimulatedMachineTests {
  @Test("two CPUs that add without a lock lose an update in some schedules of granularity all")
  func lostUpdate() throws {
    var totals = Set<Int>()
    let two = try TwoCPUs(.all)
    let schedules = two.exhaust { cpu in
      two.word.plain(0).add(cpu, 1)
    } atEnd: { _ in
      totals.insert(two.word[0])
    }
    #expect(totals == [1, 2])
    #expect(schedules.allSatisfy { $0.end == .complete })
    // Two operations each interleave in six ways.
    #expect(schedules.count == 6)
    #expect(Set(schedules.map(\.traceHash)).count == 6)
  }

  @Test("at granularity sync a plain access is no place for another CPU")
  func granularitySync() throws {
    var totals = Set<Int>()
    let two = try TwoCPUs(.sync)
    let schedules = two.exhaust { cpu in
      two.word.plain(0).add(cpu, 1)
    } atEnd: { _ in
      totals.insert(two.word[0])
    }
    #expect(totals == [2])
    #expect(schedules.count == 1)
  }

  @Test("a marked access is a place for another CPU at either", arguments: Granularity.allCases)
  func markedAccess(granularity: Granularity) throws {
    var totals = Set<Int>()
    let two = try TwoCPUs(granularity)
    _ = two.exhaust { cpu in
      two.word.marked(0).add(cpu, 1)
    } atEnd: { _ in
      totals.insert(two.word[0])
    }
    #expect(totals == [1, 2])
  }

  @Test("under a lock no schedule loses an update")
  func locked() throws {
    var totals = Set<Int>()
    let two = try TwoCPUs(.all)
    let schedules = two.exhaust { cpu in
      two.first.lock(cpu)
      two.word.plain(0).add(cpu, 1)
      two.first.unlock(cpu)
    } atEnd: { _ in
      totals.insert(two.word[0])
    }
    #expect(totals == [2])
    // The lock is taken by the one or by the other first.
    #expect(schedules.count == 2)
    #expect(schedules.allSatisfy { $0.end == .complete })
  }

  @Test("locks taken in opposite order deadlock in some schedules, which then end")
  func deadlock() throws {
    let two = try TwoCPUs(.sync)
    var told: [String] = []
    var completed = 0
    let schedules = two.exhaust { cpu in
      let (one, other) = cpu.id == 0 ? (two.first, two.second) : (two.second, two.first)
      one.lock(cpu.at(TestNames.here))
      other.lock(cpu.at(TestNames.there))
      other.unlock(cpu)
      one.unlock(cpu)
    } atEnd: { _ in
      completed += 1
    } eachEnd: { outcome in
      if outcome.end != .deadlock { return }
      told = two.machine.findings().findings.map(\.sentence)
    }
    let dead = schedules.filter { $0.end == .deadlock }.count
    #expect(dead > 0 && completed > 0)
    #expect(dead + completed == schedules.count)
    #expect(told.contains { $0.contains("second[2]") })
  }

  @Test("locks taken in one order never deadlock")
  func noDeadlock() throws {
    let two = try TwoCPUs(.sync)
    let schedules = two.exhaust { cpu in
      two.first.lock(cpu)
      two.second.lock(cpu)
      two.second.unlock(cpu)
      two.first.unlock(cpu)
    }
    #expect(schedules.allSatisfy { $0.end == .complete })
  }

  @Test("CPUs that wait for a flag which nobody sets are a livelock at the bound on points")
  func livelock() throws {
    let two = try TwoCPUs(.sync, pointsMax: 100)
    two.simulated.options.livelockPoints = 50
    let outcome = two.walk(seed: 1) { cpu in
      while two.word.marked(0).read(cpu) == 0 { cpu.relax() }
    }
    #expect(outcome.end == .livelock)
    #expect(outcome.points == 100)
    #expect(two.machine.findings().findings.map(\.rule) == ["livelock"])
  }

  @Test("a program that gets on but does not end is cut, not a livelock")
  func cut() throws {
    let two = try TwoCPUs(.sync, pointsMax: 100)
    two.simulated.options.livelockPoints = 50
    let outcome = two.walk(seed: 1) { cpu in
      while true {
        two.word.marked(0).add(cpu, 1)
        cpu.noteProgress()
      }
    }
    #expect(outcome.end == .cut)
    #expect(outcome.points == 100)
    #expect(two.machine.findings().findings.isEmpty)
  }

  @Test("a CPU that spins for another ends by the fair suffix under any strategy")
  func fairSuffix() throws {
    let two = try TwoCPUs(.sync, pointsMax: 200)
    let program = SimulatedProgram { cpu in
      if cpu.id == 1 { return two.word.marked(0).write(cpu, 1) }
      while two.word.marked(0).read(cpu) == 0 {}
    }
    let outcome = two.simulated.run(seed: 1, strategy: OnlyFirst(), program)
    #expect(outcome.end == .complete)
    #expect(outcome.points > 100)
  }

  @Test("the same seed gives the same schedule, other seeds give others")
  func seeds() throws {
    let body: (TwoCPUs) -> (CPU) -> Void = { two in
      { cpu in for _ in 0..<10 { two.word.marked(0).add(cpu, 1) } }
    }
    let two = try TwoCPUs(.sync)
    let outcomes = (0..<50).map { two.walk(seed: $0, body(two)) }
    let other = try TwoCPUs(.sync)
    #expect((0..<50).map { other.walk(seed: $0, body(other)) } == outcomes)
    #expect(Set(outcomes.map(\.traceHash)).count == 50)
  }

  @Test("memory is put back between schedules, whatever kind of access wrote it")
  func memoryIsPutBack() throws {
    let machine = Machine.small(cpus: 1)
    let table = machine.arena.table(of: Int.self, count: 64)
    let words = machine.arena.table(of: UInt32.self, count: 16)
    let lock = machine.makeLock(TestNames.first, instance: 0)
    for index in 0..<64 { table[index] = index }
    words.fill(with: 9)
    for granularity in Granularity.allCases {
      let simulated = try SimulatedMachine(machine, granularity)
      simulated.captureStart()
      var starts: [[Int]] = []
      for seed in UInt64(0)..<3 {
        starts.append((0..<64).map { table[$0] } + (0..<16).map { Int(words[$0]) })
        let outcome = simulated.run(
          seed: seed, strategy: ScheduleStrategy(),
          SimulatedProgram { cpu in
            // The lock stays taken.
            #expect(lock.tryLock(cpu))
            for index in stride(from: 0, to: 32, by: 4) { table.plain(index).write(cpu, -1) }
            for index in stride(from: 32, to: 48, by: 4) { table.marked(index).write(cpu, -2) }
            for index in stride(from: 48, to: 64, by: 4) { _ = table.atomic(index).add(cpu, 100) }
            words.marked(3).write(cpu, 1)
            words.atomic(7).write(cpu, 2)
          } atEnd: { cpu in
            table.plain(1).write(cpu, 77)
          })
        #expect(outcome.end == .complete)
        #expect(table[1] == 77 && table[0] == -1 && table[32] == -2 && table[48] == 148)
        _ = simulated.run(
          seed: 0, strategy: ScheduleStrategy(), SimulatedProgram(body: { _ in }))
      }
      #expect(starts == [starts[0], starts[0], starts[0]])
      #expect(starts[0] == Array(0..<64) + [Int](repeating: 9, count: 16))
    }
  }

  @Test("a start that is captured after a schedule has none of what the schedule wrote")
  func capturedAgain() throws {
    let machine = Machine(cpuCount: 1)
    let first = machine.plain("first", 1)
    let simulated = try SimulatedMachine(machine)
    simulated.captureStart()
    let program = SimulatedProgram { cpu in first.write(cpu, first.read(cpu) + 1) }
    _ = simulated.run(seed: 0, strategy: ScheduleStrategy(), program)
    let second = machine.marked("second", 5)
    simulated.captureStart()
    var seen: [Int] = []
    let look = SimulatedProgram { cpu in
      seen.append(first.read(cpu))
      seen.append(second.read(cpu))
      second.write(cpu, 6)
    }
    for seed in UInt64(0)..<2 { _ = simulated.run(seed: seed, strategy: ScheduleStrategy(), look) }
    #expect(seen == [1, 5, 1, 5])
  }

  @Test("a failing schedule leaves nothing behind for the next")
  func afterFailure() throws {
    func body(_ two: TwoCPUs, fails: Bool) -> (CPU) -> Void {
      { cpu in
        two.first.lockIRQSave(cpu)
        two.word.plain(0).add(cpu, 1)
        if fails && two.word[0] == 2 { cpu.at(TestNames.here).bug(TestNames.broken) }
        two.first.unlockIRQRestore(cpu)
      }
    }
    let fresh = try TwoCPUs(.all)
    let expected = fresh.walk(seed: 8, body(fresh, fails: false))
    let two = try TwoCPUs(.all)
    for seed in UInt64(0)..<20 {
      #expect(two.walk(seed: seed, body(two, fails: true)).end == .finding)
      #expect(two.machine.findings().findings.map(\.signature) == ["broken at here"])
      #expect(two.walk(seed: 8, body(two, fails: false)) == expected)
      #expect(two.machine.findings().findings.isEmpty)
      #expect(two.word[0] == 2)
    }
  }

  @Test("a rule that breaks at the end is the schedule's finding")
  func findingAtEnd() throws {
    let two = try TwoCPUs(.sync)
    let outcome = two.simulated.run(
      seed: 1, strategy: ScheduleStrategy(),
      SimulatedProgram(body: { _ in }, atEnd: { $0.at(TestNames.there).bug(TestNames.broken) }))
    #expect(outcome.end == .finding)
    #expect(two.machine.findings().findings.map(\.signature) == ["broken at there"])
  }
}

extension SimulatedMachine {
  convenience init(
    _ machine: Machine, _ granularity: Granularity, pointsMax: Int = 20_000,
    interrupts: [InterruptSource: Int] = [:]
  ) throws {
    var options = SimulationOptions()
    options.granularity = granularity
    options.pointsMax = pointsMax
    options.interruptBudget = interrupts
    try self.init(machine, options: options)
  }
}

/// Unfair: CPU 0 as long as it can go on.
private final class OnlyFirst: ScheduleStrategy {
  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    ScheduleChoice(cpu: view.enabled.first)
  }
}
