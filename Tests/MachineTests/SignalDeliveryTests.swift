// Interrupts as signals: they come at any instruction, respect the mask, and are counted at both
// ends.
//
// A CPU that interrupts itself takes the signal right there, so all but the last tests know where.

import CMachine
import Glibc
import Testing

@testable import Machine

struct SignalDeliveryTests {
  /// A machine whose CPUs take signals that the tests alone send.
  private func signalled(cpus: Int = 1) -> Machine {
    let machine = Machine.small(cpus: cpus)
    machine.setSignals(perSecond: 1)
    return machine
  }

  @discardableResult
  private func run(_ machine: Machine, _ body: @escaping @Sendable (CPU) -> Void) -> NativeOutcome {
    NativeMachine(machine).run(limits: .patient, body: body)
  }

  @Test("a signal interrupts where there is no point, in hardirq with interrupts off")
  func anywhere() {
    let machine = signalled()
    let log = EventLog(machine, capacity: 16)
    machine.setHandler(
      ClosureHandler { log.note($0.context == .hardirq && !$0.interruptsEnabled ? 1 : -1) },
      for: InterruptSource.block)
    run(machine) { cpu in
      for _ in 0..<3 {
        cpu.send(.block, to: cpu.record)
        log.note(cpu.context == .task && cpu.interruptsEnabled ? 2 : -2)
      }
    }
    #expect(log.events == [1, 2, 1, 2, 1, 2])
    let counts = machine.interrupts(.block)
    #expect(counts.sent == 3 && counts.received == 3 && counts.coalesced == 0)
    #expect(counts.delivered == 3 && counts.deferred == 0)
    #expect(machine.interrupts(cpu: 0) == counts)
  }

  @Test("with interrupts off it waits, and comes once when they are on")
  func masked() {
    let machine = signalled()
    let log = EventLog(machine, capacity: 16)
    machine.setHandler(ClosureHandler { _ in log.note(1) }, for: .nic)
    run(machine) { cpu in
      cpu.disableInterrupts()
      cpu.send(.nic, to: cpu.record)
      cpu.send(.nic, to: cpu.record)
      log.note(2)
      cpu.enableInterrupts()
      log.note(3)
    }
    #expect(log.events == [2, 1, 3])
    let counts = machine.interrupts(.nic)
    #expect(counts.sent == 2 && counts.received == 2)
    #expect(counts.delivered == 1 && counts.deferred == 2)
  }

  @Test("a softirq that a signal runs is itself interrupted, and runs what that raises afterwards")
  func insideSoftirq() {
    let machine = signalled()
    let log = EventLog(machine, capacity: 32)
    machine.setHandler(
      ClosureHandler { cpu in
        log.note(1)
        cpu.raiseSoftirq(.network)
      }, for: .nic)
    let rounds = machine.word()
    machine.setHandler(
      ClosureHandler { cpu in
        log.note(2)
        rounds[0] += 1
        if rounds[0] < 3 { cpu.send(.nic, to: cpu.record) }
        log.note(cpu.context == .softirq ? 3 : -3)
      }, for: .network)
    run(machine) { cpu in
      cpu.send(.nic, to: cpu.record)
      log.note(cpu.context == .task ? 4 : -4)
    }
    #expect(log.events == [1, 2, 1, 3, 2, 1, 3, 2, 3, 4])
    #expect(machine.interrupts(.nic).delivered == 3 && machine.interrupts(.nic).deferred == 0)
    #expect(machine.softirqsRun == 3)
  }

  @Test("with softirqs held off the hardirq comes, and its softirq later")
  func softirqsHeldOff() {
    let machine = signalled()
    let log = EventLog(machine, capacity: 16)
    machine.setHandler(
      ClosureHandler { cpu in
        log.note(1)
        cpu.raiseSoftirq(.timer)
      }, for: InterruptSource.timer)
    machine.setHandler(ClosureHandler { _ in log.note(2) }, for: SoftirqVector.timer)
    run(machine) { cpu in
      cpu.disableSoftirqs()
      cpu.send(.timer, to: cpu.record)
      log.note(3)
      cpu.enableSoftirqs()
    }
    #expect(log.events == [1, 3, 2])
  }

