// Runs schedules one after another: schedule `index` of campaign `seed` is the same wherever it
// runs, alone or after all those before it.

import Machine
import MachineChecks

/// One schedule and what it found.
public struct ExploredSchedule: Equatable, Sendable {
  /// Its number in the campaign.
  public var index: UInt64
  /// How it went.
  public var outcome: ScheduleOutcome
  /// What was found; empty for a schedule without findings.
  public var findings: [Finding]
  /// The cycle of a deadlock, a sentence for each edge; empty if there was none.
  public var deadlock: [String]

  /// A schedule.
  public init(
    index: UInt64, outcome: ScheduleOutcome, findings: [Finding], deadlock: [String] = []
  ) {
    self.index = index
    self.outcome = outcome
    self.findings = findings
    self.deadlock = deadlock
  }
}

/// Explores the schedules of one program.
public final class Explorer {
  /// How schedules are shared out to strategies; nil if there is one strategy of the caller's.
  public let plan: ExplorationPlan?
  private let simulated: SimulatedMachine
  private let program: SimulatedProgram
  /// By the plan's arms.
  private var strategies: [ScheduleStrategy]
  /// The same; none for a strategy of the caller's.
  private let granularities: [Granularity]
  private var profile: CampaignProfile?
  /// Its seed, apart: a look at it counts no references.
  private var profileSeed: UInt64?

  /// An explorer with one strategy, at the machine's granularity; the machine's memory as it is now
  /// is the start of every schedule.
  public init(
    _ simulated: SimulatedMachine, strategy: ScheduleStrategy, program: SimulatedProgram
  ) {
    self.simulated = simulated
    self.program = program
    plan = nil
    granularities = []
    strategies = [strategy]
    simulated.captureStart()
  }

  /// An explorer by a plan, which also decides on the granularity; the machine's memory as it is
  /// now is the start of every schedule.
  ///
  /// - Parameter profile: frozen before, for the campaign of its seed; nil to measure it.
  public init(
    _ simulated: SimulatedMachine, plan: ExplorationPlan, program: SimulatedProgram,
    profile: CampaignProfile? = nil
  ) {
    self.simulated = simulated
    self.program = program
    self.plan = plan
    granularities = plan.arms.map(\.granularity)
    strategies = []
    simulated.captureStart()
    if let profile { take(profile, plan) }
  }

  /// What the strategies of campaign `seed` know of the program; measured if it is not known yet.
  ///
  /// Empty for a strategy of the caller's.
  public func profile(seed: UInt64) -> CampaignProfile {
    guard let plan else { return CampaignProfile(seed: seed, sync: nil, all: nil) }
    if let profile, profile.seed == seed { return profile }
    let measured = CampaignProfile.measure(plan, simulated, program, seed: seed)
    take(measured, plan)
    return measured
  }

  private func take(_ new: CampaignProfile, _ plan: ExplorationPlan) {
    profile = new
    profileSeed = new.seed
    strategies = plan.arms.map { $0.strategy.make(new[$0.granularity] ?? .none) }
  }

  /// Runs schedule number `index` of campaign `seed`: exploration and replay are the same call.
  public func run(index: UInt64, seed: UInt64) -> ExploredSchedule {
    let outcome = runOnly(index: index, seed: seed)
    return found(index, outcome)
      ?? ExploredSchedule(index: index, outcome: outcome, findings: [], deadlock: [])
  }

  /// Runs it, and leaves what it found with the machine.
  func runOnly(index: UInt64, seed: UInt64) -> ScheduleOutcome {
    var position = 0
    if !granularities.isEmpty {
      if profileSeed != seed { _ = profile(seed: seed) }
      position = ExplorationPlan.position(index, of: granularities.count)
      simulated.options.granularity = granularities[position]
    }
    return simulated.run(
      seed: SplitMix64.split(seed, index), strategy: strategies[position], program)
  }

  /// What the schedule that ran last found; nil if it found nothing.
  func found(_ index: UInt64, _ outcome: ScheduleOutcome) -> ExploredSchedule? {
    if !simulated.machine.hasFindings { return nil }
    return ExploredSchedule(
      index: index, outcome: outcome, findings: simulated.machine.findings().findings,
      deadlock: WaitForGraph(simulated.waits).sentences)
  }

  /// Runs schedules `0 ..< count` of campaign `seed`.
  ///
  /// - Parameter stopAtFirst: true to end with the first schedule that finds something.
  public func explore(
    schedules count: UInt64, seed: UInt64, stopAtFirst: Bool = false
  ) -> CampaignOutcome {
    var campaign = CampaignOutcome()
    for index in 0..<count {
      let outcome = runOnly(index: index, seed: seed)
      campaign.add(outcome)
      guard let schedule = found(index, outcome) else { continue }
      campaign.add(findings: schedule)
      if stopAtFirst { break }
    }
    return campaign
  }
}
