// What schedules came to, counted.

import Exploration
import Machine

/// A distinct finding of some schedules.
public struct SeenFinding: Sendable, Codable, Equatable {
  /// The rule and the place.
  public var rule: String
  public var site: String
  /// The number of the first schedule that shows it, from 0.
  public var firstSchedule: UInt64
  /// Schedules that show it.
  public var schedules: UInt64

  /// The rule and the place, as `Finding` says them.
  public var signature: String { "\(rule) at \(site)" }
}

/// The figures of all schedules of an exploration.
public struct CampaignFigures: Sendable, Codable, Equatable {
  /// Schedules run, and points passed in all of them.
  public var schedules: UInt64
  public var points: UInt64
  /// Schedules that reached the bound on points while some CPU still got on.
  public var cut: UInt64
  /// Schedules in which no CPU got on, and those in which none could go on.
  public var livelocks: UInt64
  public var deadlocks: UInt64
  /// Schedules that found something.
  public var failing: UInt64
  /// Different interleavings; of very many an estimate.
  public var interleavings: UInt64
  /// The chance that the next schedule has a new interleaving; nil unless schedules are drawn.
  public var unseenMass: Double?
  /// Chained over the trace hashes of all schedules, 16 hexadecimal digits.
  public var hash: String
  /// Distinct findings, in the order of their first schedules.
  public var seen: [SeenFinding]

  /// The figures of a campaign.
  public init(_ campaign: CampaignOutcome) {
    schedules = campaign.schedules
    points = campaign.points
    cut = campaign.cut
    livelocks = campaign.livelocks
    deadlocks = campaign.deadlocks
    failing = campaign.failing
    interleavings = campaign.interleavings.distinct
    unseenMass = campaign.isDrawn ? campaign.interleavings.unseenMass : nil
    let digits = String(campaign.hash, radix: 16)
    hash = String(repeating: "0", count: 16 - digits.count) + digits
    seen = campaign.findings.map {
      SeenFinding(
        rule: $0.finding.rule, site: $0.finding.site, firstSchedule: $0.first, schedules: $0.hits)
    }
  }
}
