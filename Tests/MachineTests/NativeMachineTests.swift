// Native CPUs run all at once, end when told, when a rule breaks, or with a word of who is stuck.

import Synchronization
import Testing

@testable import Machine

struct NativeMachineTests {
  @Test("all CPUs run at once: each waits for all others", arguments: [1, 2, 64, 128, 255])
  func allAtOnce(cpus: Int) {
    let machine = Machine.small(cpus: cpus)
    let arrived = machine.word()
    let passed = machine.word()
    let native = NativeMachine(machine)
    let outcome = native.run(limits: .patient) { cpu in
      _ = arrived.atomic(0).add(cpu, 1)
      while arrived.marked(0).read(cpu) < cpus { cpu.relax() }
      _ = passed.atomic(0).add(cpu, 1)
      native.step(cpu)
    }
    #expect(outcome.stuck.isEmpty)
    #expect(outcome.abandoned == 0)
    #expect(passed[0] == cpus)
    #expect(native.stepsSoFar == UInt64(cpus))
    #expect(outcome.elapsedNanoseconds > 0)
  }

  @Test("workers come to their end when the time is up")
  func duration() {
    let machine = Machine.small(cpus: 3)
    var limits = NativeLimits.patient
    limits.durationNanoseconds = 1
    let native = NativeMachine(machine)
    let outcome = native.run(limits: limits) { cpu in
      while !cpu.shouldStop { native.step(cpu) }
    }
    #expect(outcome.stuck.isEmpty)
    #expect(!machine.isHalted)
  }

  @Test("a tick that says so ends the run")
  func tick() {
    let machine = Machine.small(cpus: 2)
    var limits = NativeLimits.patient
    limits.tickNanoseconds = 1
    var ticks = 0
    let native = NativeMachine(machine)
    let outcome = native.run(
      limits: limits, body: { cpu in while !cpu.shouldStop { native.step(cpu) } },
      tick: { _ in
        ticks += 1
        return ticks == 3
      })
    #expect(outcome.stuck.isEmpty)
    #expect(ticks >= 3)
  }

  @Test("a CPU that stops the machine ends all others")
  func stop() {
    let machine = Machine.small(cpus: 8)
    let ended = machine.word()
    let native = NativeMachine(machine)
    let outcome = native.run(limits: .patient) { cpu in
      if cpu.id == 5 { machine.stop() }
      while !cpu.shouldStop { native.step(cpu) }
      _ = ended.atomic(0).add(cpu, 1)
    }
    #expect(outcome.stuck.isEmpty)
    #expect(ended[0] == 8)
  }

  @Test("a broken rule takes all CPUs out of their code, and the run tells it")
  func bug() {
    let machine = Machine.small(cpus: 8)
    let lock = machine.makeLock(TestNames.first, instance: 0)
    let ended = machine.word()
    let outcome = NativeMachine(machine).run(limits: .patient) { cpu in
      if cpu.id == 3 {
        lock.lock(cpu)
        cpu.at(TestNames.here).bug(TestNames.broken, .cpu, 3)
      }
      // Some spin for a lock that is never released, some wait for nothing.
      if cpu.id > 3 {
        while !lock.isTaken { cpu.relax() }
        lock.lock(cpu)
      }
      while true { cpu.relax() }
    }
    #expect(outcome.stuck.isEmpty)
    #expect(outcome.abandoned == 0)
    #expect(machine.isHalted)
    #expect(ended[0] == 0)
    #expect(machine.findings().findings.map(\.signature) == ["broken at here"])
  }

  @Test("a CPU that waits for a lock never released is told with lock, site and holder")
  func stuck() throws {
    let machine = Machine.small(cpus: 2)
    let lock = machine.makeLock(TestNames.first, instance: 7)
    let held = machine.word()
    let native = NativeMachine(machine)
    var limits = NativeLimits()
    limits.stuckNanoseconds = 300_000_000
    let outcome = native.run(limits: limits) { cpu in
      if cpu.id == 0 {
        lock.lock(cpu.at(TestNames.here))
        held.marked(0).write(cpu, 1)
        while true {
          native.step(cpu)
          cpu.relax()
        }
      }
      while held.marked(0).read(cpu) == 0 {
        native.step(cpu)
        cpu.relax()
      }
      lock.lock(cpu.at(TestNames.there))
    }
    #expect(outcome.stuck.contains(1))
    #expect(outcome.abandoned == 0)
    #expect(machine.isHalted)
    let wait = try #require(outcome.waits.first { $0.cpu == 1 })
    #expect(wait.lock == "first[7]")
    #expect(wait.site == "there")
    #expect(wait.holder == 0)
    #expect(wait.holderContext == "task")
    #expect(wait.holderSite == "here")
    let finding = try #require(machine.findings().findings.first { $0.site == "there" })
    #expect(finding.rule == "stuck")
    #expect(finding.sentence.contains("CPU 1") && finding.sentence.contains("first[7]"))
  }

  @Test("a CPU that goes on is not stuck, however long another takes", arguments: [2, 8])
  func progressWatch(cpus: Int) {
    var watch = ProgressWatch(cpuCount: cpus)
    var progress = [UInt64](repeating: 0, count: cpus)
    var ended = [Bool](repeating: false, count: cpus)
    for now in stride(from: UInt64(0), through: 90, by: 10) {
      progress[0] += 1
      #expect(watch.stuck(progress: { progress[$0] }, ended: { ended[$0] }, now, 100).isEmpty)
    }
    ended[1] = true
    progress[0] += 1
    let idle = watch.stuck(progress: { progress[$0] }, ended: { ended[$0] }, 100, 100)
    #expect(idle == Array(2..<cpus))
  }

  @Test("at a pause every worker is between two steps, and stays there", arguments: [1, 2, 16])
  func pauses(cpus: Int) {
    let machine = Machine.small(cpus: cpus)
    let inside = machine.arena.table(of: Int.self, count: cpus * 8)
    let pauses = machine.word()
    let native = NativeMachine(machine)
    var limits = NativeLimits.patient
    limits.pauseNanoseconds = 1
    var (caught, moved) = (0, 0)
    let outcome = native.run(
      limits: limits,
      body: { cpu in
        while pauses.marked(0).atRest < 3 {
          inside.marked(cpu.id * 8).write(cpu, 1)
          cpu.relax()
          inside.marked(cpu.id * 8).write(cpu, 0)
          native.step(cpu)
        }
      },
      atPause: {
        let before = native.stepsSoFar
        for _ in 0..<100 {
          for id in 0..<cpus where inside.marked(id * 8).atRest != 0 { caught += 1 }
          machine.cpu(0).relax()
        }
        if native.stepsSoFar != before { moved += 1 }
        pauses.marked(0).write(machine.cpu(0), pauses.marked(0).atRest + 1)
      })
    #expect(outcome.stuck.isEmpty)
    #expect(pauses[0] >= 3)
    #expect(caught == 0)
    #expect(moved == 0)
  }

  @Test("without an interval there is no pause")
  func noPauses() {
    let machine = Machine.small(cpus: 2)
    let native = NativeMachine(machine)
    var pauses = 0
    var limits = NativeLimits.patient
    limits.durationNanoseconds = 30_000_000
    _ = native.run(
      limits: limits, body: { cpu in while !cpu.shouldStop { native.step(cpu) } },
      atPause: { pauses += 1 })
    #expect(pauses == 0)
  }
}
