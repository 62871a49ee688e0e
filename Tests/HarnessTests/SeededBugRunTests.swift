// Each seeded bug that one CPU can come to is found by a run that a seed decides, as its row
// promises, and the same run without it is clean.  The others need a second CPU in the middle of
// something: schedules show them.

import PageAllocator
import Testing

@testable import Harness

extension SeededBug {
  /// The callers that come to the bug on one CPU; nil if it takes two.
  fileprivate var callers: String? {
    switch self {
    case .bustedPCPLock: "{ kind: 'pagePool' }"
    case .uniprocessorTrylock:
      "{ kind: 'pagePool' }, { kind: 'pageOffliner', drainPercent: 100, frames: 1, weight: 2 },"
        + " { kind: 'slab' }"
    case .bulkFullArrayReturnsZero, .bulkReadsPastEnd: "{ kind: 'btrfs' }, { kind: 'sunrpc' }"
    case .tailLeak: "{ kind: 'anonymousFaults', pages: 512, driverPerMille: 500 }"
    case .nrFreeDrift: "{ kind: 'pageOffliner' }"
    case .mergeRetagsFirstBlock:
      "{ kind: 'anonymousFaults', pages: 3000, hugePercent: 10 }, { kind: 'slab', slabs: 400 }"
    case .freeEndlessLoop: "{ kind: 'anonymousFaults', pages: 3000, hugePercent: 30 }"
    case .bulkPopulatedInsteadOfAccount, .doubleFreeAfterPut, .pcpTypeToBuddy,
      .highAtomicUnderflow, .stalePCPAfterUnlock:
      nil
    case .zoneLockBeforePCPLock: "{ kind: 'btrfs' }"
    case .lowmemReserveIgnored:
      "{ kind: 'anonymousFaults', pages: 8192, unmapPerMille: 10, exitPerMille: 0 }"
    case .drainLeavesRest, .mergeStopsEarly: "{ kind: 'btrfs' }"
    // Its judge watches schedules alone.
    case .drainWithoutLock: nil
    // A CPU that waits for itself is found by time alone.
    case .noLockSpins: nil
    }
  }

  /// Pages of a refill: a chunk of the give-back, too.
  fileprivate var batch: Int { [.freeEndlessLoop, .drainLeavesRest].contains(self) ? 31 : 1 }

  /// What else the machine and the allocator need.
  fileprivate var machine: String { self == .lowmemReserveIgnored ? ", dma32: '8MiB'" : "" }
  fileprivate var allocator: String {
    self == .lowmemReserveIgnored ? ", minFreeKBytes: 14336, lowmemReserveRatio: [0, 32]" : ""
  }

  fileprivate var protection: PerCPUProtection {
    self == .uniprocessorTrylock ? .uniprocessor : .trylock
  }
}

struct SeededBugRunTests {
  @Test("the config of its record can be explored", arguments: SeededBug.allCases)
  func config(bug: SeededBug) throws {
    let file = "configs/\(bug.record.config).json5"
    let text = String(decoding: try PackageFile.bytes(file), as: UTF8.self)
    _ = try SimulatedRun(ScaledPlan(plan(text, seed: 1, bugs: [bug.name])))
  }

  private static let reachable = SeededBug.allCases.filter { $0.callers != nil }

  /// One CPU whose interrupts come at seeded points: nothing is left to the hardware.
  private func text(_ bug: SeededBug) -> String {
    """
    { machine: { cpus: 1, memory: "16MiB", pageblockOrder: 5\(bug.machine) },
      allocator: { batch: \(bug.batch)\(bug.allocator) },
      policies: { pcpProtection: "\(bug.protection.name)" },
      interrupts: { nic: 250, block: 1000 },
      workloads: [\(bug.callers ?? ""), { kind: "pageCache" }],
      checks: { lockdep: true },
      stop: { operations: \(bug == .uniprocessorTrylock ? 4000 : 2000) } }
    """
  }

  @Test("a seeded bug is found as its row promises", arguments: reachable)
  func found(bug: SeededBug) throws {
    let outcome = Run.execute(try plan(text(bug), seed: 1, bugs: [bug.name]))
    #expect(outcome.header.verdict == .finding && outcome.header.exitStatus == 1)
    #expect(!outcome.rules.isDisjoint(with: bug.record.rules), "found \(outcome.rules)")
    let again = Run.execute(try plan(text(bug), seed: 1, bugs: [bug.name]))
    #expect(again.findings == outcome.findings)
  }

  @Test("the same run without the bug is clean", arguments: reachable)
  func clean(bug: SeededBug) throws {
    let outcome = Run.execute(try plan(text(bug), seed: 1))
    #expect(outcome.header.verdict == .clean && outcome.findings == [])
  }
}
