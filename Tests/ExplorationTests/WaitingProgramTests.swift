// Programs whose CPUs wait for each other, for time and for interrupts in uncommon ways.

import Exploration
import Machine
import Testing

@Suite("CPUs that wait")
struct WaitingProgramTests {
  private func simulated(
    _ machine: Machine, interrupts: Int = 0, started: Int? = nil
  ) throws -> SimulatedMachine {
    var options = SimulationOptions()
    options.interruptBudget = interrupts > 0 ? [.nic: interrupts] : [:]
    options.startedCPUs = started
    options.pointsMax = 400
    return try SimulatedMachine(machine, options: options)
  }

  private func allSchedules(
    _ simulated: SimulatedMachine, _ body: @escaping (CPU) -> Void
  ) throws -> SystematicOutcome {
    let program = SimulatedProgram(body: body)
    let outcome = SystematicSearch(simulated, .exhaustive, program: program).explore()
    try #require(outcome.isExhausted)
    return outcome
  }

  /// How 50 random schedules ended, and after how many points.
  private func ends(
    _ simulated: SimulatedMachine, _ body: @escaping (CPU) -> Void
  ) -> [(end: ScheduleEnd, points: Int)] {
    let explorer = Explorer(
      simulated, plan: ExplorationPlan(.random, .sync), program: SimulatedProgram(body: body))
    return (0..<50 as Range<UInt64>).map { index in
      let outcome = explorer.run(index: index, seed: 5).outcome
      return (outcome.end, outcome.points)
    }
  }

  @Test("a cycle that is there once all have started ends the schedule at once")
  func cycleAtStart() throws {
    let pair = ends(try simulated(Machine(cpuCount: 3))) { cpu in
      if cpu.id < 2 { return cpu.join(1 - cpu.id) }
      while true {
        cpu.relax()
        cpu.noteProgress()
      }
    }
    #expect(pair.allSatisfy { $0.end == .deadlock && $0.points == 1 })
    let machine = Machine(cpuCount: 2)
    let word = machine.marked("word")
    let alone = ends(try simulated(machine)) { cpu in
      if cpu.id == 0 { return cpu.join(0) }
      for value in 0..<3 { word.write(cpu, value) }
    }
    #expect(alone.allSatisfy { $0.end == .deadlock && $0.points == 1 })
  }

  @Test("a cycle that a spawned CPU closes ends the schedule at once")
  func cycleAtSpawn() throws {
    let machine = Machine(cpuCount: 3)
    let word = machine.marked("word")
    let ends = ends(try simulated(machine, started: 2)) { cpu in
      switch cpu.id {
      case 0:
        // Once CPU 1 waits.
        while word.read(cpu) == 0 { cpu.relax() }
        cpu.spawn(2)
        while true {
          cpu.relax()
          cpu.noteProgress()
        }
      case 1:
        word.write(cpu, 1)
        cpu.join(2)
      default: cpu.join(1)
      }
    }
    #expect(ends.allSatisfy { $0.end == .deadlock && $0.points < 400 }, "\(ends)")
  }

  @Test("a CPU that is none is not joined")
  func joinNobody() throws {
    for other in [2, 3, 64, 65, -1, -2] {
      let ends = ends(try simulated(Machine(cpuCount: 2))) { cpu in
        if cpu.id == 0 { cpu.join(other) }
      }
      #expect(ends.allSatisfy { $0.end == .finding }, "\(other)")
    }
  }

  @Test("time passes although an interrupt may come", arguments: [1, 2])
  func sleepOrInterrupt(cpus: Int) throws {
    let machine = Machine(cpuCount: cpus)
    let (word, other) = (machine.marked("word"), machine.marked("other"))
    machine.setHandler(ProgramHandler { word.write($0, 1) }, for: .nic)
    let outcome = try allSchedules(try simulated(machine, interrupts: 1)) { cpu in
      if cpu.id == 1 {
        _ = other.read(cpu)
        return
      }
      cpu.sleep(ticks: 5)
      cpu.check(word.read(cpu) == 1)
    }
    // The interrupt comes before the look, or it does not.
    #expect(outcome.failing > 0 && outcome.failing < outcome.schedules, "\(outcome)")
  }

  /// All schedules of a CPU that waits for one word, its handler for another, and a CPU beside it.
  private func waitsTwice(
    _ other: @escaping (_ cpu: CPU, _ own: AtomicCell, _ handlers: AtomicCell) -> Void
  ) throws -> SystematicOutcome {
    let machine = Machine(cpuCount: 2)
    let (own, handlers) = (machine.atomic("own"), machine.atomic("handlers"))
    machine.setHandler(
      ProgramHandler { cpu in if cpu.id == 0 { handlers.wait(cpu, while: 0) } }, for: .nic)
    return try allSchedules(try simulated(machine, interrupts: 1)) { cpu in
      if cpu.id == 0 { return own.wait(cpu, while: 0) }
      other(cpu, own, handlers)
    }
  }

  @Test("a handler that waits for a word leaves its task waiting for another")
  func handlerWaits() throws {
    let never = try waitsTwice { cpu, _, handlers in handlers.wake(cpu) }
    #expect(never.failing == 10 && never.schedules == 10, "\(never)")
  }

  @Test("a task is woken while its handler waits")
  func wokenOutside() throws {
    let always = try waitsTwice { cpu, own, handlers in
      _ = own.add(cpu, 1)
      _ = handlers.add(cpu, 1)
      own.wake(cpu)
      handlers.wake(cpu)
    }
    #expect(always.failing == 0 && always.schedules > 10, "\(always)")
  }
}
