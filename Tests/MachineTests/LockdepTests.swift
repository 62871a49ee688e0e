// Lockdep on small programs: orders that deadlock in no schedule that is run are reported all the
// same, and orders that are sound are not.

import MachineChecks
import Testing

@testable import Machine

/// Programs of one machine, each run once by the default schedule, judged together.
private final class LockProgram {
  let machine: Machine
  let simulated: SimulatedMachine
  let locks: [SpinLock]
  let lockdep: Lockdep
  private var runs: UInt64 = 0

  init(interrupts: [InterruptSource: Int] = [:], classes: [Int] = [0, 1, 2, 3]) throws {
    var catalog = TestNames.catalog
    catalog.add(lockClasses: [(2, "third"), (3, "fourth")])
    machine = Machine(cpuCount: 2, arenaByteCount: 1 << 18, catalog: catalog)
    machine.reset(seed: 1)
    let machine = machine
    locks = classes.enumerated().map {
      machine.makeLock(LockClass(UInt8($0.element)), instance: $0.offset)
    }
    var options = SimulationOptions()
    options.interruptBudget = interrupts
    simulated = try SimulatedMachine(machine, options: options)
    simulated.captureStart()
    lockdep = Lockdep(simulated)
  }

  /// One schedule; CPU 1 comes after CPU 0, interrupts at the first point.
  func run(_ body: @escaping (CPU) -> Void) {
    let outcome = simulated.run(seed: runs, strategy: InterruptsFirst(), body)
    runs += 1
    #expect(outcome.end == .complete)
  }

  /// CPU 0 takes these locks, one under the other, and lets go of them.
  func nest(_ order: [Int], on cpuID: Int = 0, site: Site = TestNames.here) {
    let locks = locks
    run { cpu in
      if cpu.id != cpuID { return }
      for lock in order { locks[lock].lock(cpu.at(site)) }
      for lock in order.reversed() { locks[lock].unlock(cpu.at(site)) }
    }
  }

  var rules: [String] {
    lockdep.violations.map { $0.finding(machine.catalog).rule }
  }
}

/// Interrupts as soon as they can come to CPU 0, else the default schedule.
private final class InterruptsFirst: ScheduleStrategy {
  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    for source in InterruptSource.allCases where view.deliverable(source).contains(0) {
      return ScheduleChoice(source, to: 0)
    }
    return view.defaultChoice
  }
}

