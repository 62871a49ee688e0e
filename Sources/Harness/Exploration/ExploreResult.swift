// What is asked of an exploration, and what it came to.

import Exploration
import Machine
import MachineChecks

/// What is asked of an exploration, beside what its config says.
public struct SearchOptions: Sendable {
  /// Schedules at most.
  public var schedules: UInt64 = .max
  /// Threads, 1 ... 64.
  public var threads = 1
  /// Schedules that shrinking may take; 0 to leave the schedule as it was found.
  public var shrinkReplays = 20_000
  /// What is looked for; nil for whatever is found first.
  public var goal: SearchGoal?

  /// One thread, without an end.
  public init() {}
}

/// A finding of an exploration.
public struct FoundSchedule: Sendable {
  /// The finding.
  public var finding: Finding
  /// The file that shows it again.
  public var seed: SeedFile
  /// Its steps.
  public var trace: ScheduleTrace
  /// Decisions after which another CPU went on, or an interrupt came.
  public var switches: Int
  /// Schedules run to shrink it; 0 if it was not shrunk.
  public var replays: Int
  /// True if the finding is lost as soon as anything more is left out.
  public var isMinimal: Bool
  /// Signatures of other findings met on the way.
  public var others: [String]
}

/// What several schedules break together of the order of locks.
struct LockOrderFinding {
  /// The finding.
  var finding: Finding
  /// Its sentences, and the schedule of each.
  var violation: LockViolation
  /// For each sentence a schedule of which it is true, replayed twice and shrunk.
  var edges: [FoundSchedule]
}

/// What a search came to, before it is told as an outcome.
struct ExploreResult {
  /// All schedules.
  var campaign: CampaignOutcome
  /// How far a systematic search got; nil for random schedules.
  var systematic: SystematicOutcome?
  /// Required paths that no schedule took.
  var neverTaken: [String] = []
  /// The first finding of a schedule by itself; nil for none.
  var found: FoundSchedule?
  /// The first finding of several schedules together; nil for none, and if there is `found`.
  var lockOrder: LockOrderFinding?
  /// The judges of its schedules.
  var judged: [JudgedSchedules]

  /// A search without a finding.
  init(
    campaign: CampaignOutcome, systematic: SystematicOutcome? = nil, judged: [JudgedSchedules]
  ) {
    self.campaign = campaign
    self.systematic = systematic
    self.judged = judged
  }

  /// What is shown of what was found; nil for nothing.
  var finding: Finding? { found?.finding ?? lockOrder?.finding }

  /// True if nothing was exercised, or not all that had to be.
  var isVacuous: Bool { campaign.points == 0 || !neverTaken.isEmpty }
}
