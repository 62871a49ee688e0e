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
}

/// Explores the schedules of one program.
public final class Explorer {
  /// How schedules are shared out to strategies; nil if there is one strategy of the caller's.
  public let plan: ExplorationPlan?
  private let simulated: SimulatedMachine
  private let program: SimulatedProgram
  /// By the plan's arms.
  private var strategies: [ScheduleStrategy]
  private var profile: CampaignProfile?

  /// An explorer with one strategy, at the machine's granularity; the machine's memory as it is now
  /// is the start of every schedule.
  public init(
    _ simulated: SimulatedMachine, strategy: ScheduleStrategy, program: SimulatedProgram
  ) {
    self.simulated = simulated
    self.program = program
    plan = nil
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
    strategies = plan.arms.map { $0.strategy.make(new[$0.granularity] ?? .none) }
  }

  /// Runs schedule number `index` of campaign `seed`: exploration and replay are the same call.
  public func run(index: UInt64, seed: UInt64) -> ExploredSchedule {
    var position = 0
    if let plan {
      if profile?.seed != seed { _ = profile(seed: seed) }
      position = plan.position(index)
      simulated.options.granularity = plan.arms[position].granularity
    }
    let outcome = simulated.run(
      seed: SplitMix64.split(seed, index), strategy: strategies[position], program)
    if !simulated.machine.hasFindings {
      return ExploredSchedule(index: index, outcome: outcome, findings: [], deadlock: [])
    }
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
      let schedule = run(index: index, seed: seed)
      campaign.add(schedule)
      if stopAtFirst && !schedule.findings.isEmpty { break }
    }
    return campaign
  }
}
