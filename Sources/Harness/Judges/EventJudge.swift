// The judges that listen: what they find they report themselves, where it happens.

import Checker
import Machine
import PageAllocator

/// A judge of the allocator's events, as one of a run.
final class EventJudge: RunJudge {
  let check: Check
  private let listener: any AllocatorListener
  private let machine: Machine

  /// Has `listener` listen from now on.
  private init(_ check: Check, _ listener: any AllocatorListener, _ scene: JudgeScene) {
    self.check = check
    self.listener = listener
    machine = scene.machine
    scene.allocator.subscribe(listener)
  }

  var times: UInt64 { machine.total(listener.judged.id) }

  func beginSchedule() { listener.reset() }

  /// Who has each frame.
  static func ledger(_ scene: JudgeScene) -> (any RunJudge)? {
    if !scene.plan.checks.ledger { return nil }
    let ledger = OwnershipLedger(frameCount: scene.allocator.frameCount, tracksTouched: false)
    scene.ledger = ledger
    ledger.adopt(scene.allocator)
    return EventJudge(.ledger, ledger, scene)
  }

  /// What bulk calls do to their arrays.
  static func bulk(_ scene: JudgeScene) -> (any RunJudge)? {
    if !scene.plan.checks.bulkOracle { return nil }
    return EventJudge(.bulk, BulkOracle(cpuCount: scene.machine.cpuCount), scene)
  }

  /// What requests get.
  static func grants(_ scene: JudgeScene) -> (any RunJudge)? {
    if !scene.plan.checks.grants { return nil }
    let grants = GrantJudge(scene.allocator, scene.plan.allocator)
    scene.grants = grants
    return EventJudge(.grants, grants, scene)
  }
}
