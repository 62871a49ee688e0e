// What only the outcome of a replay has.

import Exploration
import Machine

/// The schedule of a seed file, run again.
public struct ReplayBody: Sendable, Codable {
  /// The name of the file.
  public var seedFile: String
  /// The number of its schedule in the campaign that found it, and the strategy that decided it.
  public var schedule: UInt64
  public var strategy: String
  /// The signature of the finding that it must show; nil if it must be clean.
  public var expected: String?
  /// Where its steps were first others than recorded; nil if they were the same.
  public var divergence: Divergence?
  /// Its steps.
  public var interleaving: ScheduleTrace
  /// Decisions after which another CPU went on, or an interrupt came.
  public var switches: Int

  /// A replay.
  public init(
    seedFile: String, schedule: UInt64, strategy: String, expected: String?,
    divergence: Divergence?, interleaving: ScheduleTrace, switches: Int
  ) {
    self.seedFile = seedFile
    self.schedule = schedule
    self.strategy = strategy
    self.expected = expected
    self.divergence = divergence
    self.interleaving = interleaving
    self.switches = switches
  }
}
