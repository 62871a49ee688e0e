// The race detector and lockdep over the allocator: silent when nothing is wrong.

import Exploration
import Machine
import MachineChecks
import Testing

@testable import PageAllocator

struct AllocatorJudgesTests {
  @Test(
    "10 000 schedules of the allocator have no race and no bad order of locks",
    arguments: Granularity.allCases)
  func silent(granularity: Granularity) throws {
    let test = try SimulatedAllocator(granularity: granularity)
    let detector = RaceDetector(test.machine)
    test.simulated.observe(detector)
    let lockdep = Lockdep(test.simulated)
    let campaign = test.explorer.explore(schedules: 10_000, seed: 42)
    #expect(campaign.found.isEmpty)
    for race in detector.races { Issue.record("\(race.sentences.joined(separator: " "))") }
    #expect(lockdep.violations == [])
    #expect(detector.schedules == 10_000 && !detector.isExhausted)
  }

  @Test("a lock that lies is a race, also in schedules where no page is handed out twice")
  func bustedLock() throws {
    let test = try SimulatedAllocator(granularity: .sync, bugs: [.bustedPCPLock])
    let detector = RaceDetector(test.machine)
    test.simulated.observe(detector)
    var harmless = 0
    for index in 0..<500 as Range<UInt64> {
      let schedule = test.explorer.run(index: index, seed: 42)
      if schedule.findings.contains(where: { $0.rule == "double-allocation" }) { continue }
      if schedule.findings.contains(where: { $0.rule == "data-race" }) { harmless += 1 }
    }
    #expect(harmless > 0)
    #expect(detector.races.contains { $0.object.contains("pcp[") })
  }

  /// A task that drains its own lists while an interrupt of its CPU takes and frees pages.
  private func drains(_ bugs: [SeededBug]) throws -> (SimulatedAllocator, SimulatedProgram) {
    let test = try SimulatedAllocator(granularity: .sync, bugs: bugs)
    let allocator = test.allocator
    let program = SimulatedProgram(prepare: test.prepare) { cpu in
      if cpu.id != 0 { return }
      if let frame = allocator.allocatePages(cpu, order: .zero, .kernel) {
        allocator.freePages(cpu, frame, order: .zero)
      }
      allocator.drainLocal(cpu)
    }
    return (test, program)
  }

  @Test(
    "a drain without its lock races with the CPU's own interrupt, where no invariant breaks",
    arguments: [false, true])
  func drainWithoutLock(isOn: Bool) throws {
    let (test, program) = try drains(isOn ? [.drainWithoutLock] : [])
    let detector = RaceDetector(test.machine)
    test.simulated.observe(detector)
    let explorer = Explorer(
      test.simulated, strategy: InterruptInjection(into: RandomWalk()), program: program)
    let campaign = explorer.explore(schedules: 500, seed: 3)
    #expect(campaign.found.flatMap(\.findings).allSatisfy { $0.rule == "data-race" })
    #expect(detector.races.isEmpty == !isOn)
    for race in detector.races {
      #expect(race.first.cpu == 0 && race.second.cpu == 0)
      #expect([race.first.context, race.second.context].contains(.hardirq))
      #expect([race.first.site, race.second.site].contains("drain_pages_zone"))
    }
  }

  @Test(
    "a drain against the order of locks is told from schedules in which nobody waits",
    arguments: [false, true])
  func zoneLockFirst(isOn: Bool) throws {
    let (test, program) = try drains(isOn ? [.zoneLockBeforePCPLock] : [])
    let lockdep = Lockdep(test.simulated)
    let explorer = Explorer(test.simulated, strategy: ScheduleStrategy(), program: program)
    let campaign = explorer.explore(schedules: 3, seed: 3)
    #expect(campaign.found.isEmpty)
    let violations = lockdep.violations.filter { $0.rule == .lockOrder }
    #expect(
      violations.map(\.classes) == (isOn ? [["pcp->lock", "zone->lock", "pcp->lock"]] : []))
    if isOn { #expect(violations.first?.schedules == [0, 0]) }
  }
}
