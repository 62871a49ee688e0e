// When interrupts come, for strategies that choose among CPUs only.
//
// At each point with a chance that is drawn anew for each schedule, from one in 4 to one in 1 024.
// Were they equal choices beside the CPUs, a schedule's few interrupts would all come in its first
// few points; and nobody knows beforehand how many points there are.

import Machine

/// Draws interrupts, from a stream of its own.
struct InterruptInjection {
  private var stream = RandomStream(seed: 0)
  private var oneIn = 4
  /// The schedule's, until the first interrupt that may come: most schedules have none.
  private var seed: UInt64? = 0

  /// Starts a schedule.
  mutating func begin(seed: UInt64) { self.seed = seed }

  private mutating func start(seed: UInt64) {
    self.seed = nil
    stream = RandomStream(seed: SplitMix64.split(seed, 0x1729))
    oneIn = 4 << (2 * stream.below(5))
  }

  /// The interrupt that comes now, each source and CPU that can have one equally likely; nil for
  /// none.  Never nil if no CPU can go on.
  mutating func choose(_ view: ScheduleView) -> ScheduleChoice? {
    if let seed { start(seed: seed) }
    if !view.enabled.isEmpty && !stream.chance(1, in: oneIn) { return nil }
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
