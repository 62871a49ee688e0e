// Each claim under every value of every policy; and seeded bugs, which show that claims can fail.

import Testing

@testable import PageAllocator

/// What the allocator under these policies breaks: for each claim that fails its name and what is
/// broken; empty if it conforms.
///
/// - Parameter schedules: how many schedules each claim runs in on several CPUs.
func checkAllocator(
  _ policies: Policies, bugs: [SeededBug] = [], claims: [ConformanceClaim] = ConformanceClaim.all,
  schedules: UInt64
) throws -> [String] {
  for claim in claims {
    var broken = ConformanceMachine(policies, bugs: bugs).alone(claim)
    if broken.isEmpty && schedules > 0 {
      let machine = ConformanceMachine(policies, bugs: bugs)
      broken = try machine.scheduled(claim, schedules: schedules)
    }
    if !broken.isEmpty { return ["\(claim.name):"] + broken }
  }
  return []
}

@Suite("Conformance")
struct ConformanceTests {
  @Test(
    "the allocator conforms under all policies", arguments: Policies.allCases, ConformanceClaim.all)
  func conforms(policies: Policies, claim: ConformanceClaim) throws {
    let broken = try checkAllocator(policies, claims: [claim], schedules: 6)
    #expect(broken == [], "\(broken)")
  }

  /// Bugs that show in the calls of one CPU under any policy, with the claims that fail.
  private static let simple: [(bug: SeededBug, claims: [ConformanceClaim])] = [
    (.mergeStopsEarly, ConformanceClaim.ofBlocks), (.nrFreeDrift, ConformanceClaim.ofBlocks),
    (.mergeRetagsFirstBlock, ConformanceClaim.ofBlocks),
    (.tailLeak, ConformanceClaim.ofReferences), (.drainLeavesRest, ConformanceClaim.ofLists),
    (.bulkFullArrayReturnsZero, ConformanceClaim.ofBulkCalls),
    (.bulkReadsPastEnd, ConformanceClaim.ofBulkCalls),
  ]

  @Test("a bug of one CPU fails the suite under any policy", arguments: Policies.allCases, simple)
  func finds(policies: Policies, seeded: (bug: SeededBug, claims: [ConformanceClaim])) throws {
    let broken = try checkAllocator(
      policies, bugs: [seeded.bug], claims: seeded.claims, schedules: 0)
    #expect(!Set(broken).isDisjoint(with: seeded.bug.record.rules), "\(broken)")
  }

  /// Bugs that show in schedules, each under the policies under which it can.
  private static let scheduled: [(bug: SeededBug, policies: Policies)] =
    Policies.trylock.flatMap { policies in
      [SeededBug.bustedPCPLock, .noLockSpins].map { ($0, policies) }
    }
    + Policies.allCases.filter { $0.protection == .uniprocessor }.map { (.uniprocessorTrylock, $0) }
    + Policies.withinReach.flatMap { policies in
      [SeededBug.drainWithoutLock, .zoneLockBeforePCPLock].map { ($0, policies) }
    }

  @Test(
    "a bug of a protection, or between CPUs, fails the suite where it can", arguments: scheduled)
  func findsInSchedules(bug: SeededBug, policies: Policies) throws {
    let broken = try checkAllocator(
      policies, bugs: [bug], claims: ConformanceClaim.ofLists, schedules: 50)
    // Lists in use by two contexts are a race before they are broken.
    #expect(!Set(broken).isDisjoint(with: bug.record.rules + ["data-race"]), "\(broken)")
  }
}
