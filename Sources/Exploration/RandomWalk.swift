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
  private var interruptOneIn = 4

  public override func begin(seed: UInt64) {
    stream = RandomStream(seed: seed)
    interruptOneIn = 4 << (2 * stream.below(5))
  }

  public override func choose(_ choices: Table<ScheduleChoice>, count: Int) -> Int {
    var deliveries = 0
    for index in 0..<count where choices[index].delivery != 0 { deliveries += 1 }
    if deliveries == 0 { return stream.below(count) }
    let interrupts = deliveries == count || stream.chance(1, in: interruptOneIn)
    return pick(choices, stream.below(interrupts ? deliveries : count - deliveries), interrupts)
  }

  /// The choice number `position` among the interrupts, or among the CPUs.
  private func pick(
    _ choices: Table<ScheduleChoice>, _ position: Int, _ interrupts: Bool
  ) -> Int {
    var left = position
    var index = 0
    while true {
      if (choices[index].delivery != 0) == interrupts {
        if left == 0 { return index }
        left -= 1
      }
      index += 1
    }
  }
}