  @Test("what is sent while a hardirq runs comes after it; two of one source come as one")
  func coalesced() {
    let machine = signalled()
    let log = EventLog(machine, capacity: 16)
    machine.setHandler(
      ClosureHandler { cpu in
        for _ in 0..<3 { cpu.send(.block, to: cpu.record) }
        log.note(1)
      }, for: .nic)
    machine.setHandler(ClosureHandler { _ in log.note(2) }, for: InterruptSource.block)
    run(machine) { cpu in
      cpu.send(.nic, to: cpu.record)
      log.note(3)
    }
    #expect(log.events == [1, 2, 3])
    let counts = machine.interrupts(.block)
    #expect(counts.sent == 3 && counts.coalesced == 2 && counts.received == 1)
  }

  @Test("a signal in the middle of a library waits for the next point")
  func inLibrary() {
    let machine = signalled()
    let log = EventLog(machine, capacity: 16)
    machine.setHandler(ClosureHandler { _ in log.note(1) }, for: .nic)
    let cell = machine.word().marked(0)
    run(machine) { cpu in
      // Sent by the C library, whose code it therefore interrupts.
      if cpu.record.pointee.note(.nic) { pt_signal_thread(pt_thread_number()) }
      log.note(2)
      _ = cell.read(cpu)
      log.note(3)
    }
    #expect(log.events == [2, 1, 3])
    #expect(machine.interrupts(.nic).deferred == 1)
  }

  @Test("code run as if in a hardirq is not interrupted, but right after it")
  func recordedHardirq() {
    let machine = signalled()
    let log = EventLog(machine, capacity: 16)
    machine.setHandler(ClosureHandler { _ in log.note(1) }, for: .nic)
    run(machine) { cpu in
      cpu.run(in: .hardirq) { cpu in
        cpu.send(.nic, to: cpu.record)
        log.note(2)
      }
      log.note(3)
    }
    #expect(log.events == [2, 1, 3])
  }

  @Test("the error number of the code that is interrupted stays")
  func errorNumber() {
    let machine = signalled()
    let seen = machine.word()
    machine.setHandler(ClosureHandler { _ in errno = ENOSYS }, for: .nic)
    run(machine) { cpu in
      errno = EDOM
      cpu.send(.nic, to: cpu.record)
      seen[0] = Int(pt_errno())
    }
    #expect(seen[0] == Int(EDOM))
    #expect(machine.interrupts(.nic).delivered == 1)
  }

  @Test("a handler counts, draws and reports in the record of its own context")
  func ownRecord() {
    let machine = signalled()
    machine.setHandler(
      ClosureHandler { cpu in
        cpu.count(TestNames.counter, 3)
        _ = cpu.draw(.workload, below: 10)
        cpu.at(TestNames.here).report(TestNames.broken)
      }, for: .nic)
    let drawn = machine.arena.table(of: Int.self, count: 8)
    run(machine) { cpu in
      for index in 0..<8 {
        drawn[index] = cpu.draw(.workload, below: 1000)
        cpu.count(TestNames.counter)
        cpu.send(.nic, to: cpu.record)
      }
    }
    let undisturbed = Machine.small(cpus: 1)
    for index in 0..<8 {
      #expect(drawn[index] == undisturbed.cpu(0).draw(.workload, below: 1000))
    }
    #expect(machine.counted(TestNames.counter, cpu: 0, context: .task) == 8)
    #expect(machine.counted(TestNames.counter, cpu: 0, context: .hardirq) == 24)
    #expect(machine.findings().findings.map(\.context) == ["hardirq"])
  }
}

