// Which strategy and granularity each schedule of a campaign has: a function of its number alone.

import Machine

/// A strategy and where CPUs may be interrupted.
public struct ExplorationArm: Equatable, Sendable {
  /// The strategy.
  public var strategy: StrategyKind
  /// Where CPUs may be interrupted.
  public var granularity: Granularity

  /// A strategy at a granularity.
  public init(_ strategy: StrategyKind, _ granularity: Granularity) {
    self.strategy = strategy
    self.granularity = granularity
  }
}

/// The arms of a campaign, which take turns.
public struct ExplorationPlan: Equatable, Sendable {
  /// The arms in the order of their turns; at least one.
  public let arms: [ExplorationArm]

  /// A plan of arms, at least one.
  public init(arms: [ExplorationArm]) {
    precondition(!arms.isEmpty, "a plan has an arm")
    self.arms = arms
  }

  /// One strategy at one granularity, or at all of them in turns if that is nil.
  public init(_ strategy: StrategyKind, _ granularity: Granularity?) {
    self.init(arms: Self.arms([strategy], granularity))
  }

  /// All random strategies in turns, at one granularity, or at all of them in turns if that is nil.
  public static func portfolio(_ granularity: Granularity? = nil) -> ExplorationPlan {
    ExplorationPlan(
      arms: arms([.random, .pct(2), .pct(3), .pct(5), .pos, .urw, .surw], granularity))
  }

  /// Schedule number `index`'s arm.
  public func arm(_ index: UInt64) -> ExplorationArm {
    arms[Self.position(index, of: arms.count)]
  }

  /// Its place among so many arms.
  static func position(_ index: UInt64, of count: Int) -> Int {
    count == 1 ? 0 : Int(index % UInt64(count))
  }

  private static func arms(
    _ strategies: [StrategyKind], _ granularity: Granularity?
  ) -> [ExplorationArm] {
    let granularities = granularity.map { [$0] } ?? Granularity.allCases
    return strategies.flatMap { strategy in
      granularities.map { ExplorationArm(strategy, $0) }
    }
  }
}

/// What a campaign's strategies know of its program, frozen: the same numbers, the same schedules.
public struct CampaignProfile: Codable, Equatable, Sendable {
  /// The campaign's seed.
  public var seed: UInt64
  /// The profile at granularity `sync`; nil if no arm needs it.
  public var sync: ScheduleProfile?
  /// The profile at granularity `all`; nil if no arm needs it.
  public var all: ScheduleProfile?

  /// Profiles at each granularity, for campaign `seed`.
  public init(seed: UInt64, sync: ScheduleProfile?, all: ScheduleProfile?) {
    self.seed = seed
    self.sync = sync
    self.all = all
  }

  /// The profile for an arm; nil if there is none.
  public subscript(granularity: Granularity) -> ScheduleProfile? {
    granularity == .sync ? sync : all
  }

  /// Measures what a plan needs of a program; leaves the machine's granularity as it was.
  public static func measure(
    _ plan: ExplorationPlan, _ simulated: SimulatedMachine, _ program: SimulatedProgram,
    seed: UInt64
  ) -> CampaignProfile {
    let granularity = simulated.options.granularity
    defer { simulated.options.granularity = granularity }
    func profile(_ granularity: Granularity) -> ScheduleProfile? {
      let needs = plan.arms.contains {
        $0.granularity == granularity && $0.strategy.needsProfile
      }
      if !needs { return nil }
      simulated.options.granularity = granularity
      return ScheduleProfile.measure(simulated, program, seed: seed)
    }
    return CampaignProfile(seed: seed, sync: profile(.sync), all: profile(.all))
  }
}
