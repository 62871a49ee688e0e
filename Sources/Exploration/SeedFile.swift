// What a seed file holds: one schedule of one config, and what it must show.
//
// The file's form is the harness's matter; this is the value.

import Machine

/// What a schedule of a seed file must show.
public enum SeedExpectation: Equatable, Sendable {
  /// No finding.
  case clean
  /// A finding of this rule at this site.
  case finding(rule: String, site: String)

  /// The signature of the finding; nil for none.
  public var signature: String? {
    guard case .finding(let rule, let site) = self else { return nil }
    return "\(rule) at \(site)"
  }

  /// True if a schedule shows just that.
  public func isMet(by schedule: ReplayedSchedule) -> Bool {
    guard let signature else { return schedule.findings.isEmpty }
    return schedule.shows(signature)
  }
}

/// A seed file.
public struct SeedFile: Equatable, Sendable {
  /// The version of the file's form that this program writes, and the only one that it reads.
  public static let currentFormatVersion = 1

  /// The version of the model under which fingerprints and trace hash hold.
  public var modelVersion: String
  /// The resolved config, as a JSON text that this layer does not look into.
  public var config: String
  /// The campaign's seed.
  public var seed: UInt64
  /// The schedule's number in the campaign.
  public var index: UInt64
  /// The name of the strategy that found it.
  public var strategy: String
  /// The numbers that the strategy was frozen with, as `ScheduleProfile.numbers` gives them; empty
  /// if there are none.
  public var profile: [UInt64]
  /// The schedule.
  public var script: ReplayScript
  /// What it must show.
  public var expectation: SeedExpectation
  /// Its steps.
  public var fingerprints: StepFingerprints
  /// The machine's hash of all its points.
  public var traceHash: UInt64

  /// A seed file.
  public init(
    modelVersion: String, config: String, seed: UInt64, index: UInt64, strategy: String,
    profile: [UInt64] = [], script: ReplayScript, expectation: SeedExpectation,
    fingerprints: StepFingerprints, traceHash: UInt64
  ) {
    self.modelVersion = modelVersion
    self.config = config
    self.seed = seed
    self.index = index
    self.strategy = strategy
    self.profile = profile
    self.script = script
    self.expectation = expectation
    self.fingerprints = fingerprints
    self.traceHash = traceHash
  }
}
