// The judges of the end, when all was given back and drained.

import Checker
import Machine
import PageAllocator

/// A judge that goes by the scan of the end.
final class EndJudge: RunJudge {
  let check: Check
  private(set) var times: UInt64 = 0
  private let scan: SharedScan
  private let judge: (ZoneScan) -> [Finding]

  private init(_ check: Check, _ scene: JudgeScene, _ judge: @escaping (ZoneScan) -> [Finding]) {
    self.check = check
    self.judge = judge
    scan = scene.scan
  }

  func look(at moment: JudgeMoment) -> [Finding] {
    if moment != .end { return [] }
    times += 1
    _ = scan.findings()
    return judge(scan.zones)
  }

  /// No page is held any more.
  static func leaks(_ scene: JudgeScene) -> (any RunJudge)? {
    scene.plan.checks.leaks ? EndJudge(.leaks, scene, LeakCheck.leaks) : nil
  }

  /// Free memory is in blocks as large as may be.
  static func coalescing(_ scene: JudgeScene) -> (any RunJudge)? {
    scene.plan.checks.leaks ? EndJudge(.coalescing, scene, LeakCheck.unmerged) : nil
  }
}
