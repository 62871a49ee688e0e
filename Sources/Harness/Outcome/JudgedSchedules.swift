// Which judges judged how many schedules.

import Checker
import Exploration
import Machine
import Outcomes

/// A judge of schedules.
struct JudgedSchedules {
  let check: Check
  /// Schedules that it judged.
  let count: UInt64

  /// What the judge came to: its part of some findings.
  func outcome(_ findings: [Finding]) -> CheckOutcome {
    CheckOutcome(check, times: count, of: findings)
  }

  /// The judges of a run's schedules.
  ///
  /// - Parameters:
  ///   - count: schedules in all.
  ///   - races: whether all of them are judged for races and the order of locks; nil for some.
  static func all(_ run: SimulatedRun, _ count: UInt64, races: Bool?) -> [JudgedSchedules] {
    let some = races == nil ? count / ParallelExplorer.judgedOneIn : count
    let ofLocks = races == false ? [] : [Check.lockdep, Check.races]
    return run.checks.map { JudgedSchedules(check: $0, count: count) }
      + ofLocks.map { JudgedSchedules(check: $0, count: some) }
  }
}

extension CheckOutcome {
  /// What a judge came to: its part of some findings.
  init(_ check: Check, times: UInt64, of findings: [Finding]) {
    let rules = check.ruleNames
    self.init(
      name: check.name, times: times, findings: findings.count { rules.contains($0.rule) })
  }
}
