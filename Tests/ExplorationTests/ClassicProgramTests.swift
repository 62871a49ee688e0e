// Classic programs of shared memory, written as a user of the library would: each is found wrong in
// its wrong form, and right in all schedules in its right one.

import Exploration
import Machine
import MachineChecks
import Testing

struct ClassicProgramTests {
  /// All schedules of a program on a machine, with points at plain accesses too.
  private func allSchedules(
    _ machine: Machine, _ body: @escaping (CPU) -> Void, atEnd: ((CPU) -> Void)? = nil
  ) throws -> SystematicOutcome {
    let simulated = try SimulatedMachine(machine)
    simulated.options.granularity = .all
    let program = SimulatedProgram(body: body, atEnd: atEnd)
    let outcome = SystematicSearch(simulated, .exhaustive, program: program).explore()
    try #require(outcome.isExhausted)
    return outcome
  }

  /// The rules that schedules broke.
  private func rules(_ outcome: SystematicOutcome) -> Set<String> {
    Set(outcome.found.flatMap { $0.schedule.findings.map(\.rule) })
  }

  @Test("an update is lost between a read and a write, and not with a lock around both")
  func lostUpdate() throws {
    for isLocked in [false, true] {
      let machine = Machine(cpuCount: 2)
      let lock = machine.lock("lock")
      let count = machine.plain("count")
      let outcome = try allSchedules(machine) { cpu in
        if isLocked { lock.lock(cpu) }
        count.write(cpu, count.read(cpu) + 1)
        if isLocked { lock.unlock(cpu) }
      } atEnd: { cpu in
        cpu.check(count.read(cpu) == 2)
      }
      #expect(rules(outcome) == (isLocked ? [] : ["check"]))
      // Of the six orders of two reads and two writes, two keep both updates.
      if !isLocked { #expect(outcome.schedules == 6 && outcome.failing == 4) }
    }
  }

  @Test("two locks in both orders are a deadlock, told edge by edge")
  func bothOrders() throws {
    for isOrdered in [false, true] {
      let machine = Machine(cpuCount: 2)
      let (left, right) = (machine.lock("left"), machine.lock("right"))
      let outcome = try allSchedules(machine) { cpu in
        let isFirst = isOrdered || cpu.id == 0
        let (outer, inner) = isFirst ? (left, right) : (right, left)
        outer.lock(cpu)
        inner.lock(cpu)
        inner.unlock(cpu)
        outer.unlock(cpu)
      }
      #expect(rules(outcome) == (isOrdered ? [] : ["deadlock"]))
      let told = outcome.found.first?.schedule.deadlock ?? []
      #expect(told.count == (isOrdered ? 0 : 2))
      for lock in ["left", "right"] where !isOrdered {
        #expect(told.contains { $0.contains(lock) }, "\(told)")
      }
    }
  }

  @Test("a wake between the look at a flag and the wait is lost, unless the wait looks itself")
  func lostWakeup() throws {
    for looksItself in [false, true] {
      let machine = Machine(cpuCount: 2)
      let ready = machine.marked("ready")
      let bell = machine.atomic("bell")
      let outcome = try allSchedules(machine) { cpu in
        if cpu.id == 0 {
          let rung = bell.read(cpu)
          if ready.read(cpu) == 0 { bell.wait(cpu, while: looksItself ? rung : bell.read(cpu)) }
        } else {
          ready.write(cpu, 1)
          _ = bell.add(cpu, 1)
          bell.wake(cpu)
        }
      }
      #expect(rules(outcome) == (looksItself ? [] : ["deadlock"]))
    }
  }

  @Test("a reader of a sequence sees half an update, unless it looks at the sequence again")
  func sequence() throws {
    for looksAgain in [false, true] {
      let machine = Machine(cpuCount: 2)
      let sequence = machine.marked("sequence")
      let (low, high) = (machine.marked("low"), machine.marked("high"))
      let outcome = try allSchedules(machine) { cpu in
        if cpu.id == 0 {
          sequence.write(cpu, 1)
          low.write(cpu, 7)
          high.write(cpu, 7)
          return sequence.write(cpu, 2)
        }
        while true {
          let before = sequence.read(cpu)
          let (a, b) = (low.read(cpu), high.read(cpu))
          let isWhole = before % 2 == 0 && sequence.read(cpu) == before
          if isWhole || !looksAgain { return cpu.check(a == b) }
          cpu.relax()
        }
      }
      #expect(rules(outcome) == (looksAgain ? [] : ["check"]))
    }
  }

  @Test("what is replaced if it is as expected is counted once, whatever the order")
  func replacing() throws {
    let machine = Machine(cpuCount: 2)
    let top = machine.atomic("top", 5)
    let outcome = try allSchedules(machine) { cpu in
      var seen = top.read(cpu)
      while !top.replace(cpu, seen, with: seen + 1) {
        cpu.relax()
        seen = top.read(cpu)
      }
    } atEnd: { cpu in
      cpu.check(top.read(cpu) == 7)
    }
    #expect(outcome.failing == 0 && outcome.schedules > 2)
  }
}
