// Each seeded bug is found by a run that a seed decides, as its row promises, and the same run
// without it is clean.

import PageAllocator
import Testing

@testable import Harness

struct SeededBugRunTests {
  /// One CPU whose interrupts come at seeded points: nothing is left to the hardware.
  private func text(_ bug: SeededBug) -> String {
    let workload =
      switch bug {
      case .bustedPCPLock: "{ kind: 'pagePool' }"
      case .bulkFullArrayReturnsZero: "{ kind: 'btrfs' }, { kind: 'sunrpc' }"
      case .tailLeak: "{ kind: 'anonymousFaults', pages: 512, driverPerMille: 500 }"
      }
    return """
      { machine: { cpus: 1, memory: "16MiB", pageblockOrder: 5 },
        interrupts: { nic: 250, block: 1000 },
        workloads: [\(workload), { kind: "pageCache" }],
        stop: { operations: 2000 } }
      """
  }

  @Test("a seeded bug is found as its row promises", arguments: SeededBug.allCases)
  func found(bug: SeededBug) throws {
    let outcome = Run.execute(try plan(text(bug), seed: 1, bugs: [bug.name]))
    #expect(outcome.verdict == .finding && outcome.exitStatus == 1)
    #expect(!outcome.rules.isDisjoint(with: bug.caughtBy), "found \(outcome.rules)")
    let again = Run.execute(try plan(text(bug), seed: 1, bugs: [bug.name]))
    #expect(again.findings == outcome.findings)
  }

  @Test("the same run without the bug is clean", arguments: SeededBug.allCases)
  func clean(bug: SeededBug) throws {
    let outcome = Run.execute(try plan(text(bug), seed: 1))
    #expect(outcome.verdict == .clean && outcome.findings == [])
  }
}
