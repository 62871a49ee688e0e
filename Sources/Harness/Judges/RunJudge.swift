// A judge of a run, whatever it looks at: all that a run knows of each of its judges.

import Checker
import Machine

/// A moment at which nothing runs, and judges look.
enum JudgeMoment {
  /// The run has not begun: what is broken is the start state's fault.
  case start
  /// All CPUs have stopped for a look, between two operations each.
  case pause
  /// All was given back, and the per-CPU lists are not drained yet, which puts right what is wrong
  /// with them.
  case undrained
  /// All was given back and drained.
  case end
  /// The run is over, however it ended.
  case over
  /// The run is over and nothing was found in it.
  case clean
}

/// A judge of one run or of all schedules of an exploration.
protocol RunJudge: AnyObject {
  /// Its line in the table of judges.
  var check: Check { get }
  /// How often it has judged so far.
  var times: UInt64 { get }
  /// A simulated schedule begins: all is as it was at the start.
  func beginSchedule()
  /// Looks, if this is a moment for it; what is wrong now.  The machine is at rest.
  func look(at moment: JudgeMoment) -> [Finding]
}

extension RunJudge {
  func beginSchedule() {}
  func look(at moment: JudgeMoment) -> [Finding] { [] }
}
