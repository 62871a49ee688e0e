// What only the outcome of an exploration has.

import Exploration
import Machine

/// The beginning that all schedules of an exploration have in common.
public struct ContinuedSchedule: Sendable, Codable, Equatable {
  /// The name of the seed file.
  public var seedFile: String
  /// Steps of its schedule that each followed.
  public var steps: Int
  /// The signature of the finding that the file shows; nil for none.
  public var expected: String?

  /// The beginning of a file's schedule.
  public init(seedFile: String, steps: Int, expected: String?) {
    self.seedFile = seedFile
    self.steps = steps
    self.expected = expected
  }
}

/// The figures of an exploration, and what it found.
public struct ExplorationBody: Sendable, Codable {
  /// Threads that ran schedules.
  public var threads: Int
  /// All schedules.
  public var campaign: CampaignFigures
  /// How far a systematic search got; nil for random schedules.
  public var systematic: SystematicOutcome?
  /// The beginning of each schedule; nil if they have none in common.
  public var continued: ContinuedSchedule?
  /// Required paths that no schedule took; empty after a finding.
  public var neverTaken: [String] = []
  /// Signatures of what was looked for and not met.
  public var missed: [String] = []
  /// The first finding of a schedule by itself; nil for none.
  public var found: ShownFinding?
  /// The first finding of several schedules together; nil for none, and if there is `found`.
  public var lockOrder: LockOrderOutcome?

  /// An exploration without a finding.
  public init(threads: Int, _ campaign: CampaignFigures) {
    self.threads = threads
    self.campaign = campaign
  }

  /// The schedules that are shown, each with a seed file of its own.
  public var shown: [ShownFinding] {
    if let found { return [found] }
    return lockOrder?.edges ?? []
  }
}
