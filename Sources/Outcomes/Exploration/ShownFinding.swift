// A finding with the schedule that shows it.

import Exploration
import Machine

/// A finding that a schedule shows, replayed twice.
public struct ShownFinding: Sendable, Codable, Equatable {
  /// The finding.
  public var finding: Finding
  /// The number of the schedule in which it was, from 0, and the strategy that decided it.
  public var schedule: UInt64
  public var strategy: String
  /// Its steps.
  public var interleaving: ScheduleTrace
  /// Decisions after which another CPU went on, or an interrupt came.
  public var switches: Int
  /// Schedules run to shrink it; 0 if it was not shrunk.
  public var replays: Int
  /// True if the finding is lost as soon as anything more is left out.
  public var isMinimal: Bool
  /// Signatures of other findings met on the way.
  public var others: [String]
  /// The text of the seed file that shows it again.
  public var seed: String
  /// The name of that file; empty if none was written.
  public var seedFile = ""
  /// What to do next with it.
  public var commands: [NextCommand] = []

  /// A finding without a file.
  public init(
    _ finding: Finding, schedule: UInt64, strategy: String, interleaving: ScheduleTrace,
    switches: Int,
    replays: Int = 0, isMinimal: Bool = false, others: [String] = [], seed: String
  ) {
    self.finding = finding
    self.schedule = schedule
    self.strategy = strategy
    self.interleaving = interleaving
    self.switches = switches
    self.replays = replays
    self.isMinimal = isMinimal
    self.others = others
    self.seed = seed
  }
}
