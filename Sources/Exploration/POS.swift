// POS, partial order sampling: every announced operation has a random priority, drawn anew when an
// operation that it races with goes first.  Who gives way comes after all others.
//
// Strong where two racing operations are near each other; weak where one CPU must wait for many
// operations of another.

import Machine

/// Runs the announced operation of the highest random priority.
///
/// Among CPUs alone: where interrupts may come it wants an `InterruptInjection` around it.
public final class POS: ScheduleStrategy {
  private var stream = RandomStream(seed: 0)
  private var priorities = RandomPriorities()
  /// CPUs whose announced operation has its priority.
  private var drawn = CPUSet(cpuCount: 1)

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    drawn = view.none
    priorities.begin()
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.lastYielded { giveWay(view.current) }
    return view.isWide
      ? choose(view, view.enabled, view.unfinished, &drawn)
      : choose(view, view.enabled.few, view.unfinished.few, &drawn.few)
  }

  @inline(always) private func choose<CPUs: SetOfCPUs>(
    _ view: ScheduleView, _ enabled: CPUs, _ unfinished: CPUs, _ drawn: inout CPUs
  ) -> ScheduleChoice {
    let missing = unfinished.subtracting(drawn)
    drawn.formUnion(missing)
    missing.visit { priorities.draw($0, &stream) }
    let cpu = priorities.highest(enabled)
    let operation = view.announced(cpu)
    drawn.remove(cpu)
    drawn.intersection(unfinished).visit { other in
      if operation.conflicts(with: view.announced(other)) { drawn.remove(other) }
    }
    return ScheduleChoice(cpu: cpu)
  }

  public override func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) {
    if view.lastYielded { giveWay(view.current) }
    drawn.remove(Int(delivery.cpu))
  }

  private func giveWay(_ cpu: Int) {
    priorities.giveWay(cpu)
    drawn.insert(cpu)
  }
}
