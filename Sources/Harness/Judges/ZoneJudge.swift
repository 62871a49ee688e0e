// The scan of all zones, as one of a run's judges.

import Checker
import Machine
import PageAllocator

/// Every page in one place, lists and counters right.
final class ZoneJudge: RunJudge {
  let check = Check.zones
  private(set) var times: UInt64 = 0
  private let scan: SharedScan
  /// True if the start state is a recording's, and may be broken.
  private let startsRecorded: Bool

  private init(_ scene: JudgeScene) {
    scan = scene.scan
    startsRecorded = scene.plan.allocator.start != nil
  }

  static func make(_ scene: JudgeScene) -> (any RunJudge)? {
    scene.plan.checks.invariants ? ZoneJudge(scene) : nil
  }

  func look(at moment: JudgeMoment) -> [Finding] {
    switch moment {
    case .start: return startsRecorded ? scan.findings() : []
    case .undrained: return scan.zones.scanPerCPULists()
    case .pause, .end:
      times += 1
      return scan.findings()
    case .over, .clean: return []
    }
  }
}
