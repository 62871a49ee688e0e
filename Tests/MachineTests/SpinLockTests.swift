// A spinning lock keeps others out, leaves interrupts as they were, and counts what it cost.

import Testing

@testable import Machine

struct SpinLockTests {
  /// The ways to take a lock.
  enum Form: CaseIterable { case lock, lockIRQSave, tryLock, tryLockIRQSave }

  @Test(
    "only one of many CPUs is inside at a time, whichever way it took the lock",
    arguments: Form.allCases, [2, 64])
  func mutualExclusion(form: Form, cpus: Int) {
    let machine = Machine.small(cpus: cpus)
    let lock = machine.makeLock(TestNames.first, instance: 0)
    let counter = machine.word()
    let rounds = 1280 / cpus
    let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
      for _ in 0..<rounds {
        take(lock, form, cpu)
        let seen = counter.marked(0).read(cpu)
        // Room for another to come in between, if the lock let it.
        cpu.relax()
        counter.marked(0).write(cpu, seen + 1)
        release(lock, form, cpu)
      }
    }
    #expect(outcome.stuck.isEmpty)
    #expect(counter[0] == cpus * rounds)
    #expect(!lock.isTaken)
  }

  @Test("trying a lock that is held fails, and takes nothing")
  func tryLockFails() {
    let machine = Machine.small(cpus: 2)
    defer { withExtendedLifetime(machine) {} }
    let lock = machine.makeLock(TestNames.first, instance: 0)
    let (mine, other) = (machine.cpu(0), machine.cpu(1))
    lock.lock(mine)
    #expect(!lock.tryLock(other))
    #expect(!lock.tryLock(mine))
    #expect(lock.isHeld(by: mine))
    #expect(!lock.isHeld(by: other))
    lock.unlock(mine)
    #expect(!lock.isTaken)
    #expect(lock.tryLock(other))
    #expect(lock.isHeld(by: other))
    lock.unlock(other)
  }

  @Test("a lock is held by one context of a CPU, not by what interrupts it")
  func holderIsAContext() {
    let machine = Machine.small(cpus: 1)
    defer { withExtendedLifetime(machine) {} }
    let lock = machine.makeLock(TestNames.first, instance: 0)
    let cpu = machine.cpu(0)
    lock.lock(cpu)
    cpu.run(in: .hardirq) { cpu in
      #expect(!lock.isHeld(by: cpu))
      #expect(!lock.tryLock(cpu))
    }
    #expect(lock.isHeld(by: cpu))
  }

  @Test("saving and restoring interrupts nests")
  func irqSaveNests() {
    let machine = Machine.small(cpus: 1)
    defer { withExtendedLifetime(machine) {} }
    let outer = machine.makeLock(TestNames.first, instance: 0)
    let inner = machine.makeLock(TestNames.second, instance: 0)
    let cpu = machine.cpu(0)
    outer.lockIRQSave(cpu)
    inner.lockIRQSave(cpu)
    #expect(!cpu.interruptsEnabled)
    inner.unlockIRQRestore(cpu)
    #expect(!cpu.interruptsEnabled)
    #expect(outer.isHeld(by: cpu))
    outer.unlockIRQRestore(cpu)
    #expect(cpu.interruptsEnabled)
  }

  @Test("a failed try leaves interrupts as they were, a successful one turns them off")
  func tryIRQSave() {
    let machine = Machine.small(cpus: 2)
    defer { withExtendedLifetime(machine) {} }
    let lock = machine.makeLock(TestNames.first, instance: 0)
    let cpu = machine.cpu(0)
    lock.lock(machine.cpu(1))
    #expect(!lock.tryLockIRQSave(cpu))
    #expect(cpu.interruptsEnabled)
    lock.unlock(machine.cpu(1))
    #expect(lock.tryLockIRQSave(cpu))
    #expect(!cpu.interruptsEnabled)
    lock.unlockIRQRestore(cpu)
    #expect(cpu.interruptsEnabled)
  }

  @Test(
    "acquisitions and failed tries are counted by class and site unless statistics are off",
    arguments: StatisticsMode.allCases)
  func counts(mode: StatisticsMode) {
    let machine = Machine.small(cpus: 2)
    machine.setStatistics(mode)
    let lock = machine.makeLock(TestNames.first, instance: 0)
    let cpu = machine.cpu(0)
    for _ in 0..<3 {
      lock.lock(cpu)
      lock.unlock(cpu)
    }
    #expect(lock.tryLock(cpu))
    #expect(!lock.tryLock(machine.cpu(1).at(TestNames.there)))
    lock.unlock(cpu)
    let totals = machine.lockTotals(TestNames.first)
    let counted: UInt64 = mode == .off ? 0 : 1
    #expect(totals.acquisitions == 4 * counted)
    #expect(totals.tryAttempts == 2 * counted)
    #expect(totals.tryFailures == counted)
    #expect(totals.contentions == 0)
    #expect(machine.contention(at: TestNames.there).contentions == counted)
    #expect(machine.contention(at: TestNames.here).contentions == 0)
    #expect(machine.lockTotals(TestNames.second).acquisitions == 0)
    #expect(totals.hold.count == (mode == .timing ? 4 : 0))
    #expect(totals.wait.count == 0)
  }

  @Test(
    "a wait is counted once, at the site that waited, and timed only with timing",
    arguments: [StatisticsMode.counts, .timing])
  func contention(mode: StatisticsMode) {
    let machine = Machine.small(cpus: 2)
    machine.setStatistics(mode)
    let lock = machine.makeLock(TestNames.first, instance: 0)
    let held = machine.word()
    let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
      if cpu.id == 0 {
        lock.lock(cpu.at(TestNames.here))
        held.marked(0).write(cpu, 1)
        // Until the other has found the lock taken.
        while machine.lockWaits(ticksPerSecond: 1e9).isEmpty { cpu.relax() }
      } else {
        while held.marked(0).read(cpu) == 0 { cpu.relax() }
        lock.lock(cpu.at(TestNames.there))
      }
      lock.unlock(cpu)
    }
    #expect(outcome.stuck.isEmpty)
    let totals = machine.lockTotals(TestNames.first)
    #expect(totals.contentions == 1)
    #expect(totals.acquisitions == 2)
    #expect(machine.contention(at: TestNames.there).contentions == 1)
    #expect(machine.contention(at: TestNames.here).contentions == 0)
    #expect(totals.wait.count == (mode == .timing ? 1 : 0))
    #expect(machine.contention(at: TestNames.there).waitTicks == totals.wait.total)
    #expect((totals.wait.total > 0) == (mode == .timing))
    #expect((totals.hold.maximum > 0) == (mode == .timing))
  }
}

private func take(_ lock: SpinLock, _ form: SpinLockTests.Form, _ cpu: CPU) {
  switch form {
  case .lock: lock.lock(cpu)
  case .lockIRQSave: lock.lockIRQSave(cpu)
  case .tryLock: while !lock.tryLock(cpu) { cpu.relax() }
  case .tryLockIRQSave: while !lock.tryLockIRQSave(cpu) { cpu.relax() }
  }
}

private func release(_ lock: SpinLock, _ form: SpinLockTests.Form, _ cpu: CPU) {
  switch form {
  case .lock, .tryLock: lock.unlock(cpu)
  case .lockIRQSave, .tryLockIRQSave: lock.unlockIRQRestore(cpu)
  }
}
