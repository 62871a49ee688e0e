// PCT: priorities drawn at random, and a few points at which the highest is lowered.
//
// A bug of depth d, one that needs d orderings, is met with at least 1/(n k^(d-1)) a schedule: n
// CPUs, k points.  The points of change are drawn over all k points, not only those with a choice.
// Not fair: what waits for another by looking again and again gives way when it yields.

import Machine

/// Runs the enabled CPU of the highest priority, and lowers it at `depth - 1` points.
///
/// Among CPUs alone: where interrupts may come it wants an `InterruptInjection` around it.
public final class PCT: ScheduleStrategy {
  /// The largest depth.
  public static var depthMax: Int { 16 }

  private let depth: Int
  private let pointsMax: Int
  private var stream = RandomStream(seed: 0)
  /// Points of change in their order, two at one point both counting.
  private var changes = InlineArray<16, Int>(repeating: .max)
  private var changesDone = 0
  private var nextChange = Int.max
  private var ranks = PriorityOrder()

  /// PCT of a depth, 1 ... `depthMax`, for schedules as long as the profile's.
  public init(depth: Int, _ profile: ScheduleProfile) {
    precondition(depth >= 1 && depth <= Self.depthMax, "a depth of PCT is 1 ... 16")
    self.depth = depth
    pointsMax = max(profile.pointsMax, 1)
  }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    ranks.removeAll(view.none)
    for count in 0..<depth - 1 { insertChange(1 + stream.below(pointsMax), count) }
    changes[depth - 1] = .max
    changesDone = 0
    nextChange = changes[0]
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let isNewSeen = !view.unfinished.few.subtracting(ranks.members.few).isEmpty
    if view.lastYielded || isNewSeen || view.points >= nextChange || view.enabled.isWide {
      return chooseRarely(view)
    }
    return ScheduleChoice(cpu: ranks.highest(of: view.enabled.few))
  }

  /// The same where priorities change, or there are many CPUs.
  @inline(never) private func chooseRarely(_ view: ScheduleView) -> ScheduleChoice {
    meet(view)
    // After an interrupt came at a point of change, the change is due at the next one.
    while view.points >= nextChange {
      ranks.lower(ranks.highest(of: view.enabled))
      changesDone &+= 1
      nextChange = changes[changesDone]
    }
    return ScheduleChoice(cpu: ranks.highest(of: view.enabled))
  }

  public override func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) { meet(view) }

  /// Looks at the CPU that gave way, and at those that are new.
  private func meet(_ view: ScheduleView) {
    if view.lastYielded { ranks.lower(view.current) }
    let new = view.unfinished.subtracting(ranks.members)
    if !new.isEmpty { ranks.insert(new, &stream) }
  }

  private func insertChange(_ point: Int, _ count: Int) {
    var place = count
    while place > 0 && changes[place - 1] > point {
      changes[place] = changes[place - 1]
      place -= 1
    }
    changes[place] = point
  }
}
