// Interrupts come where they are on, wait where they are off, and leave softirqs behind.

import Testing

@testable import Machine

struct InterruptTests {
  private let machine = Machine.small(cpus: 1)

  @Test("disabling nests: only the outermost enable turns interrupts on", arguments: 1...5)
  func nesting(depth: Int) {
    let cpu = machine.cpu(0)
    for _ in 0..<depth { cpu.disableInterrupts() }
    for _ in 1..<depth {
      cpu.enableInterrupts()
      #expect(!cpu.interruptsEnabled)
    }
    cpu.enableInterrupts()
    #expect(cpu.interruptsEnabled)
  }

  @Test("an interrupt that comes while off is delivered once, on the outermost enable")
  func deferred() {
    let log = EventLog(machine, capacity: 8)
    machine.setHandler(ClosureHandler { _ in log.note(1) }, for: .nic)
    machine.runAlone { cpu in
      cpu.disableInterrupts()
      cpu.disableInterrupts()
      cpu.interrupt(from: .nic)
      cpu.interrupt(from: .nic)
      cpu.enableInterrupts()
      log.note(2)
      cpu.enableInterrupts()
      log.note(3)
      cpu.interrupt(from: .nic)
    }
    #expect(log.events == [2, 1, 3, 1])
    #expect(machine.interrupts(.nic).delivered == 2 && machine.interrupts(.nic).deferred == 2)
    #expect(machine.interrupts(.block).delivered == 0 && machine.interrupts(.block).deferred == 0)
  }

  @Test("a handler runs with interrupts off, in hardirq, and restores both")
  func handlerContext() {
    let log = EventLog(machine, capacity: 8)
    machine.setHandler(
      ClosureHandler { cpu in
        log.note(cpu.interruptsEnabled ? 1 : 0)
        log.note(cpu.context == .hardirq && cpu.inInterrupt ? 1 : 0)
      }, for: InterruptSource.block)
    machine.runAlone { cpu in
      cpu.interrupt(from: .block)
      log.note(cpu.interruptsEnabled ? 1 : 0)
      log.note(cpu.context == .task && !cpu.inInterrupt ? 1 : 0)
    }
    #expect(log.events == [0, 1, 1, 1])
  }

  @Test("a softirq runs after the hardirq that raised it, with interrupts on")
  func softirqAfterHardirq() {
    let log = EventLog(machine, capacity: 8)
    machine.setHandler(
      ClosureHandler { cpu in
        cpu.raiseSoftirq(.network)
        log.note(1)
      }, for: .nic)
    machine.setHandler(
      ClosureHandler { log.note($0.context == .softirq && $0.interruptsEnabled ? 2 : -1) },
      for: .network)
    machine.runAlone { cpu in
      cpu.interrupt(from: .nic)
      log.note(3)
    }
    #expect(log.events == [1, 2, 3])
    #expect(machine.softirqsRun == 1)
  }

  @Test("a hardirq cuts into a softirq, but the softirq it raises waits for that one's end")
  func softirqDoesNotNest() {
    let log = EventLog(machine, capacity: 16)
    machine.setHandler(
      ClosureHandler { cpu in
        log.note(1)
        cpu.raiseSoftirq(.network)
      }, for: .nic)
    machine.setHandler(
      ClosureHandler { cpu in
        log.note(2)
        if log.events.count == 2 { cpu.interrupt(from: .nic) }
        log.note(3)
      }, for: .network)
    machine.runAlone { $0.interrupt(from: .nic) }
    #expect(log.events == [1, 2, 1, 3, 2, 3])
  }

  @Test("a softirq waits for the outermost enable of softirqs, and hardirqs do not")
  func softirqsDisabled() {
    let log = EventLog(machine, capacity: 8)
    machine.setHandler(
      ClosureHandler { cpu in
        cpu.raiseSoftirq(.timer)
        log.note(1)
      }, for: InterruptSource.timer)
    machine.setHandler(ClosureHandler { _ in log.note(2) }, for: SoftirqVector.timer)
    machine.runAlone { cpu in
      cpu.disableSoftirqs()
      cpu.disableSoftirqs()
      cpu.interrupt(from: .timer)
      cpu.enableSoftirqs()
      log.note(3)
      cpu.enableSoftirqs()
      log.note(4)
    }
    #expect(log.events == [1, 3, 2, 4])
  }

  @Test("sources that come together are delivered in the order of their numbers")
  func sourcesInOrder() {
    let log = EventLog(machine, capacity: 8)
    let sources = InterruptSource.allCases.filter { $0.context == .hardirq }
    for source in sources {
      machine.setHandler(ClosureHandler { _ in log.note(source.rawValue) }, for: source)
    }
    machine.runAlone { cpu in
      cpu.disableInterrupts()
      for source in sources.reversed() { cpu.interrupt(from: source) }
      cpu.enableInterrupts()
    }
    #expect(log.events == [0, 1, 2, 3])
  }

  @Test("a softirq that raises itself does not keep the task away for ever")
  func softirqStorm() {
    machine.setHandler(ClosureHandler { $0.raiseSoftirq(.network) }, for: .nic)
    machine.setHandler(ClosureHandler { $0.raiseSoftirq(.network) }, for: .network)
    #expect(machine.runAlone { $0.interrupt(from: .nic) })
    #expect(machine.softirqsRun == 10)
    // What was left is run after the next interrupt.
    #expect(machine.runAlone { $0.interrupt(from: .block) })
    #expect(machine.softirqsRun == 20)
  }

  @Test("an interrupt that brings itself back does not keep the task away for ever")
  func interruptStorm() {
    machine.setHandler(ClosureHandler { $0.interrupt(from: .nic) }, for: .nic)
    #expect(machine.runAlone { $0.interrupt(from: .nic) })
    #expect(machine.interrupts(.nic).delivered == 17 && machine.interrupts(.nic).deferred == 17)
  }

  @Test("the longest time with interrupts off is told with the site that turned them off")
  func interruptsOffLongest() {
    machine.setStatistics(.timing)
    let cpu = machine.cpu(0)
    cpu.at(TestNames.here).disableInterrupts()
    // As if since the clock began: nothing after it takes longer.
    cpu.record.pointee.interruptsOffSince = 0
    cpu.at(Site.unknown).disableInterrupts()
    cpu.enableInterrupts()
    cpu.enableInterrupts()
    let longest = machine.interruptsOffLongest
    #expect(longest.ticks > 0)
    #expect(longest.site == TestNames.here)
    // A shorter one, somewhere else, later.
    cpu.at(TestNames.there).disableInterrupts()
    cpu.enableInterrupts()
    #expect(machine.interruptsOffLongest == longest)
  }
}
