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
  private var guess = 0
  private var guessedOf = CPUSet()
  private var interrupts = InterruptInjection()

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    stream = RandomStream(seed: seed)
    word = stream.next()
    guessedOf = CPUSet()
    if view.isInterruptible { interrupts.begin(seed: seed) }
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.isInterruptible, let delivery = interrupt(view) { return delivery }
    let drawn = word
    word = stream.next()
    let enabled = view.enabled
    let next: Int
    if enabled == guessedOf {
      next = guess
    } else {
      next = view.enabledCPU(RandomStream.scale(drawn, below: view.enabledCount))
    }
    guessedOf = enabled
    guess = view.enabledCPU(RandomStream.scale(word, below: view.enabledCount))
    return ScheduleChoice(cpu: next)
  }

  @inline(never) private func interrupt(_ view: ScheduleView) -> ScheduleChoice? {
    interrupts.choose(view)
  }
}
