// Natively a cycle of waits is told long before a CPU counts as stuck, and only a true one.

import Testing

@testable import Machine

struct DeadlockWatchTests {
  private let machine = Machine.small(cpus: 2)

  /// Has each CPU take a lock in one context and wait for the other's in another.
  private func cross(held: [ContextKind], waits: [ContextKind]) {
    let locks = (0..<2).map { machine.makeLock(TestNames.first, instance: $0) }
    for id in 0..<2 {
      machine.records[id].enter(held[id])
      locks[id].lock(machine.cpu(id))
    }
    for id in 0..<2 {
      machine.records[id].enter(waits[id])
      let cpu = machine.cpu(id)
      _ = cpu.beginWait(for: locks[1 - id].identity, since: 0)
      cpu.noteLongWait(UInt32(2 - id) | UInt32(held[1 - id].rawValue) << 16)
    }
  }

  @Test(
    "a cycle is one if each lock was taken in the context that waits, or one that it cut into",
    arguments: [
      ([ContextKind.task, .task], [ContextKind.task, .task], true),
      ([.task, .task], [.hardirq, .task], true),
      ([.hardirq, .task], [.hardirq, .nmi], true),
      ([.hardirq, .task], [.task, .task], false),
      ([.task, .softirq], [.task, .task], false),
      ([.nmi, .nmi], [.task, .hardirq], false),
    ])
  func contexts(held: [ContextKind], waits: [ContextKind], isDeadlock: Bool) {
    cross(held: held, waits: waits)
    #expect(machine.lockCycle(waitedFor: 0) == (isDeadlock ? [0, 1] : []))
  }

  @Test("no cycle is told before its waits are old, nor once a wait is over")
  func age() {
    cross(held: [.task, .task], waits: [.task, .task])
    #expect(machine.lockCycle(waitedFor: 1 << 50) == [])
    #expect(machine.lockCycle(waitedFor: 0) == [0, 1])
    machine.cpu(1).endWait(WaitState(lock: 0, site: 0, since: 0))
    #expect(machine.lockCycle(waitedFor: 0) == [])
  }

  @Test("a lock that another CPU took meanwhile closes no cycle")
  func otherHolder() {
    cross(held: [.task, .task], waits: [.task, .task])
    machine.cpu(0).noteLongWait(7)
    #expect(machine.lockCycle(waitedFor: 0) == [])
  }

  @Test("a run whose CPUs wait for each other ends, however long a CPU may be stuck")
  func nativeRun() {
    let locks = (0..<2).map { machine.makeLock(TestNames.first, instance: $0) }
    let taken = (0..<2).map { _ in machine.word() }
    let native = NativeMachine(machine)
    var limits = NativeLimits()
    limits.stuckNanoseconds = 3_600_000_000_000
    let outcome = native.run(limits: limits) { cpu in
      locks[cpu.id].lock(cpu.at(TestNames.here))
      taken[cpu.id].marked(0).write(cpu, 1)
      while taken[1 - cpu.id].marked(0).read(cpu) == 0 { cpu.relax() }
      locks[1 - cpu.id].lock(cpu.at(TestNames.there))
    }
    #expect(outcome.stuck == [0, 1] && outcome.waits.count == 2)
    let findings = machine.findings().findings
    #expect(findings.map(\.rule) == ["deadlock", "deadlock"])
    #expect(findings.allSatisfy { $0.site == "there" && $0.sentence.contains("can never go on") })
  }
}
