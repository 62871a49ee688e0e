// Each seeded bug is found by the judge that its row promises in one of a few schedules, always the
// same one, and the same schedules of the same program are clean without it.

import PageAllocator
import Testing

struct SeededBugScheduleTests {
  private static let schedulesMax: UInt64 = 200

  @Test("a schedule shows the bug as its row promises", arguments: SeededBug.allCases)
  func found(bug: SeededBug) throws {
    // Else a race would be found long before what comes of it.
    let watches = [.drainWithoutLock, .zoneLockBeforePCPLock].contains(bug)
    let schedules = try JudgedSchedules(bug.program, bugs: [bug], watchesOrder: watches)
    let (index, rules) = try #require(schedules.firstBroken(of: 20 * Self.schedulesMax))
    #expect(!Set(rules).isDisjoint(with: bug.record.rules), "schedule \(index): \(rules)")
    // Its number alone shows it again.
    let again = try JudgedSchedules(bug.program, bugs: [bug], watchesOrder: watches)
    #expect(again.rules(ofSchedule: index) == rules)
  }

  @Test("without the bug its program is clean", arguments: SeededBug.allCases)
  func clean(bug: SeededBug) throws {
    let first = try JudgedSchedules(bug.program, bugs: []).firstBroken(of: Self.schedulesMax)
    #expect(first == nil, "schedule \(first?.index ?? 0): \(first?.rules ?? [])")
  }

  @Test("the lists stay whole under every protection", arguments: PerCPUProtection.allCases)
  func protections(protection: PerCPUProtection) throws {
    var program = SeededBug.bustedPCPLock.program
    program.machine.tunables.perCPUProtection = protection
    let first = try JudgedSchedules(program, bugs: []).firstBroken(of: Self.schedulesMax)
    #expect(first == nil, "schedule \(first?.index ?? 0): \(first?.rules ?? [])")
  }

  @Test("with interrupts off around the lists a drain from another CPU is the owner's work")
  func remoteDrain() throws {
    var program = SeededBug.stalePCPAfterUnlock.program
    program.machine.tunables.perCPUProtection = .irqDisable
    program.machine.granularity = .all
    let first = try JudgedSchedules(program, bugs: []).firstBroken(of: Self.schedulesMax)
    #expect(first == nil, "schedule \(first?.index ?? 0): \(first?.rules ?? [])")
  }
}
