// The order of locks in a native run, as one of its judges.

import Checker
import Machine
import MachineChecks

/// Lockdep's verdict, however the run ended.
final class LockOrderJudge: RunJudge {
  let check = Check.lockdep
  private let lockdep: Lockdep
  private let machine: Machine

  private init(_ machine: Machine) {
    self.machine = machine
    lockdep = Lockdep(native: machine)
  }

  static func make(_ scene: JudgeScene) -> (any RunJudge)? {
    scene.plan.checks.lockdep ? LockOrderJudge(scene.machine) : nil
  }

  var times: UInt64 { lockdep.chains }

  func look(at moment: JudgeMoment) -> [Finding] {
    if moment != .over { return [] }
    return lockdep.violations.map { $0.finding(machine.catalog) }
  }
}
