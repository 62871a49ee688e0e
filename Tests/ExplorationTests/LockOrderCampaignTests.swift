// The order of locks over all schedules of a campaign, where no schedule shows a whole cycle.

import Exploration
import Machine
import MachineChecks
import Testing

struct LockOrderCampaignTests {
  private static let classes = [LockClass(0), LockClass(1)]

  /// Two CPUs, of which only the one that comes first takes both locks, each in its own order.
  private static func lane() throws -> ExplorationLane {
    var catalog = Catalog()
    catalog.add(lockClasses: [(0, "first"), (1, "second")])
    let machine = Machine(cpuCount: 2, arenaByteCount: 1 << 12, catalog: catalog)
    let locks = classes.map { machine.makeLock($0, instance: 0) }
    let taken = machine.arena.table(of: Int.self, count: 1).atomic(0)
    let simulated = try SimulatedMachine(machine, options: SimulationOptions())
    let lockdep = Lockdep(simulated)
    let program = SimulatedProgram(
      prepare: { lockdep.forget() },
      body: { cpu in
        if taken.add(cpu, 1) != 1 { return }
        let (outer, inner) = (locks[cpu.id], locks[1 - cpu.id])
        outer.lock(cpu)
        inner.lock(cpu)
        inner.unlock(cpu)
        outer.unlock(cpu)
      })
    return ExplorationLane(simulated, program, lockdep: lockdep)
  }

  private func campaign(threads: Int, schedules: UInt64 = 500) throws -> CampaignOutcome {
    try ParallelExplorer(.portfolio(), lanes: Self.lane, threads: threads)
      .explore(schedules: schedules, seed: 5, stopAtFirst: true)
  }

  @Test("a cycle whose edges come from different schedules is told edge by edge")
  func cycle() throws {
    let outcome = try campaign(threads: 1)
    #expect(outcome.found.isEmpty)
    let violation = try #require(outcome.lockOrder.first)
    #expect(violation.classes == ["first", "second", "first"])
    #expect(violation.facts == ["second under first", "first under second"])
    #expect(violation.sentences.count == 2)
    // The campaign ended with the schedule that closed the cycle.
    #expect(violation.schedules.max() == outcome.schedules - 1)
    #expect(violation.schedules[0] != violation.schedules[1])
  }

  @Test("it is the same on any number of threads")
  func threads() throws {
    let alone = try campaign(threads: 1)
    for threads in [2, 3] { #expect(try campaign(threads: threads) == alone) }
  }

  @Test("each of its schedules shows its own edge and not the other")
  func edges() throws {
    let violation = try #require(try campaign(threads: 1).lockOrder.first)
    let lane = try Self.lane()
    let explorer = Explorer(lane.simulated, plan: .portfolio(), program: lane.program)
    for (fact, index) in zip(violation.facts, violation.schedules) {
      _ = explorer.run(index: index, seed: 5)
      let seen = lane.lockdep?.facts.map { $0.name(lane.simulated.machine.catalog) } ?? []
      #expect(seen.filter { $0.contains("under") } == [fact])
    }
  }

  @Test("what is watched for is a finding of the schedule, where it happens")
  func watch() throws {
    for (strategy, rules) in [(ScheduleStrategy(), []), (LastFirst(), ["lock-watched"])] {
      let lane = try Self.lane()
      #expect(lane.lockdep?.watch("first under third") == false)
      #expect(lane.lockdep?.watch("first under second") == true)
      let explorer = Explorer(lane.simulated, strategy: strategy, program: lane.program)
      #expect(explorer.run(index: 0, seed: 1).findings.map(\.rule) == rules)
    }
  }
}

/// The CPU with the highest number that can go on.
private final class LastFirst: ScheduleStrategy {
  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    ScheduleChoice(cpu: view.enabled.nth(view.enabled.count - 1))
  }
}
