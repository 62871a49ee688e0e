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

/// What a campaign came to.
public struct CampaignOutcome: Equatable, Sendable {
  /// Schedules run.
  public var schedules: UInt64 = 0
  /// Scheduling points passed in all of them.
  public var points: UInt64 = 0
  /// Schedules that reached the bound on points.
  public var cut: UInt64 = 0
  /// Chained over the trace hashes of all schedules.
  public var hash: UInt64 = 0
  /// The first schedule of each distinct finding, in the order of their numbers.
  public var found: [ExploredSchedule] = []
}

/// Explores the schedules of one program.
public final class Explorer {
  private let simulated: SimulatedMachine
  private let strategy: ScheduleStrategy
  private let program: SimulatedProgram

  /// An explorer; the machine's memory as it is now is the start of every schedule.
  public init(
    _ simulated: SimulatedMachine, strategy: ScheduleStrategy, program: SimulatedProgram
  ) {
    self.simulated = simulated
    self.strategy = strategy
    self.program = program
    simulated.captureStart()
  }

  /// Runs schedule number `index` of campaign `seed`: exploration and replay are the same call.
  public func run(index: UInt64, seed: UInt64) -> ExploredSchedule {
    let outcome = simulated.run(
      seed: SplitMix64.split(seed, index), strategy: strategy, program)
    let findings = simulated.machine.findings().findings
    return ExploredSchedule(
      index: index, outcome: outcome, findings: findings,
      deadlock: WaitForGraph(simulated.waits).sentences)
  }

  /// Runs schedules `0 ..< count` of campaign `seed`.
  public func explore(
    schedules count: UInt64, seed: UInt64, stopAtFirst: Bool = false
  ) -> CampaignOutcome {
    var campaign = CampaignOutcome()
    var signatures: [String] = []
    for index in 0..<count {
      let schedule = run(index: index, seed: seed)
      campaign.schedules += 1
      campaign.points += UInt64(schedule.outcome.points)
      if schedule.outcome.end == .cut { campaign.cut += 1 }
      campaign.hash = SplitMix64.split(campaign.hash, schedule.outcome.traceHash)
      let new = schedule.findings.filter { !signatures.contains($0.signature) }
      if new.isEmpty { continue }
      signatures += new.map(\.signature)
      campaign.found.append(schedule)
      if stopAtFirst { break }
    }
    return campaign
  }
}
