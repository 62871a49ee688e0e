// What an exploration looks for when a native run found something first.

import Exploration
import Machine
import Outcomes

/// The findings of a run, one of which is to be shown by a schedule.
public struct SearchGoal: Sendable {
  /// The findings, at least one.
  public let findings: [Finding]

  /// The findings of an outcome.
  ///
  /// - Throws: ``ExploreError`` if it has none.
  public init(_ outcome: Outcome) throws(ExploreError) {
    guard outcome.header.verdict == .finding, !outcome.findings.isEmpty else {
      throw ExploreError("the run found nothing, so there is nothing to look for")
    }
    findings = outcome.findings
  }

  /// True if a schedule's finding is one of the run's: the same rule at the same place.
  ///
  /// A run that is stuck does not know why; the simulated machine does.
  public func isMet(by finding: Finding) -> Bool {
    findings.contains { wanted in
      wanted.signature == finding.signature
        || wanted.rule == Self.stuck && Self.causesOfStuck.contains(finding.rule)
    }
  }

  private static let stuck = "stuck"
  private static let causesOfStuck = ["deadlock", "livelock"]

  /// The schedule to be shown, with its finding: one of the run's, else of the same rule at another
  /// place, else the first; nil if nothing was found.
  func choose(_ campaign: CampaignOutcome) -> (ExploredSchedule, Finding)? {
    let rules = findings.map(\.rule)
    return campaign.first { isMet(by: $0) } ?? campaign.first { rules.contains($0.rule) }
      ?? campaign.first { _ in true }
  }
}

extension CampaignOutcome {
  /// The first schedule with a finding of some kind, and the finding; nil if there is none.
  func first(_ isWanted: (Finding) -> Bool) -> (ExploredSchedule, Finding)? {
    for schedule in found {
      if let finding = schedule.findings.first(where: isWanted) { return (schedule, finding) }
    }
    return nil
  }
}
