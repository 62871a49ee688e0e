// The strategies by name: what a command line, a config and a seed file say.

import Machine

/// A strategy that draws its schedules at random, each by its number alone.
public enum StrategyKind: Equatable, Hashable, Sendable {
  case random
  /// With its depth, 1 ... `PCT.depthMax`.
  case pct(Int)
  case pos
  case urw
  case surw

  /// The kind of a name: `random`, `pct3`, `pos`, `urw`, `surw`; nil if there is none.
  public init?(name: String) {
    switch name {
    case "random": self = .random
    case "pos": self = .pos
    case "urw": self = .urw
    case "surw": self = .surw
    default:
      guard name.hasPrefix("pct"), let depth = Int(name.dropFirst(3)),
        (1...PCT.depthMax).contains(depth), name == "pct\(depth)"
      else { return nil }
      self = .pct(depth)
    }
  }

  /// Its name.
  public var name: String {
    switch self {
    case .random: "random"
    case .pct(let depth): "pct\(depth)"
    case .pos: "pos"
    case .urw: "urw"
    case .surw: "surw"
    }
  }

  /// True if it needs to know how long schedules are.
  public var needsProfile: Bool {
    switch self {
    case .random, .pos: false
    case .pct, .urw, .surw: true
    }
  }

  /// The strategy, with what it needs to know of the program, and with interrupts.
  public func make(_ profile: ScheduleProfile) -> ScheduleStrategy {
    InterruptInjection(into: makeAmongCPUs(profile))
  }

  private func makeAmongCPUs(_ profile: ScheduleProfile) -> ScheduleStrategy {
    switch self {
    case .random: RandomWalk()
    case .pct(let depth): PCT(depth: depth, profile)
    case .pos: POS()
    case .urw: URW(profile)
    case .surw: SURW(profile)
    }
  }
}

/// A strategy in words.
public struct StrategyText: Equatable, Sendable {
  /// How it is called.
  public let name: String
  /// What it does.
  public let what: String
  /// What it promises.
  public let guarantee: String
  /// Where it is weak.
  public let weakness: String

  /// All strategies, for listings.
  public static var all: [StrategyText] {
    [
      StrategyText(
        name: "portfolio", what: "takes turns: random, pct2, pct3, pct5, pos, urw and surw",
        guarantee: "each one's, at a seventh of the budget", weakness: "none is best everywhere"),
      StrategyText(
        name: "random", what: "each CPU that can go on is equally likely",
        guarantee: "fair with probability 1",
        weakness: "where one CPU must wait for long while others go on"),
      StrategyText(
        name: "pct3", what: "random priorities, lowered at depth - 1 points; pct1 to pct16",
        guarantee: "a bug of depth d is met with at least 1/(n k^(d-1))",
        weakness: "finds nothing deeper than d; unfair"),
      StrategyText(
        name: "pos", what: "a random priority for each operation, anew when another races with it",
        guarantee: "none as a number", weakness: "one CPU held back for many operations"),
      StrategyText(
        name: "urw", what: "a CPU is chosen by what it has left to do",
        guarantee: "uniform over interleavings if counts are exact and nobody waits",
        weakness: "counts that are far off; CPUs that spawn others"),
      StrategyText(
        name: "surw", what: "uniform over the orders of accesses to one random object",
        guarantee: "as urw, for that object", weakness: "bugs of two objects"),
      StrategyText(
        name: "preemptions", what: "all schedules with 0, 1, 2 ... switches that nobody asked for",
        guarantee: "complete at the bound it names", weakness: "small programs only"),
      StrategyText(
        name: "delays", what: "all schedules with 0, 1, 2 ... steps away from round robin",
        guarantee: "complete at the bound it names", weakness: "small programs only"),
      StrategyText(
        name: "exhaustive", what: "all schedules", guarantee: "complete",
        weakness: "tiny programs only"),
    ]
  }
}
