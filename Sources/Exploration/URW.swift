// URW, the uniform random walk: a CPU is chosen with a weight of what it has left to do.
//
// Uniform over interleavings if the counts are exact and nobody waits.  Weak where the counts are
// far off, and where a CPU that spawns others runs far ahead because it carries their weight.

import Machine

/// Picks among the CPUs that can go on by the events that they have left.
///
/// Among CPUs alone: where interrupts may come it wants an `InterruptInjection` around it.
public final class URW: ScheduleStrategy {
  private let profiled: RemainingEvents
  private var remaining = RemainingEvents()
  private var seen = CPUSet()
  private var stream = RandomStream(seed: 0)

  /// A walk by the counts of a profile.
  public init(_ profile: ScheduleProfile) {
    profiled = RemainingEvents(events: profile.events, parents: profile.parents)
  }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    remaining = profiled
    seen = CPUSet()
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.unfinished.bits & ~seen.bits != 0 { meet(view) }
    let cpu = remaining.draw(view.enabled, atLeast: 1, &stream) ?? view.enabled.first
    remaining.take(cpu)
    return ScheduleChoice(cpu: cpu)
  }

  public override func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) { meet(view) }

  @inline(never) private func meet(_ view: ScheduleView) {
    let new = view.unfinished.bits & ~seen.bits
    if new != 0 { appear(CPUSet(bits: new)) }
  }

  private func appear(_ cpus: CPUSet) {
    var left = cpus.bits
    while left != 0 {
      _ = remaining.appear(left.trailingZeroBitCount)
      left &= left &- 1
    }
    seen.bits |= cpus.bits
  }
}
