// The race detector between the contexts of one CPU, and between CPUs that start, join and wake
// each other.

import MachineChecks
import Testing

@testable import Machine

/// One schedule of an even walk after another, judged.
private struct ContextProgram {
  let machine: Machine
  let simulated: SimulatedMachine
  let data: Table<Int>
  let detector: RaceDetector

  init(interrupts: [InterruptSource: Int] = [:], started: Int? = nil) throws {
    machine = Machine.small(cpus: 3)
    data = machine.arena.table(of: Int.self, count: 16)
    var options = SimulationOptions()
    options.interruptBudget = interrupts
    options.startedCPUs = started
    simulated = try SimulatedMachine(machine, options: options)
    simulated.captureStart()
    detector = RaceDetector(machine)
    simulated.observe(detector)
  }

  /// Runs 300 schedules; true if one had a race.
  func races(_ body: @escaping (CPU) -> Void) -> Bool {
    let walk = EvenWalk()
    let program = SimulatedProgram(body: body)
    for seed in 0..<300 as Range<UInt64> {
      let outcome = simulated.run(seed: seed, strategy: walk, program)
      #expect([.complete, .finding].contains(outcome.end))
    }
    return !detector.races.isEmpty
  }
}

@Suite("Race detector, contexts")
struct RaceContextTests {
  @Test("a task races with its CPU's own handler unless interrupts are off", arguments: [0, 1])
  func interruptMask(masked: Int) throws {
    let program = try ContextProgram(interrupts: [.nic: 1])
    let data = program.data
    program.machine.setHandler(
      ClosureHandler { data.plain(0).add($0.at(TestNames.there), 1) }, for: .nic)
    let races = program.races { cpu in
      if cpu.id != 0 { return }
      if masked == 1 { cpu.disableInterrupts() }
      data.plain(0).add(cpu.at(TestNames.here), 1)
      if masked == 1 { cpu.enableInterrupts() }
      data.marked(8).write(cpu, 1)
    }
    #expect(races == (masked == 0))
    let contexts = program.detector.races.map { [$0.first.context, $0.second.context] }
    #expect(contexts.allSatisfy { $0.contains(.hardirq) && $0.contains(.task) })
  }

  @Test("the race with the handler shows in a schedule where no update was lost")
  func withoutHarm() throws {
    let program = try ContextProgram(interrupts: [.nic: 1])
    let data = program.data
    program.machine.setHandler(ClosureHandler { data.plain(0).add($0, 1) }, for: .nic)
    let handlerFirst = NICFirst()
    let outcome = program.simulated.run(seed: 0, strategy: handlerFirst) { cpu in
      if cpu.id != 0 { return }
      data.marked(8).write(cpu, 1)
      data.plain(0).add(cpu, 1)
    }
    #expect(outcome.end == .finding)
    #expect(data[0] == 2)
    #expect(program.detector.races.allSatisfy { $0.first.context == .hardirq })
    #expect(program.detector.races.map(\.second.kind) == ["plain read", "plain write"])
  }

