// A lock is released by who holds it: judged wherever somebody stops at points.

import Testing

@testable import Machine

@Suite("Unlock judge")
struct UnlockJudgeTests {
  @Test("releasing another CPU's lock is found in a simulated schedule, and only that")
  func simulated() throws {
    let machine = Machine.small(cpus: 2)
    let lock = machine.makeLock(TestNames.first, instance: 3)
    let simulated = try SimulatedMachine(machine, options: SimulationOptions())
    simulated.captureStart()
    // CPU 0 comes first at every point until it has ended.
    let sound = simulated.run(seed: 1, strategy: ScheduleStrategy()) { cpu in
      lock.lock(cpu)
      lock.unlock(cpu)
    }
    #expect(sound.end == .complete)
    let broken = simulated.run(seed: 1, strategy: ScheduleStrategy()) { cpu in
      if cpu.id == 0 { return lock.lock(cpu) }
      lock.unlock(cpu.at(TestNames.there))
    }
    #expect(broken.end == .finding)
    let findings = machine.findings().findings
    #expect(findings.map(\.signature) == ["unlock-not-held at there"])
    #expect(findings.first?.cpu == 1)
    #expect(findings.first?.subject == "first[3]")
  }

  @Test("releasing a lock that nobody holds is found at native points", arguments: [true, false])
  func native(isHeld: Bool) {
    let machine = Machine.small(cpus: 1)
    let lock = machine.makeLock(TestNames.first, instance: 0)
    machine.setPointsBetween(.timer, 1000)
    _ = NativeMachine(machine).run(limits: .patient) { cpu in
      for _ in 0..<10 {
        if isHeld { lock.lock(cpu) }
        lock.unlock(cpu.at(TestNames.here))
      }
    }
    #expect(
      machine.findings().findings.map(\.signature)
        == (isHeld ? [] : ["unlock-not-held at here"]))
  }

  @Test("an interrupt does not release what its task holds")
  func otherContext() {
    let machine = Machine.small(cpus: 1)
    let lock = machine.makeLock(TestNames.first, instance: 0)
    machine.setPointsBetween(.timer, 1000)
    _ = NativeMachine(machine).run(limits: .patient) { cpu in
      lock.lock(cpu)
      cpu.run(in: .hardirq) { lock.unlock($0.at(TestNames.there)) }
    }
    let finding = machine.findings().findings.first
    #expect(finding?.rule == "unlock-not-held" && finding?.context == "hardirq")
  }
}
