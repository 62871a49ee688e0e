// The strategy that runs the schedule of a systematic search again.

import Machine

/// Makes the choices of a path; beyond its end the default schedule goes on.
public final class PathFollower: ScheduleStrategy {
  private let path: [ScheduleChoice]
  private var next = 0

  /// Follows the path of a finding.
  public init(_ found: SystematicFinding) { path = found.path }

  public override var decidesToTheEnd: Bool { true }

  public override func begin(seed: UInt64, _ view: ScheduleView) { next = 0 }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if next >= path.count { return view.defaultChoice }
    next += 1
    return path[next - 1]
  }
}