@Suite("Lockdep")
struct LockdepTests {
  @Test("two orders in two schedules, neither of which deadlocks, are a cycle with a seed an edge")
  func inverted() throws {
    let program = try LockProgram()
    program.nest([0, 1])
    #expect(program.rules == [])
    program.nest([1])
    program.nest([1, 0], on: 1, site: TestNames.there)
    let violation = try #require(program.lockdep.violations.first)
    #expect(program.rules == ["lock-order"])
    #expect(violation.classes == ["first", "second", "first"])
    #expect(violation.schedules == [0, 2])
    #expect(
      violation.sentences == [
        "CPU 0 (task) held first, taken in here, and waited for second in here in schedule 0.",
        "CPU 1 (task) held second, taken in there, and waited for first in there in schedule 2.",
      ])
    let finding = violation.finding(program.machine.catalog)
    #expect(finding.signature == "lock-order at there")
    #expect(finding.subject == "first -> second -> first")
  }

  @Test("a cycle of three is told by its three edges, and none beside them")
  func three() throws {
    let program = try LockProgram()
    program.nest([0, 1])
    program.nest([1, 2])
    #expect(program.rules == [])
    program.nest([2, 0])
    let violations = program.lockdep.violations
    #expect(violations.map(\.classes) == [["first", "second", "third", "first"]])
    #expect(violations.first?.schedules == [0, 1, 2])
  }

  @Test("a longer chain is told by its shortest cycle")
  func minimal() throws {
    let program = try LockProgram()
    program.nest([0, 1, 2, 3])
    program.nest([3, 0])
    #expect(program.lockdep.violations.map(\.classes) == [["first", "fourth", "first"]])
  }

  @Test("one order everywhere is sound")
  func sound() throws {
    let program = try LockProgram()
    for order in [[0, 1, 2], [0, 2], [1, 2, 3], [0, 3]] { program.nest(order) }
    #expect(program.rules == [])
  }

  @Test(
    "a class that a hardirq waits for is not held with interrupts on", arguments: [false, true])
  func interrupt(masked: Bool) throws {
    let program = try LockProgram(interrupts: [.nic: 1])
    let lock = program.locks[0]
    program.machine.setHandler(
      ClosureHandler { cpu in
        lock.lock(cpu.at(TestNames.there))
        lock.unlock(cpu)
      }, for: .nic)
    program.run { cpu in
      if cpu.id != 0 { return }
      cpu.relax()
      if masked { cpu.disableInterrupts() }
      lock.lock(cpu.at(TestNames.here))
      lock.unlock(cpu)
      if masked { cpu.enableInterrupts() }
    }
    #expect(program.rules == (masked ? [] : ["lock-interrupt"]))
    let sentences = program.lockdep.violations.first?.sentences ?? []
    #expect(
      sentences
        == (masked
          ? []
          : [
            "CPU 0 (hardirq) waited in an interrupt for first in there in schedule 0.",
            "CPU 0 (task) held first, taken in here, with interrupts on in schedule 0.",
          ]))
  }

  @Test("a lock held while interrupts go on counts, although it was taken with them off")
  func turnedOn() throws {
    let program = try LockProgram(interrupts: [.nic: 1])
    let locks = program.locks
    program.machine.setHandler(
      ClosureHandler { cpu in
        locks[0].lock(cpu)
        locks[0].unlock(cpu)
      }, for: .nic)
    program.run { cpu in
      if cpu.id != 0 { return }
      cpu.relax()
      cpu.disableInterrupts()
      locks[0].lock(cpu)
      cpu.enableInterrupts()
      locks[0].unlock(cpu)
    }
    #expect(program.rules == ["lock-interrupt"])
  }

  @Test("softirqs count apart: with softirqs off, or interrupts, a class may be waited for in one")
  func softirq() throws {
    for (mask, expected) in [("none", ["lock-interrupt"]), ("softirqs", []), ("interrupts", [])] {
      let program = try LockProgram(interrupts: [.nic: 1])
      let lock = program.locks[0]
      program.machine.setHandler(ClosureHandler { $0.raiseSoftirq(.network) }, for: .nic)
      program.machine.setHandler(
        ClosureHandler { cpu in
          lock.lock(cpu)
          lock.unlock(cpu)
        }, for: .network)
      program.run { cpu in
        if cpu.id != 0 { return }
        cpu.relax()
        if mask == "softirqs" { cpu.disableSoftirqs() }
        if mask == "interrupts" { cpu.disableInterrupts() }
        lock.lock(cpu)
        lock.unlock(cpu)
        if mask == "interrupts" { cpu.enableInterrupts() }
        if mask == "softirqs" { cpu.enableSoftirqs() }
      }
      #expect(program.rules == expected, "\(mask)")
    }
  }

  @Test("under a class that interrupts wait for, none is waited for that is held with them on")
  func interruptOrder() throws {
    let program = try LockProgram(interrupts: [.nic: 1])
    let locks = program.locks
    program.machine.setHandler(
      ClosureHandler { cpu in
        locks[0].lock(cpu)
        locks[0].unlock(cpu)
      }, for: .nic)
    program.run { cpu in
      if cpu.id != 0 { return }
      cpu.relax()
      locks[0].lockIRQSave(cpu)
      locks[1].lock(cpu)
      locks[2].lock(cpu)
      locks[2].unlock(cpu)
      locks[1].unlock(cpu)
      locks[0].unlockIRQRestore(cpu)
    }
    #expect(program.rules == [])
    program.nest([2])
    let violation = try #require(program.lockdep.violations.first)
    #expect(program.rules == ["lock-interrupt-order"])
    #expect(violation.classes == ["first", "third"])
    #expect(violation.schedules == [0, 0, 1])
  }

  @Test("nothing leads to a trylock, and in an interrupt it is harmless; what is under it counts")
  func tryLock() throws {
    let program = try LockProgram(interrupts: [.nic: 1])
    let locks = program.locks
    program.machine.setHandler(
      ClosureHandler { cpu in
        if locks[0].tryLock(cpu) { locks[0].unlock(cpu) }
      }, for: .nic)
    program.run { cpu in
      if cpu.id != 0 { return }
      cpu.relax()
      locks[1].lock(cpu)
      if locks[0].tryLock(cpu) { locks[0].unlock(cpu) }
      locks[1].unlock(cpu)
    }
    program.nest([0, 1])
    #expect(program.rules == [])
    program.run { cpu in
      if cpu.id != 0 || !locks[2].tryLock(cpu) { return }
      locks[0].lock(cpu)
      locks[0].unlock(cpu)
      locks[2].unlock(cpu)
    }
    program.nest([1, 2])
    #expect(program.lockdep.violations.map(\.classes) == [["first", "second", "third", "first"]])
  }

  @Test("locks of one class nest upwards only, or as a subclass")
  func nesting() throws {
    let upwards = try LockProgram(classes: [0, 0, 0])
    upwards.nest([0, 1, 2])
    #expect(upwards.rules == [])
    upwards.nest([2, 1])
    #expect(upwards.rules == ["lock-nesting"])
    let declared = try LockProgram(classes: [0, 0])
    declared.run { cpu in
      declared.locks[1].lock(cpu)
      declared.locks[0].lock(cpu, subclass: 1)
      declared.locks[0].unlock(cpu)
      declared.locks[1].unlock(cpu)
    }
    #expect(declared.rules == [])
    declared.run { cpu in
      declared.locks[0].lock(cpu, subclass: 1)
      declared.locks[1].lock(cpu)
      declared.locks[1].unlock(cpu)
      declared.locks[0].unlock(cpu)
    }
    #expect(declared.lockdep.violations.map(\.classes) == [["first", "first/1", "first"]])
  }

  @Test("two judges of parts of a campaign merge to what one judge of all says")
  func merging() throws {
    let (one, other, both) = (try LockProgram(), try LockProgram(), try LockProgram())
    one.nest([0, 1])
    other.lockdep.schedule = 1
    other.nest([1, 0], site: TestNames.there)
    both.nest([0, 1])
    both.nest([1, 0], site: TestNames.there)
    #expect(one.rules == [] && other.rules == [])
    other.lockdep.merge(one.lockdep)
    one.lockdep.merge(other.lockdep)
    #expect(one.lockdep.violations == both.lockdep.violations)
    #expect(other.lockdep.violations == both.lockdep.violations)
    #expect(both.rules == ["lock-order"])
  }

  @Test("a schedule that was left in the middle holds nothing in the next")
  func leftSchedule() throws {
    let program = try LockProgram()
    let outcome = program.simulated.run(seed: 9, strategy: ScheduleStrategy()) { cpu in
      program.locks[1].lock(cpu)
      cpu.bug(TestNames.broken)
    }
    #expect(outcome.end == .finding)
    program.nest([0])
    program.nest([0, 1])
    #expect(program.rules == [])
  }

  @Test("natively two threads that take two locks in turns are told, though they never meet")
  func native() throws {
    let machine = Machine.small(cpus: 2)
    let first = machine.makeLock(TestNames.first, instance: 0)
    let second = machine.makeLock(TestNames.second, instance: 0)
    let turn = machine.arena.table(of: UInt64.self, count: 1)
    let lockdep = Lockdep(native: machine)
    let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
      while turn.shared(0).load() != UInt64(cpu.id) { cpu.relax() }
      let order = cpu.id == 0 ? [first, second] : [second, first]
      for lock in order { lock.lock(cpu.at(TestNames.here)) }
      for lock in order { lock.unlock(cpu) }
      turn.shared(0).store(UInt64(cpu.id + 1))
    }
    #expect(outcome.stuck == [])
    #expect(lockdep.violations.map(\.classes) == [["first", "second", "first"]])
    let sentence = "CPU 0 (task) held first, taken in here, and waited for second in here."
    #expect(lockdep.violations.first?.sentences.first == sentence)
  }
}
