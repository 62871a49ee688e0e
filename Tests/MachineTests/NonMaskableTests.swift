// NMIs come wherever a CPU is, whatever it has turned off and holds, but never into each other.

import MachineChecks
import Testing

@testable import Machine

@Suite("NMIs")
struct NonMaskableTests {
  /// Two CPUs of which CPU 0 alone does anything; `count` NMIs may come.
  private func two(
    _ count: Int = 1, others: [InterruptSource: Int] = [:], _ granularity: Granularity = .all
  ) throws -> TwoCPUs {
    var interrupts = others
    interrupts[.nmi] = count
    return try TwoCPUs(granularity, interrupts: interrupts)
  }

  @Test("an NMI comes with interrupts off, where no hardirq does")
  func whereOff() throws {
    let two = try two(others: [.nic: 1])
    let place = two.machine.arena.table(of: Int.self, count: 16)
    var seen: [ContextKind: Set<Int>] = [:]
    for source in [InterruptSource.nmi, .nic] {
      two.machine.setHandler(
        ClosureHandler { cpu in
          #expect(!cpu.interruptsEnabled && cpu.context == source.context)
          seen[cpu.context, default: []].insert(place[cpu.id * 8])
        }, for: source)
    }
    let schedules = two.exhaust { cpu in
      if cpu.id == 1 { return }
      place[0] = 1
      _ = two.word.marked(0).read(cpu)
      cpu.disableInterrupts()
      place[0] = 2
      two.word.plain(0).write(cpu, 1)
      cpu.enableInterrupts()
      place[0] = 3
      _ = two.word.plain(0).read(cpu)
      place[0] = 0
    }
    #expect(seen == [.nmi: [1, 2, 3], .hardirq: [1, 3]])
    #expect(schedules.allSatisfy { $0.end == .complete })
  }

  @Test("an NMI comes into hardirqs and softirqs, and what it cut into goes on as it was")
  func nesting() throws {
    let two = try two(others: [.nic: 1])
    var into = Set<ContextKind>()
    let context = two.machine.arena.table(of: Int.self, count: 16)
    func visit(_ cpu: CPU) {
      let (kind, depth) = (cpu.context, cpu.record.pointee.interruptDepth)
      context[cpu.id * 8] = Int(kind.rawValue)
      two.word.marked(0).add(cpu, 1)
      #expect(cpu.context == kind && cpu.record.pointee.interruptDepth == depth)
      context[cpu.id * 8] = 9
    }
    two.machine.setHandler(
      ClosureHandler { cpu in
        visit(cpu)
        cpu.raiseSoftirq(.network)
      }, for: .nic)
    two.machine.setHandler(ClosureHandler { visit($0) }, for: .network)
    two.machine.setHandler(
      ClosureHandler { cpu in
        if let kind = ContextKind(rawValue: UInt8(context[cpu.id * 8])) { into.insert(kind) }
      }, for: .nmi)
    let schedules = two.exhaust { cpu in if cpu.id == 0 { visit(cpu) } }
    #expect(into == [.task, .softirq, .hardirq])
    #expect(schedules.allSatisfy { $0.end == .complete })
  }

  @Test("no NMI comes into an NMI", arguments: [1, 2, 3])
  func notIntoItself(count: Int) throws {
    let two = try two(count, .sync)
    let depth = two.machine.arena.table(of: Int.self, count: 16)
    var deepest = 0
    var most: UInt64 = 0
    two.machine.setHandler(
      ClosureHandler { cpu in
        #expect(!cpu.mayTakeNMI)
        depth[cpu.id * 8] += 1
        deepest = max(deepest, depth[cpu.id * 8])
        two.word.marked(0).add(cpu, 1)
        depth[cpu.id * 8] -= 1
      }, for: .nmi)
    _ = two.exhaust { cpu in
      if cpu.id == 0 { two.word.marked(0).add(cpu, 1) }
    } atEnd: { _ in
      most = max(most, two.machine.interrupts(.nmi).delivered)
    }
    #expect(deepest == 1 && most == UInt64(count))
  }

