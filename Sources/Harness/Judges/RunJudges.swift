// The judges of one run: the list of all that there are, and what they said.
//
// To add a judge: a `RunJudge`, a `Check` for the table, and a line in `all`.

import Checker
import Machine
import Outcomes
import PageAllocator

/// The judges that a plan asks for.
final class RunJudges {
  private let scene: JudgeScene
  private let judges: [any RunJudge]
  /// Findings of judges that look at the whole run.
  private(set) var findings: [Finding] = []

  /// How each judge is made, in the order of `Check.all`; nil for a plan that does without.
  private static var all: [(JudgeScene) -> (any RunJudge)?] {
    [
      EventJudge.ledger, EventJudge.bulk, EventJudge.grants, ZoneJudge.make, EndJudge.leaks,
      EndJudge.coalescing, LockOrderJudge.make, VacuityJudge.make,
    ]
  }

  init(_ plan: RunPlan, _ machine: Machine, _ allocator: PageAllocator) {
    let scene = JudgeScene(plan, machine, allocator)
    self.scene = scene
    judges = Self.all.compactMap { $0(scene) }
    note(at: .start)
  }

  /// Before a simulated schedule: all is as it was at the start.
  func beginSchedule() {
    scene.sharedScan?.beginSchedule()
    for judge in judges { judge.beginSchedule() }
  }

  /// What is wrong at a moment, by all judges that look then.
  func look(at moment: JudgeMoment) -> [Finding] {
    scene.sharedScan?.forget()
    return judges.flatMap { $0.look(at: moment) }
  }

  /// The same, kept with what was found before.
  func note(at moment: JudgeMoment) {
    for finding in look(at: moment) { note(finding) }
  }

  /// The judges that were on, with how often each judged.
  func outcomes(_ all: [Finding]) -> [CheckOutcome] {
    judges.map { CheckOutcome($0.check, times: $0.times, of: all) }
  }

  /// The judges that are on.
  var checks: [Check] { judges.map(\.check) }

  private func note(_ finding: Finding) {
    let same = findings.firstIndex {
      $0.signature == finding.signature && $0.cpu == finding.cpu && $0.context == finding.context
    }
    if let known = same {
      findings[known].count += finding.count
    } else {
      findings.append(finding)
    }
  }
}
