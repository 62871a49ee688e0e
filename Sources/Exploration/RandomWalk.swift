// The random walk: at every point each CPU that can go on is equally likely.
//
// Fair with probability 1, and weak where one CPU must wait for long while others go on.

import Machine

/// Picks uniformly among the CPUs that can go on.
///
/// Among CPUs alone: where interrupts may come it wants an `InterruptInjection` around it.
public final class RandomWalk: ScheduleStrategy {

  public override var drawsEvenly: Bool { true }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    view.startDraws(seed: seed)
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    ScheduleChoice(cpu: view.draw())
  }
}
