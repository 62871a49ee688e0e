// What it takes to run one schedule again, and what came of it.

import Machine
import MachineChecks

/// One schedule of a program, without the strategy that found it.
public struct ReplayScript: Equatable, Sendable {
  /// The schedule's seed, from which its CPUs draw: `SplitMix64.split(campaign seed, index)`.
  public var seed: UInt64
  /// Where CPUs may be interrupted.
  public var granularity: Granularity
  /// Where it leaves the default schedule.
  public var deviations: [Deviation]
  /// True if the machine gives everybody fair turns at the end, as a verdict of livelock needs;
  /// false if the deviations hold the end too.
  public var endsFairly: Bool

  /// A script.
  public init(
    seed: UInt64, granularity: Granularity, deviations: [Deviation], endsFairly: Bool = false
  ) {
    self.seed = seed
    self.granularity = granularity
    self.deviations = deviations
    self.endsFairly = endsFairly
  }
}

/// One schedule, done, with what repeats it.
public struct ReplayedSchedule: Equatable, Sendable {
  /// Runs it again, and gives the same.  Its deviations are those that were made.
  public var script: ReplayScript
  /// How it went.
  public var outcome: ScheduleOutcome
  /// What was found.
  public var findings: [Finding]
  /// Who waited for which lock when it ended in a deadlock.
  public var waits: [LockWait]
  /// Decisions after which another CPU went on than before, or an interrupt came.
  public var switches: Int
  /// How many points each CPU passed.
  public var pointsOfCPUs: [Int]
  /// The step, from 1, at which it left the default schedule last; 0 if it never did.
  public var lastDeviationStep: Int

  /// True if a finding with this signature is among the findings.
  public func shows(_ signature: String) -> Bool {
    findings.contains { $0.signature == signature }
  }
}