  @Test("interrupts off on another CPU exclude nothing")
  func otherCPU() throws {
    let program = try ContextProgram(interrupts: [.nic: 2])
    let data = program.data
    program.machine.setHandler(ClosureHandler { data.plain(0).add($0, 1) }, for: .nic)
    #expect(
      program.races { cpu in
        data.marked(8).write(cpu, 1)
        cpu.disableInterrupts()
        data.plain(0).add(cpu, 1)
        cpu.enableInterrupts()
      })
  }

  @Test(
    "a task races with a softirq unless softirqs or interrupts are off",
    arguments: ["none", "softirqs", "interrupts", "both"])
  func softirqMask(mask: String) throws {
    let program = try ContextProgram(interrupts: [.nic: 2])
    let data = program.data
    program.machine.setHandler(ClosureHandler { $0.raiseSoftirq(.network) }, for: .nic)
    program.machine.setHandler(ClosureHandler { data.plain(0).add($0, 1) }, for: .network)
    let races = program.races { cpu in
      if cpu.id != 0 { return }
      data.marked(8).write(cpu, 1)
      if mask == "softirqs" || mask == "both" { cpu.disableSoftirqs() }
      if mask == "interrupts" || mask == "both" { cpu.disableInterrupts() }
      data.plain(0).add(cpu, 1)
      data.marked(8).write(cpu, 2)
      if mask == "interrupts" || mask == "both" { cpu.enableInterrupts() }
      if mask == "softirqs" || mask == "both" { cpu.enableSoftirqs() }
      data.marked(8).write(cpu, 3)
    }
    #expect(races == (mask == "none"))
  }

  @Test("softirqs off do not keep a hardirq out")
  func softirqsAgainstHardirq() throws {
    let program = try ContextProgram(interrupts: [.nic: 1])
    let data = program.data
    program.machine.setHandler(ClosureHandler { data.plain(0).add($0, 1) }, for: .nic)
    #expect(
      program.races { cpu in
        if cpu.id != 0 { return }
        cpu.disableSoftirqs()
        data.plain(0).add(cpu, 1)
        data.marked(8).write(cpu, 1)
        cpu.enableSoftirqs()
      })
  }

  @Test("a softirq sees what raised it, also one that runs already")
  func raise() throws {
    let program = try ContextProgram(interrupts: [.nic: 3])
    let data = program.data
    program.machine.setHandler(
      ClosureHandler { cpu in
        if data.marked(4 + cpu.id).read(cpu) != 0 { return }
        data.plain(cpu.id).write(cpu, 7)
        data.marked(4 + cpu.id).write(cpu, 1)
        cpu.raiseSoftirq(.network)
      }, for: .nic)
    program.machine.setHandler(
      ClosureHandler { cpu in
        data.marked(9).add(cpu, data.plain(cpu.id).read(cpu))
      }, for: .network)
    #expect(!program.races { cpu in for _ in 0..<4 { data.marked(10 + cpu.id).add(cpu, 1) } })
  }

  @Test("what is raised while a softirq runs is seen in its next round")
  func raisedMeanwhile() throws {
    let program = try ContextProgram(interrupts: [.nic: 1, .block: 1])
    let data = program.data
    program.machine.setHandler(ClosureHandler { $0.raiseSoftirq(.network) }, for: .nic)
    program.machine.setHandler(
      ClosureHandler { cpu in
        data.plain(0).write(cpu, 7)
        cpu.raiseSoftirq(.block)
      }, for: InterruptSource.block)
    program.machine.setHandler(ClosureHandler { data.marked(8).add($0, 1) }, for: .network)
    program.machine.setHandler(
      ClosureHandler { data.marked(9).add($0, data.plain(0).read($0)) },
      for: SoftirqVector.block)
    #expect(
      !program.races { cpu in
        if cpu.id == 0 { for _ in 0..<4 { data.marked(10).add(cpu, 1) } }
      })
  }

  @Test("who sends an interrupt comes before its handler")
  func send() throws {
    let program = try ContextProgram()
    let data = program.data
    program.machine.setHandler(
      ClosureHandler { data.marked(9).add($0, data.plain(0).read($0)) }, for: .interProcessor)
    #expect(
      !program.races { cpu in
        if cpu.id == 1 { for _ in 0..<6 { data.marked(8).add(cpu, 1) } }
        if cpu.id != 0 { return }
        data.plain(0).write(cpu, 3)
        cpu.interruptCPU(1)
      })
  }

  @Test("spawn and join order; without the join there is a race", arguments: [false, true])
  func spawnAndJoin(joins: Bool) throws {
    let program = try ContextProgram(started: 1)
    let data = program.data
    let races = program.races { cpu in
      if cpu.id == 0 {
        data.plain(0).write(cpu, 1)
        cpu.spawn(1)
        cpu.spawn(2)
        if joins {
          cpu.join(1)
          cpu.join(2)
        }
        data.plain(1).write(cpu, data.plain(2).read(cpu) + data.plain(3).read(cpu))
      } else {
        data.plain(1 + cpu.id).write(cpu, data.plain(0).read(cpu))
        data.marked(8).write(cpu, 1)
      }
    }
    #expect(races == !joins)
  }

  @Test("wake comes before the end of the wait, which a marked write alone does not")
  func wake() throws {
    let program = try ContextProgram()
    let data = program.data
    let word = data.atomic(8)
    #expect(
      !program.races { cpu in
        if cpu.id == 0 {
          data.plain(0).write(cpu, 1)
          _ = word.add(cpu, 1)
          word.wake(cpu)
        } else if cpu.id == 1 {
          word.wait(cpu, while: 0)
          if word.add(cpu, 0) == 1 { _ = data.plain(0).read(cpu) }
        }
      })
  }

  @Test("a failed schedule leaves no clock to the next, and many schedules agree with one alone")
  func reset() throws {
    let program = try ContextProgram()
    let data = program.data
    let walk = EvenWalk()
    let racy = SimulatedProgram { cpu in
      data.plain(0).write(cpu, 1)
      if cpu.id == 1 { cpu.bug(TestNames.broken) }
    }
    let sound = SimulatedProgram { cpu in
      if cpu.id == 0 { data.plain(0).write(cpu, 1) }
      data.marked(8).add(cpu, 1)
    }
    for seed in 0..<50 as Range<UInt64> {
      _ = program.simulated.run(seed: seed, strategy: walk, racy)
      let outcome = program.simulated.run(seed: seed, strategy: walk, sound)
      #expect(outcome.end == .complete)
    }
  }
}

/// The default schedule, but the interrupt comes as soon as it can.
private final class NICFirst: ScheduleStrategy {
  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let cpus = view.deliverable(.nic)
    return cpus.contains(0) ? ScheduleChoice(.nic, to: 0) : view.defaultChoice
  }
}
