// How a config is scaled down for the simulated machine, every value filled in.

import Exploration
import Machine

/// The options of `ExploreOptions`, with what follows from the config where it says nothing.
struct ExploreScale: Sendable, Equatable {
  var cpus: Int
  var frames: Int
  var operations: Int
  var pages: Int
  var batch: Int
  var high: Int
  var minFree: Int
  var interrupts: Int
  var pointsMax: Int
  var strategy: CampaignStrategy
  /// Nil for both in turns.
  var granularity: Granularity?
  var exempt: [String]
  /// Nil for some of the schedules.
  var races: Bool?
  /// Nil for nothing.
  var watch: String?
  /// Nil for the first operations of each CPU.
  var only: [[Int]]?

  /// CPUs of a config that has so many.
  static let cpusStandard = 3

  /// The scale of a config.
  init(_ plan: RunPlan) {
    let (said, tunables) = (plan.explore, plan.allocator.tunables)
    cpus = said.cpus ?? min(plan.cpuCount, Self.cpusStandard)
    frames = said.frames ?? 512
    operations = said.operations ?? 3
    pages = said.pages ?? 4
    batch = said.batch ?? min(tunables.perCPUBatch ?? 2, 2)
    high = said.high ?? min(tunables.perCPUHigh ?? 8, 8)
    minFree = said.minFree ?? max(frames / 16, 1)
    interrupts = said.interrupts ?? 2
    pointsMax = said.pointsMax ?? 10_000
    strategy = said.strategy ?? .portfolio
    granularity = said.granularity
    if case .systematic = strategy { granularity = said.granularity ?? .sync }
    exempt = said.exempt
    races = said.races
    watch = said.watch
    only = said.only
  }

  /// A config that says all of it.
  var options: ExploreOptions {
    var options = ExploreOptions()
    options.cpus = cpus
    options.frames = frames
    options.operations = operations
    options.pages = pages
    options.batch = batch
    options.high = high
    options.minFree = minFree
    options.interrupts = interrupts
    options.pointsMax = pointsMax
    options.strategy = strategy
    options.granularity = granularity
    options.exempt = exempt
    options.races = races
    options.watch = watch
    options.only = only
    return options
  }
}