/// Leaving from a handler, and what others see of a CPU that takes signals.
struct SignalledRunTests {
  @Test("a broken rule in a handler ends the run: all CPUs leave, and the next run takes signals")
  func bug() {
    for _ in 0..<2 {
      let machine = Machine.small(cpus: 4)
      machine.setSignals(perSecond: 1)
      machine.setHandler(
        ClosureHandler { $0.at(TestNames.here).bug(TestNames.broken) }, for: .nic)
      let after = machine.word()
      let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
        if cpu.id == 2 {
          cpu.send(.nic, to: cpu.record)
          after[0] = 1
        }
        while true { cpu.relax() }
      }
      #expect(outcome.stuck.isEmpty && outcome.abandoned == 0)
      #expect(after[0] == 0)
      let finding = machine.findings().findings.first
      #expect(finding?.signature == "broken at here" && finding?.context == "hardirq")
    }
  }

  @Test(
    "a thread whose handler was left has its signal mask back, and plays no CPU",
    arguments: [false, true])
  func mask(inSoftirq: Bool) {
    let machine = Machine.small(cpus: 1)
    machine.setSignals(perSecond: 1)
    machine.setHandler(
      ClosureHandler { cpu in
        if inSoftirq { cpu.raiseSoftirq(.network) } else { cpu.bug(TestNames.broken) }
      }, for: .nic)
    machine.setHandler(ClosureHandler { $0.bug(TestNames.broken) }, for: .network)
    installSignals()
    let cpu = machine.cpu(0)
    let before = Self.blockedSignals()
    let ended = FiberCall.run(cpu) { cpu in
      cpu.openSignals()
      cpu.send(.nic, to: cpu.record)
    }
    cpu.closeSignals()
    #expect(!ended)
    #expect(Self.blockedSignals() == before)
    #expect(pt_current_cpu() == nil)
    #expect(machine.findings().findings.map(\.context) == [inSoftirq ? "softirq" : "hardirq"])
  }

  private static func blockedSignals() -> [Int32] {
    var set = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &set)
    return (1...64).filter { sigismember(&set, $0) == 1 }
  }

  @Test("a handler that waits for its own task's lock is told as stuck, and the run ends")
  func selfDeadlock() throws {
    let machine = Machine.small(cpus: 1)
    machine.setSignals(perSecond: 1)
    let lock = machine.makeLock(TestNames.first, instance: 4)
    machine.setHandler(ClosureHandler { lock.lock($0.at(TestNames.there)) }, for: .nic)
    var limits = NativeLimits()
    limits.stuckNanoseconds = 200_000_000
    let outcome = NativeMachine(machine).run(limits: limits) { cpu in
      lock.lock(cpu.at(TestNames.here))
      cpu.send(.nic, to: cpu.record)
    }
    #expect(outcome.stuck == [0] && outcome.abandoned == 0)
    let wait = try #require(outcome.waits.first)
    #expect(wait.lock == "first[4]" && wait.site == "there")
    #expect(wait.holder == 0 && wait.holderContext == "task" && wait.holderSite == "here")
  }

  @Test("after an interrupt that waited for a lock, its task is seen to wait for its own again")
  func waits() {
    let machine = Machine.small(cpus: 2)
    machine.setSignals(perSecond: 1)
    let first = machine.makeLock(TestNames.first, instance: 1)
    let second = machine.makeLock(TestNames.second, instance: 2)
    machine.setHandler(
      ClosureHandler { cpu in
        second.lock(cpu.at(TestNames.there))
        second.unlock(cpu)
      }, for: .interProcessor)
    let (held, sawTask, sawHandler, sawTaskAgain) = (
      machine.word(), machine.word(), machine.word(), machine.word()
    )
    // A CPU that nobody ever sees waiting is stuck, so a missing wait ends this test.
    var limits = NativeLimits()
    limits.stuckNanoseconds = 10_000_000_000
    let outcome = NativeMachine(machine).run(limits: limits) { cpu in
      if cpu.id == 0 {
        while held.marked(0).read(cpu) == 0 { cpu.relax() }
        return first.lock(cpu.at(TestNames.here))
      }
      func sees(_ lock: String) -> Int {
        while machine.lockWaits(ticksPerSecond: 1e9).first?.lock != lock { cpu.relax() }
        return machine.lockWaits(ticksPerSecond: 1e9).first?.site
          == (lock == "first[1]" ? "here" : "there") ? 1 : 0
      }
      first.lock(cpu)
      second.lock(cpu)
      held.marked(0).write(cpu, 1)
      sawTask[0] = sees("first[1]")
      cpu.interruptCPU(0)
      sawHandler[0] = sees("second[2]")
      second.unlock(cpu)
      sawTaskAgain[0] = sees("first[1]")
      first.unlock(cpu)
    }
    #expect(outcome.stuck.isEmpty)
    #expect([sawTask[0], sawHandler[0], sawTaskAgain[0]] == [1, 1, 1])
  }

  @Test("every interrupt that CPUs send each other is counted at both ends", arguments: [2, 16])
  func bothEnds(cpus: Int) {
    let machine = Machine.small(cpus: cpus)
    machine.setSignals(perSecond: 1)
    let handled = machine.arena.table(of: Int.self, count: cpus * 8)
    machine.setHandler(ClosureHandler { handled[$0.id * 8] += 1 }, for: .interProcessor)
    let native = NativeMachine(machine)
    let outcome = native.run(limits: .patient) { cpu in
      for round in 0..<2000 {
        cpu.interruptCPU((cpu.id + round) % cpus)
        if round & 7 == 0 { cpu.disableInterrupts() }
        native.step(cpu)
        if round & 7 == 3 { cpu.enableInterrupts() }
      }
    }
    #expect(outcome.stuck.isEmpty)
    for id in 0..<cpus {
      machine.runAlone(id) { cpu in
        cpu.disableInterrupts()
        cpu.enableInterrupts()
      }
    }
    let total = machine.interrupts(.interProcessor)
    #expect(total.sent == UInt64(2000 * cpus))
    for id in 0..<cpus {
      let counts = machine.interrupts(cpu: id)
      #expect(counts.sent == counts.received + counts.coalesced)
      #expect(counts.delivered == UInt64(handled[id * 8]) && counts.delivered > 0)
      #expect(counts.delivered <= counts.received)
    }
  }

  @Test("the sender signals each CPU, of all sources asked for, and nothing is lost")
  func sender() {
    let machine = Machine.small(cpus: 3)
    machine.setSignals(perSecond: 10_000)
    machine.setPointsBetween(.nic, 1000)
    machine.setPointsBetween(.timer, 2000)
    let handled = machine.arena.table(of: Int.self, count: 3 * 8)
    for (slot, source) in [InterruptSource.nic, .timer].enumerated() {
      machine.setHandler(ClosureHandler { handled[$0.id * 8 + slot] += 1 }, for: source)
    }
    let cell = machine.word().marked(0)
    let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
      while handled[cpu.id * 8] < 50 || handled[cpu.id * 8 + 1] < 10 { _ = cell.read(cpu) }
    }
    #expect(outcome.stuck.isEmpty)
    for id in 0..<3 {
      let counts = machine.interrupts(cpu: id)
      #expect(counts.sent == counts.received + counts.coalesced)
    }
    #expect(machine.interrupts(.block).sent == 0 && machine.interrupts(.interProcessor).sent == 0)
  }

  @Test("no handler runs on a CPU that is at rest for a pause")
  func pause() {
    let machine = Machine.small(cpus: 2)
    machine.setSignals(perSecond: 1)
    let handled = machine.word()
    let pauses = machine.word()
    machine.setHandler(ClosureHandler { _ = handled.atomic(0).add($0, 1) }, for: .nic)
    let native = NativeMachine(machine)
    var limits = NativeLimits.patient
    limits.pauseNanoseconds = 1
    var moved = 0
    _ = native.run(
      limits: limits,
      body: { cpu in while pauses.marked(0).read(cpu) < 3 { native.step(cpu) } },
      atPause: {
        let before = handled.atomic(0).atRest
        for round in 0..<200 {
          let target = machine.records + round % 2
          let thread = target.pointee.signalThread.load(ordering: .relaxed)
          if target.pointee.note(.nic) && thread != 0 { pt_signal_thread(thread) }
        }
        if handled.atomic(0).atRest != before { moved += 1 }
        pauses.marked(0).write(machine.cpu(0), pauses.marked(0).atRest + 1)
      })
    #expect(moved == 0)
    let counts = machine.interrupts(.nic)
    #expect(counts.sent == 200 * UInt64(pauses[0]))
    #expect(counts.sent == counts.received + counts.coalesced)
  }
}
