// Schedules of one program that asks for the same each time, by number: what shrinking and
// replaying look through when a schedule no longer shows what it did.

import Machine

/// A search through schedules with the seed and the granularity of one script.
public struct ScheduleSearch {
  /// The strategies, which take turns: those that switch seldom and need no profile.
  private static let kinds: [StrategyKind] = [.pos, .pct(3), .pos, .pct(5)]

  private let replayer: Replayer
  private let script: ReplayScript
  private let pointsMax: Int

  /// A search with what the CPUs of `script` draw.
  ///
  /// - Parameter pointsMax: points of a schedule, about.
  public init(_ replayer: Replayer, _ script: ReplayScript, pointsMax: Int = 2_000) {
    self.replayer = replayer
    self.script = script
    self.pointsMax = pointsMax
  }

  /// Runs schedule `number`, recorded; the same number gives the same schedule.
  ///
  /// - Parameter steps: first steps in which the script is followed.
  public func run(_ number: UInt64, following steps: Int = 0) -> ReplayedSchedule {
    let kind = Self.kinds[Int(number % UInt64(Self.kinds.count))]
    let profile = ScheduleProfile(
      schedules: 0, pointsMax: pointsMax, events: [], parents: [], objects: [])
    return run(kind.make(profile), number, following: steps)
  }

  /// Runs schedule `number` of a strategy after so many steps of the script, recorded.
  public func run(
    _ strategy: ScheduleStrategy, _ number: UInt64, following steps: Int
  ) -> ReplayedSchedule {
    let own = ReseededStrategy(strategy, seed: SplitMix64.split(script.seed, number))
    if steps == 0 { return replayer.record(script, own) }
    return replayer.record(
      script, ContinuedReplay(script.deviations, following: steps, then: own))
  }
}