  @Test("an NMI that tries the lock of its task fails, and both go on")
  func tryLock() throws {
    let two = try two(.sync)
    var got = Set<Bool>()
    two.machine.setHandler(
      ClosureHandler { cpu in
        let held = two.first.tryLock(cpu)
        got.insert(held)
        if held { two.first.unlock(cpu) }
      }, for: .nmi)
    let schedules = two.exhaust { cpu in
      if cpu.id == 1 { return }
      two.first.lockIRQSave(cpu)
      two.word.marked(0).write(cpu, 1)
      two.first.unlockIRQRestore(cpu)
    }
    #expect(got == [true, false])
    #expect(schedules.allSatisfy { $0.end == .complete })
  }

  private func two(_ granularity: Granularity) throws -> TwoCPUs { try two(1, granularity) }

  private func two(_ count: Int, _ granularity: Granularity) throws -> TwoCPUs {
    try two(count, others: [:], granularity)
  }

  /// Delivers an NMI to CPU 0 as soon as it holds a lock, else the default schedule.
  private final class IntoHolder: ScheduleStrategy {
    private let lock: SpinLock
    init(_ lock: SpinLock) { self.lock = lock }
    override func choose(_ view: ScheduleView) -> ScheduleChoice {
      let comes = lock.isTaken && view.deliverable(.nmi).contains(0)
      return comes ? ScheduleChoice(.nmi, to: 0) : view.defaultChoice
    }
  }

  @Test("an NMI that waits for the lock of its task is a deadlock in the step in which it happens")
  func deadlock() throws {
    let two = try two(.sync)
    two.machine.setHandler(
      ClosureHandler { cpu in two.first.lock(cpu.at(TestNames.there)) }, for: .nmi)
    let outcome = two.simulated.run(seed: 1, strategy: IntoHolder(two.first)) { cpu in
      // CPU 1 could go on for long.
      for _ in 0..<1000 where cpu.id == 1 { _ = two.word.marked(0).read(cpu) }
      if cpu.id == 1 { return }
      two.first.lockIRQSave(cpu.at(TestNames.here))
      two.first.unlockIRQRestore(cpu)
    }
    // Interrupts off, the lock, the NMI; at the fourth there is no choice to be made.
    #expect(outcome.end == .deadlock && outcome.points == 4)
    let finding = two.machine.findings().findings.first
    #expect(finding?.rule == "deadlock" && finding?.context == "nmi" && finding?.cpu == 0)
    #expect(
      WaitForGraph(two.simulated.waits).sentences == [
        "CPU 0 waits for first[1] in there, which it took itself in here (task)"
      ])
  }

  @Test("a softirq that an NMI raised waits for the next hardirq's end")
  func softirq() throws {
    let machine = Machine.small(cpus: 1)
    let log = EventLog(machine, capacity: 8)
    machine.setHandler(ClosureHandler { $0.raiseSoftirq(.network) }, for: .nmi)
    machine.setHandler(ClosureHandler { _ in log.note(2) }, for: .network)
    machine.setHandler(ClosureHandler { _ in log.note(1) }, for: .nic)
    machine.runAlone { cpu in
      cpu.disableInterrupts()
      cpu.interrupt(from: .nmi)
      log.note(0)
      cpu.enableInterrupts()
      cpu.interrupt(from: .nmi)
      log.note(0)
      cpu.interrupt(from: .nic)
    }
    #expect(log.events == [0, 0, 1, 2])
    #expect(machine.softirqsRun == 1)
  }

  @Test("natively an NMI comes at points with interrupts off, and at none of another NMI")
  func points() {
    let machine = Machine.small(cpus: 1)
    let inside = machine.arena.table(of: Int.self, count: 2)
    let seen = EventLog(machine, capacity: 10_000)
    let cell = machine.word().marked(0)
    machine.setHandler(
      ClosureHandler { cpu in
        seen.note(inside[0] + inside[1])
        inside[1] = 2
        _ = cell.read(cpu)
        _ = cell.read(cpu)
        inside[1] = 0
      }, for: .nmi)
    machine.setPointsBetween(.nmi, 3)
    _ = NativeMachine(machine).run(limits: .patient) { cpu in
      for _ in 0..<2000 {
        cpu.disableInterrupts()
        inside[0] = 1
        _ = cell.read(cpu)
        cell.write(cpu, 1)
        inside[0] = 0
        cpu.enableInterrupts()
        _ = cell.read(cpu)
      }
    }
    #expect(Set(seen.events) == [0, 1])
    #expect(machine.interrupts(.nmi).delivered == UInt64(seen.events.count))
    #expect(machine.interrupts(.nmi).deferred == 0)
  }
}

