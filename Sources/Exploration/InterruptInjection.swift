// When interrupts come, for strategies that choose among CPUs only: a strategy around another.
//
// At each point with a chance that is drawn anew for each schedule, from one in 4 to one in 1 024.
// Were they equal choices beside the CPUs, a schedule's few interrupts would all come in its first
// few points; and nobody knows beforehand how many points there are.

import Machine

/// Draws interrupts from a stream of its own, and leaves all other choices to a strategy.
public final class InterruptInjection: ScheduleStrategy {
  private let strategy: ScheduleStrategy
  private var stream = RandomStream(seed: 0)
  private var oneIn = 4
  /// The schedule's, until the first interrupt that may come: most schedules have none.
  private var seed: UInt64? = 0

  /// Interrupts for the schedules of `strategy`, which chooses among CPUs.
  public init(into strategy: ScheduleStrategy) { self.strategy = strategy }

  public override var decidesToTheEnd: Bool { strategy.decidesToTheEnd }
  public override var drawsEvenly: Bool { strategy.drawsEvenly }
  public override var amongCPUs: ScheduleStrategy { strategy.amongCPUs }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    strategy.begin(seed: seed, view)
    self.seed = seed
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    if view.isInterruptible, let delivery = draw(view) {
      strategy.giveWay(to: delivery, view)
      return delivery
    }
    return strategy.choose(view)
  }

  public override func giveWay(to delivery: ScheduleChoice, _ view: ScheduleView) {
    strategy.giveWay(to: delivery, view)
  }

  public override func end(_ outcome: ScheduleOutcome) { strategy.end(outcome) }

  private func start(seed: UInt64) {
    self.seed = nil
    stream = RandomStream(seed: SplitMix64.split(seed, 0x1729))
    oneIn = 4 << (2 * stream.below(5))
  }

  /// The interrupt that comes now, each source and CPU that can have one equally likely; nil for
  /// none.  Never nil if no CPU can go on.
  @inline(__always) private func draw(_ view: ScheduleView) -> ScheduleChoice? {
    if let seed { start(seed: seed) }
    if view.enabledCount != 0 && !stream.chance(1, in: oneIn) { return nil }
    return drawDelivery(view)
  }

  @inline(never) private func drawDelivery(_ view: ScheduleView) -> ScheduleChoice? {
    var count = 0
    for source in InterruptSource.allCases { count += view.deliverable(source).count }
    if count == 0 { return nil }
    var position = stream.below(count)
    for source in InterruptSource.allCases {
      let cpus = view.deliverable(source)
      if position < cpus.count { return ScheduleChoice(source, to: cpus.nth(position)) }
      position -= cpus.count
    }
    return nil
  }
}
