// SURW, the selectively uniform random walk: uniform over the orders of the accesses to one object,
// which is drawn for each schedule among those that more than one CPU uses.
//
// A CPU is drawn, by how often it will still access the object, to be the next that does: the
// intended one.  Others go on by random priorities, but wait where they would access the object.
// When only such are left, the intended one may itself wait for one of them: then another is drawn,
// among those that can go on.
//
// The best of the random strategies on most programs; weak where a bug needs two objects.

import Machine

/// Picks the order of the accesses to one random object uniformly.
///
/// Among CPUs alone: where interrupts may come it wants an `InterruptInjection` around it.
public final class SURW: ScheduleStrategy {
  private let objects: [UInt64]
  private let profiled: [RemainingEvents]
  private var object: UInt64 = 0
  private var remaining = RemainingEvents()
  private var seen = CPUSet(cpuCount: 1)
  /// The CPU that accesses the object next; -1 for none.
  private var intended = -1
  private var priorities = RandomPriorities()
  private var stream = RandomStream(seed: 0)

  /// A walk by the counts of a profile; one without shared objects leaves random priorities.
  public init(_ profile: ScheduleProfile) {
    objects = profile.objects.map(\.object)
    profiled = profile.objects.map {
      RemainingEvents(events: $0.events, parents: profile.parents)
    }
  }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    seen = view.none
    intended = -1
    priorities.begin()
    object = 0
    if objects.isEmpty { return }
    let index = stream.below(objects.count)
    object = objects[index]
    remaining.start(profiled[index])
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.lastYielded || !view.unfinished.isSubset(of: seen) { meet(view) }
    return view.isWide
      ? choose(view, view.enabled, view.unfinished)
      : choose(view, view.enabled.few, view.unfinished.few)
  }

  @inline(always) private func choose<CPUs: SetOfCPUs>(
    _ view: ScheduleView, _ enabled: CPUs, _ unfinished: CPUs
  ) -> ScheduleChoice {
    if object == 0 { return go(priorities.highest(enabled), enabled.none) }
    if intended < 0 || !unfinished.contains(intended) {
      intended = remaining.draw(unfinished, atLeast: 0, &stream) ?? -1
    }
    let accessing = accessing(view, enabled)
    var held = accessing
    if intended >= 0 { held.remove(intended) }
    let going = enabled.subtracting(held)
    if !going.isEmpty { return go(priorities.highest(going), accessing) }
    let next = remaining.draw(enabled, atLeast: 0, &stream)
    return go(next ?? priorities.highest(enabled), accessing)
  }

  public override func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) { meet(view) }

  @inline(never) private func meet(_ view: ScheduleView) {
    let new = view.unfinished.subtracting(seen)
    new.visit { appear($0) }
    seen.formUnion(new)
    if view.lastYielded { giveWay(view.current, view) }
  }

  /// Who waits by looking again and again may wait for one that is held back: all others come
  /// first, whatever they are said to have left.
  private func giveWay(_ cpu: Int, _ view: ScheduleView) {
    priorities.giveWay(cpu)
    var others = view.unfinished
    others.remove(cpu)
    intended = remaining.draw(others, atLeast: 1, &stream) ?? -1
  }

  /// CPUs that can go on, and would access the object.
  @inline(__always) private func accessing<CPUs: SetOfCPUs>(
    _ view: ScheduleView, _ enabled: CPUs
  ) -> CPUs {
    var found = enabled.none
    enabled.visit { cpu in
      let operation = view.announced(cpu)
      if operation.object == object && operation.kind.isAccess { found.insert(cpu) }
    }
    return found
  }

  @inline(__always) private func go(
    _ cpu: Int, _ accessing: some SetOfCPUs
  ) -> ScheduleChoice {
    if accessing.contains(cpu) {
      remaining.take(cpu)
      intended = -1
    }
    priorities.draw(cpu, &stream)
    return ScheduleChoice(cpu: cpu)
  }

  /// A CPU that was spawned takes its part of what its parent was drawn for.
  private func appear(_ cpu: Int) {
    priorities.draw(cpu, &stream)
    let parent = remaining.appear(cpu)
    if parent < 0 || parent != intended { return }
    let weight = remaining.weight(cpu)
    let total = weight + remaining.weight(parent)
    if total > 0 && stream.below(total) < weight { intended = cpu }
  }
}
