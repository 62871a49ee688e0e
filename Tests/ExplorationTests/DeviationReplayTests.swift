// A recorded schedule is had again from its deviations alone, whatever strategy decided it.

import Exploration
import Machine
import Testing

@Suite("Deviations")
struct DeviationReplayTests {
  private func expectSame(_ replayer: Replayer, _ seeds: Range<UInt64>) {
    var deviations = 0
    for seed in seeds {
      let recorded = replayer.record(seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      let replayed = replayer.replay(recorded.script)
      #expect(replayed.outcome.traceHash == recorded.outcome.traceHash, "seed \(seed)")
      #expect(replayed == recorded, "seed \(seed)")
      deviations += recorded.script.deviations.count
    }
    #expect(deviations > seeds.count)
  }

  @Test(
    "of random schedules with interrupts, spawns, sleeps and wakes give the same schedules",
    arguments: Granularity.allCases)
  func everyKindOfPoint(granularity: Granularity) throws {
    let program = try SmallProgram(
      cpus: 3, options: .small(granularity, interrupts: [.nic: 3, .timer: 1], started: 1),
      everyKind)
    expectSame(program.replayer, 0..<2_000)
  }

  @Test("of a program in which CPUs wait for each other for ever")
  func deadlocks() throws {
    let program = try SmallProgram(cpus: 2, options: .small(), opposite)
    expectSame(program.replayer, 0..<500)
    let dead = try #require(program.find("deadlock"))
    let again = program.replayer.replay(dead.script)
    #expect(again.waits == dead.waits)
    #expect(again.waits.count == 2)
  }

  @Test("of schedules of the allocator give the same schedules", arguments: Granularity.allCases)
  func allocator(granularity: Granularity) throws {
    let allocator = try SimulatedAllocator(granularity: granularity)
    expectSame(allocator.replayer, 0..<1_000)
  }

  @Test("hold the fair turns at the end of a schedule too")
  func fairPart() throws {
    let program = try SmallProgram(cpus: 2, options: .small(pointsMax: 200)) { machine in
      let word = machine.arena.table(of: Int.self, count: 1)
      return SimulatedProgram { cpu in
        if cpu.id == 1 { return word.marked(0).write(cpu, 1) }
        while word.marked(0).read(cpu) == 0 {}
      }
    }
    let recorded = program.replayer.record(seed: 1, strategy: ScheduleStrategy())
    #expect(recorded.outcome.end == .complete && recorded.outcome.points > 100)
    #expect(recorded.script.deviations.count == 1)
    #expect(program.replayer.replay(recorded.script) == recorded)
    // Without it CPU 0 reads until the bound on points, which is its schedule's fault alone.
    var nothing = recorded.script
    nothing.deviations = []
    #expect(program.replayer.replay(nothing).outcome.end == .cut)
  }

  @Test("of a livelock leave its fair end to the machine, which repeats it")
  func livelock() throws {
    let program = try SmallProgram(cpus: 2, options: .small(pointsMax: 200)) { machine in
      let word = machine.arena.table(of: Int.self, count: 1)
      return SimulatedProgram { cpu in while word.marked(0).read(cpu) == 0 { cpu.relax() } }
    }
    let recorded = program.replayer.record(
      seed: 1, strategy: InterruptInjection(into: RandomWalk()))
    #expect(recorded.outcome.end == .livelock)
    #expect(recorded.script.endsFairly)
    #expect(program.replayer.replay(recorded.script) == recorded)
  }

  @Test("of which any are left out still give a schedule, in which none counts that was not made")
  func anySubset() throws {
    let program = try SmallProgram(
      cpus: 3, options: .small(.all, interrupts: [.nic: 3], started: 1), everyKind)
    var stream = RandomStream(seed: 5)
    for seed in 0..<300 as Range<UInt64> {
      var script = program.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk())
      ).script
      script.deviations.removeAll { _ in stream.chance(1, in: 3) }
      let done = program.replayer.replay(script)
      #expect(done.outcome.end == .complete)
      #expect(Set(done.script.deviations).isSubset(of: script.deviations))
      #expect(program.replayer.replay(done.script) == done)
    }
  }

  @Test("for CPUs and places that do not exist are not made")
  func impossible() throws {
    let program = try SmallProgram(cpus: 2, options: .small(), reorder)
    let plain = program.replayer.record(seed: 1, strategy: ScheduleStrategy())
    var script = plain.script
    #expect(script.deviations.isEmpty)
    script.deviations = [
      Deviation(cpu: -7, point: 0, to: ScheduleChoice(cpu: 1)),
      Deviation(cpu: 99, point: 0, to: ScheduleChoice(cpu: 1)),
      Deviation(cpu: 0, point: 1, to: ScheduleChoice(cpu: 63)),
      Deviation(cpu: 0, point: 1, to: ScheduleChoice(cpu: 254)),
      Deviation(cpu: 0, point: 1, to: ScheduleChoice(.nic, to: 1)),
      Deviation(cpu: 1, point: 77, to: ScheduleChoice(cpu: 0)),
    ]
    #expect(program.replayer.replay(script) == plain)
  }
}