@Suite("NMIs and judges")
struct NonMaskableJudgeTests {
  /// An NMI at CPU 0's point that has this number, else the default schedule.
  private final class NMIAt: ScheduleStrategy {
    private let point: Int
    init(_ point: Int) { self.point = point }
    override func choose(_ view: ScheduleView) -> ScheduleChoice {
      let comes = view.localPoints(0) == point && view.deliverable(.nmi).contains(0)
      return comes ? ScheduleChoice(.nmi, to: 0) : view.defaultChoice
    }
  }

  /// What lockdep says of a lock that a task takes with interrupts off and an NMI takes or tries.
  private func violations(
    tries: Bool, elsewhere: Bool = true
  ) throws -> [LockViolation] {
    let two = try TwoCPUs(.sync, interrupts: [.nmi: 1])
    let lockdep = Lockdep(two.simulated)
    two.machine.setHandler(
      ClosureHandler { cpu in
        let cpu = cpu.at(TestNames.there)
        if tries && !two.first.tryLock(cpu) { return }
        if !tries { two.first.lock(cpu) }
        two.first.unlock(cpu)
      }, for: .nmi)
    for point in 0..<2 {
      let outcome = two.simulated.run(seed: 1, strategy: NMIAt(point)) { cpu in
        if cpu.id == 1 { return }
        let lock = elsewhere ? two.first : two.second
        lock.lockIRQSave(cpu.at(TestNames.here))
        lock.unlockIRQRestore(cpu)
      }
      #expect(outcome.end == .complete)
    }
    return lockdep.violations
  }

  @Test("lockdep: a class that an NMI waits for is taken nowhere else")
  func lockdep() throws {
    let violations = try violations(tries: false)
    #expect(violations.map(\.classes) == [["first"]])
    let finding = violations.first?.finding(TestNames.catalog)
    #expect(finding?.rule == "lock-nmi")
    #expect(
      violations.first?.sentences == [
        "CPU 0 (nmi) waited in an NMI for first in there in schedule 0.",
        "CPU 0 (task) took first in here, where an NMI may come in schedule 0.",
      ])
    #expect(violations.first?.facts == ["first in NMI", "first outside of NMI"])
  }

  @Test("lockdep: a class that an NMI tries, or that only NMIs take, is sound")
  func soundInNMI() throws {
    #expect(try violations(tries: true).isEmpty)
    #expect(try violations(tries: false, elsewhere: false).isEmpty)
  }

  @Test("an NMI's write races with its task's read, interrupts off or not", arguments: [0, 1])
  func race(masked: Int) throws {
    let two = try TwoCPUs(.all, interrupts: [.nmi: 1])
    let detector = RaceDetector(two.machine)
    two.simulated.observe(detector)
    two.machine.setHandler(
      ClosureHandler { two.word.plain(0).write($0.at(TestNames.there), 1) }, for: .nmi)
    for point in 0..<5 {
      _ = two.simulated.run(seed: 1, strategy: NMIAt(point)) { cpu in
        if cpu.id == 1 { return }
        if masked == 1 { cpu.disableInterrupts() }
        _ = two.word.plain(0).read(cpu.at(TestNames.here))
        if masked == 1 { cpu.enableInterrupts() }
        cpu.relax()
      }
    }
    #expect(!detector.races.isEmpty)
    for race in detector.races {
      #expect(Set([race.first.context, race.second.context]) == [.task, .nmi])
    }
  }
}
