// Code that traps, overflows its stack or never comes to a point again is left with a finding.

import CMachine
import Testing

@testable import Machine

@Suite("Code guard")
struct CodeGuardTests {
  private enum Fault: CaseIterable {
    case badAddress, failedCheck, overflow, loop

    /// A sanitizer has handlers of its own, which end the process.
    static var tried: [Fault] { pt_sanitizer() == 0 ? allCases : [] }

    var rule: String { self == .loop ? "stuck" : "trap" }
  }

  private static func commit(_ fault: Fault, _ cpu: CPU) {
    switch fault {
    case .badAddress: UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
    case .failedCheck: precondition(cpu.id > 100, "a check of the code under test")
    case .overflow: _ = descend(cpu, 1)
    case .loop: while cpu.interruptsEnabled {}
    }
  }

  /// Deeper than any stack.
  @inline(never) private static func descend(_ cpu: CPU, _ depth: Int) -> Int {
    depth == .max ? 0 : descend(cpu, depth &+ 1) &+ (cpu.interruptsEnabled ? depth : 1)
  }

  @Test("a schedule ends with a finding at the last point, and others follow", arguments: [0, 1])
  func simulated(culprit: Int) throws {
    for fault in Fault.tried {
      let machine = Machine.small(cpus: 2)
      let lock = machine.makeLock(TestNames.first, instance: 0)
      var options = SimulationOptions()
      options.silenceTenthsMax = 1
      let simulated = try SimulatedMachine(machine, options: options)
      simulated.captureStart()
      for round in 0..<3 {
        let broken = simulated.run(seed: 1, strategy: ScheduleStrategy()) { cpu in
          lock.lock(cpu.at(TestNames.there))
          if cpu.id == culprit { Self.commit(fault, cpu) }
          lock.unlock(cpu)
        }
        #expect(broken.end == .finding, "\(fault), round \(round)")
        #expect(machine.findings().findings.map(\.signature) == ["\(fault.rule) at there"])
        #expect(machine.findings().findings.first?.cpu == culprit)
        #expect(simulated.wasStuck == (fault == .loop))
      }
      let sound = simulated.run(seed: 1, strategy: ScheduleStrategy()) { cpu in
        lock.lock(cpu)
        lock.unlock(cpu)
      }
      #expect(sound.end == .complete && !machine.hasFindings)
    }
  }

  @Test("what runs by itself at the end of a schedule is left, too")
  func atEnd() throws {
    for fault in Fault.tried {
      let machine = Machine.small(cpus: 1)
      var options = SimulationOptions()
      options.silenceTenthsMax = 1
      let simulated = try SimulatedMachine(machine, options: options)
      simulated.captureStart()
      let program = SimulatedProgram(body: { _ in }, atEnd: { Self.commit(fault, $0) })
      #expect(simulated.run(seed: 1, strategy: ScheduleStrategy(), program).end == .finding)
      #expect(machine.findings().findings.map(\.rule) == [fault.rule])
    }
  }

  @Test("a native run ends with a finding, and its other CPUs leave")
  func native() {
    for fault in Fault.tried where fault != .loop {
      let machine = Machine.small(cpus: 2)
      let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
        if cpu.id == 0 { Self.commit(fault, cpu) }
        while !cpu.shouldStop { cpu.relax() }
      }
      #expect(outcome.abandoned == 0 && machine.isHalted)
      #expect(machine.findings().findings.map(\.rule) == ["trap"])
    }
  }

  @Test("an operation that ends with interrupts or softirqs off is found")
  func balance() {
    for mistake in 0..<4 {
      let machine = Machine.small(cpus: 1)
      let ended = machine.runAlone { cpu in
        if mistake & 1 != 0 { cpu.disableInterrupts() }
        if mistake & 2 != 0 { cpu.disableSoftirqs() }
        cpu.judgeBalance()
      }
      #expect(ended == (mistake == 0))
      let rules = machine.findings().findings.map(\.rule)
      #expect(rules == (mistake == 0 ? [] : ["interrupts-unbalanced"]))
    }
  }
}
