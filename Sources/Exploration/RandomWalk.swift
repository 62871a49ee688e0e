// The random walk: at every point each CPU that can go on is equally likely.
//
// Fair with probability 1, and weak where one CPU must wait for long while others go on.
//
// Interrupts come beside that: at each point with a chance that is drawn anew for each schedule,
// from one in 4 to one in 1 024.  Were they equal choices, a schedule's few interrupts would all
// come in its first few points; and nobody knows beforehand how many points there are.

import Machine

/// Picks uniformly among the CPUs that can go on, and now and then an interrupt.
public final class RandomWalk: ScheduleStrategy {
  private var interrupts = InterruptInjection()

  public override var drawsEvenly: Bool { true }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    view.startDraws(seed: seed)
    interrupts.begin(seed: seed)
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.isInterruptible, let delivery = interrupts.choose(view) { return delivery }
    return ScheduleChoice(cpu: view.draw())
  }
}
