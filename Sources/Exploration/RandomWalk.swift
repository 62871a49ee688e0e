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
  private var stream = RandomStream(seed: 0)
  /// The next word of the stream: drawn before it is needed, because a switch waits for it.
  private var word: UInt64 = 0
  /// What it says if the CPUs that can go on are these, as they were at the last point.
  private var guess = ScheduleChoice(cpu: 0)
  private var guessIsFor = CPUSet()
  private var interrupts = InterruptInjection()

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    word = stream.next()
    guessIsFor = CPUSet()
    if view.isInterruptible { interrupts.begin(seed: seed) }
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.isInterruptible, let delivery = interrupt(view) { return delivery }
    let choice = view.enabled == guessIsFor ? guess : cpu(word, view)
    word = stream.next()
    guessIsFor = view.enabled
    guess = cpu(word, view)
    return choice
  }

  @inline(__always) private func cpu(_ word: UInt64, _ view: ScheduleView) -> ScheduleChoice {
    let count = UInt64(truncatingIfNeeded: view.enabledCount)
    return ScheduleChoice(cpu: view.enabledCPU(RandomStream.scale(word, below: count)))
  }

  @inline(never) private func interrupt(_ view: ScheduleView) -> ScheduleChoice? {
    interrupts.choose(view)
  }
}
