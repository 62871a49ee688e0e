// What a run without findings must have done, as one of its judges.

import Checker
import Machine

/// The required paths that were never taken; and interrupts by signal, if none came.
final class VacuityJudge: RunJudge {
  let check = Check.vacuity
  private let plan: RunPlan
  private let machine: Machine

  private init(_ scene: JudgeScene) {
    plan = scene.plan
    machine = scene.machine
  }

  static func make(_ scene: JudgeScene) -> (any RunJudge)? { VacuityJudge(scene) }

  /// Paths that are required, and signals.
  var times: UInt64 {
    UInt64(plan.checks.requiredPaths.count + (plan.interrupts.delivery == .signal ? 1 : 0))
  }

  func look(at moment: JudgeMoment) -> [Finding] {
    if moment != .clean { return [] }
    let signals =
      plan.interrupts.delivery == .signal
      ? InterruptSource.allCases.reduce(0) { $0 + machine.interrupts($1).received } : nil
    return Vacuity.findings(signals: signals)
      + Vacuity.findings(required: plan.checks.requiredPaths, machine.catalog) {
        machine.total($0)
      }
  }
}
