// How a campaign finds its schedules, by the name that a command line and a config give it.

import Machine

/// A strategy of a campaign.
public enum CampaignStrategy: Equatable, Sendable {
  /// The random strategies in turns.
  case portfolio
  /// One random strategy.
  case drawn(StrategyKind)
  /// Every schedule, up to a bound; nil for no bound.
  case systematic(SystematicKind, boundMax: Int?)

  /// The largest bound.
  public static var boundLimit: Int { 1_000 }

  /// What names there are, for errors.
  public static var names: String {
    "portfolio, random, pct1 to pct16, pos, urw, surw, preemptions, delays (each with a bound, as "
      + "in preemptions:2, or without) or exhaustive"
  }

  /// The strategy of a name: `portfolio`, `pct3`, `preemptions:2`, `exhaustive`; nil if there is
  /// none.
  public init?(name: String) {
    if name == "portfolio" {
      self = .portfolio
      return
    }
    if let kind = StrategyKind(name: name) {
      self = .drawn(kind)
      return
    }
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let word = parts.first, let kind = SystematicKind(rawValue: String(word)) else {
      return nil
    }
    if parts.count == 1 {
      self = .systematic(kind, boundMax: nil)
      return
    }
    guard kind != .exhaustive, let bound = Int(parts[1]), (0...Self.boundLimit).contains(bound),
      parts[1] == "\(bound)"
    else { return nil }
    self = .systematic(kind, boundMax: bound)
  }

  /// Its name.
  public var name: String {
    switch self {
    case .portfolio: "portfolio"
    case .drawn(let kind): kind.name
    case .systematic(let kind, let bound): kind.rawValue + (bound.map { ":\($0)" } ?? "")
    }
  }

  /// How schedules are shared out, at one granularity or at all of them in turns; nil if they are
  /// not drawn.
  public func plan(_ granularity: Granularity?) -> ExplorationPlan? {
    switch self {
    case .portfolio: .portfolio(granularity)
    case .drawn(let kind): ExplorationPlan(kind, granularity)
    case .systematic: nil
    }
  }
}
