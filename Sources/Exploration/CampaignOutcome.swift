// What a campaign of schedules came to.  Schedules are added in the order of their numbers, so that
// it does not matter how many explorers ran them.

import Machine
import MachineChecks

/// One distinct finding of a campaign: a rule at a place.
public struct CampaignFinding: Equatable, Sendable {
  /// The finding as it was in the first schedule.
  public var finding: Finding
  /// The first schedule that shows it.
  public var first: UInt64
  /// Schedules that show it.
  public var hits: UInt64
}

/// What a campaign came to.
public struct CampaignOutcome: Equatable, Sendable {
  /// Schedules run.
  public private(set) var schedules: UInt64 = 0
  /// Scheduling points passed in all of them.
  public private(set) var points: UInt64 = 0
  /// Schedules that reached the bound on points while somebody still got on.
  public private(set) var cut: UInt64 = 0
  /// Schedules in which nobody got on although all had their turns.
  public private(set) var livelocks: UInt64 = 0
  /// Schedules in which nobody could go on.
  public private(set) var deadlocks: UInt64 = 0
  /// Schedules that found something.
  public private(set) var failing: UInt64 = 0
  /// Chained over the trace hashes of all schedules.
  public private(set) var hash: UInt64 = 0
  /// The first schedule of each distinct finding, in the order of their numbers.
  public private(set) var found: [ExploredSchedule] = []
  /// Distinct findings, in the order of their first schedules; at most `findingsMax`.
  public private(set) var findings: [CampaignFinding] = []
  /// What all schedules together break of the order of locks, by what was seen in which.
  public private(set) var lockOrder: [LockViolation] = []
  /// How many different interleavings there were.
  public private(set) var interleavings = InterleavingSample()

  /// True if schedules are drawn at random, so that those seen tell of those that are not.
  public let isDrawn: Bool

  /// Distinct findings that are kept.
  public static var findingsMax: Int { 256 }

  /// Nothing yet.
  ///
  /// - Parameter isDrawn: false for schedules that follow from each other, as of a systematic
  ///   search.
  public init(isDrawn: Bool = true) { self.isDrawn = isDrawn }

  /// Adds the next schedule.
  public mutating func add(_ schedule: ExploredSchedule) {
    add(schedule.outcome)
    if !schedule.findings.isEmpty { add(findings: schedule) }
  }

  mutating func add(_ outcome: ScheduleOutcome) {
    schedules += 1
    points += UInt64(outcome.points)
    switch outcome.end {
    case .cut: cut += 1
    case .livelock: livelocks += 1
    case .deadlock: deadlocks += 1
    case .complete, .finding: break
    }
    hash = SplitMix64.split(hash, outcome.traceHash)
    interleavings.note(outcome.traceHash)
  }

  /// Adds what the schedules so far break together; what of it is new.
  mutating func add(lockOrder violations: [LockViolation]) -> [LockViolation] {
    let new = violations.filter { violation in
      !lockOrder.contains { $0.rule == violation.rule && $0.classes == violation.classes }
    }
    lockOrder += new
    return new
  }

  mutating func add(findings schedule: ExploredSchedule) {
    failing += 1
    var isNew = false
    for finding in schedule.findings {
      let signature = finding.signature
      if let known = findings.firstIndex(where: { $0.finding.signature == signature }) {
        findings[known].hits += 1
      } else if findings.count < Self.findingsMax {
        findings.append(CampaignFinding(finding: finding, first: schedule.index, hits: 1))
        isNew = true
      }
    }
    if isNew { found.append(schedule) }
  }
}
