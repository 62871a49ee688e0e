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
  private var seen = CPUSet(cpuCount: 1)
  private var stream = RandomStream(seed: 0)

  /// A walk by the counts of a profile.
  public init(_ profile: ScheduleProfile) {
    profiled = RemainingEvents(events: profile.events, parents: profile.parents)
  }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    remaining.start(profiled)
    seen = view.none
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if !view.unfinished.isSubset(of: seen) { meet(view) }
    return view.isWide ? choose(among: view.enabled) : choose(among: view.enabled.few)
  }

  @inline(always) private func choose(among enabled: some SetOfCPUs) -> ScheduleChoice {
    let cpu = remaining.draw(enabled, atLeast: 1, &stream) ?? enabled.first
    remaining.take(cpu)
    return ScheduleChoice(cpu: cpu)
  }

  public override func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) { meet(view) }

  @inline(never) private func meet(_ view: ScheduleView) {
    let new = view.unfinished.subtracting(seen)
    new.visit { _ = remaining.appear($0) }
    seen.formUnion(new)
  }
}
