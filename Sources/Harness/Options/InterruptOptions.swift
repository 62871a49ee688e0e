// The section `interrupts` of a config.

import JSON5
import Machine

/// Where interrupts can come.
public enum InterruptDelivery: String, CaseIterable, Sendable {
  /// Nowhere.
  case off
  /// At seeded scheduling points of a CPU's own code.
  case points
  /// At any instruction, as signals of the operating system.
  case signal
}

/// How interrupts come.
public struct InterruptPlan: Sendable, Equatable {
  /// Where.
  public var delivery = InterruptDelivery.points
  /// Mean scheduling points between two of a source on one CPU; 0 for none.  With signals, the
  /// shares of the sources: the fewer points, the more often.
  public var pointsBetween = Dictionary(
    uniqueKeysWithValues: InterruptSource.allCases.map { ($0, 0) })
  /// Mean signals a second on one CPU, from all sources together; nil unless `signal`.
  public var signalsPerSecond: Int?

  /// No interrupts: what a config without the section has.
  public static var none: InterruptPlan {
    var plan = InterruptPlan()
    plan.delivery = .off
    return plan
  }

  subscript(source: InterruptSource) -> Int {
    get { pointsBetween[source] ?? 0 }
    set { pointsBetween[source] = newValue }
  }

  /// The sources that are on.
  var sources: [InterruptSource] {
    delivery == .off ? [] : InterruptSource.allCases.filter { self[$0] > 0 }
  }

  /// Signals a second on one CPU unless the config says otherwise.
  private static let standardPerSecond = 1000

  static let section = ConfigurationSection(
    "interrupts", InterruptPlan(),
    [
      .option(
        "delivery", \.delivery, .named(InterruptDelivery.allCases) { $0.rawValue },
        "where interrupts come; without the section interrupts none do")
    ]
      + InterruptSource.allCases.map { source in
        .option(
          source.name, .points, meaning(of: source), get: { $0[source] }, set: { $0[source] = $1 })
      }
      + [
        .optional(
          "perSecond", \.signalsPerSecond, .int(in: 1...10_000, "signals a second"),
          default: "\(standardPerSecond)",
          "with delivery signal, and only then: mean interrupts a second on one CPU, of all"
            + " sources together")
      ])

  private static func meaning(of source: InterruptSource) -> String {
    let means = "mean scheduling points between two interrupts"
    return switch source {
    case .nic: "\(means) of the network card on one CPU; 0 for none"
    case .block: "the same for the disk"
    case .timer: "the same for the timer"
    case .interProcessor: "the same for interrupts from other CPUs"
    case .nmi: "the same for NMIs; refused with delivery signal unless 0"
    }
  }

  /// The plan of a config.
  static func read(_ root: ConfigurationObject) throws(ConfigurationError) -> InterruptPlan {
    if try root.object(section.path) == nil { return .none }
    var plan = section.standard
    try section.read(from: root, into: &plan, check: check)
    return plan
  }

  private static func check(
    _ interrupts: ConfigurationObject, _ plan: inout InterruptPlan
  ) throws(ConfigurationError) {
    guard plan.delivery == .signal else {
      if plan.signalsPerSecond == nil { return }
      throw interrupts.error(
        "perSecond", "only signals come so many a second",
        hint: "set interrupts.delivery to \"signal\", or remove perSecond")
    }
    if plan[.nmi] > 0 {
      throw interrupts.error(
        "nmi", "an NMI cannot come as a signal, whose handler waits for interrupts to be on",
        hint: "set interrupts.delivery to \"points\", or nmi to 0")
    }
    if plan.sources.isEmpty {
      throw interrupts.error(
        "delivery", "no source sends signals",
        hint: "set nic, block, timer or ipi: the fewer points, the larger the source's share")
    }
    plan.signalsPerSecond = plan.signalsPerSecond ?? standardPerSecond
  }
}

extension ConfigurationForm where Value == Int {
  /// Scheduling points between two interrupts.
  fileprivate static var points: Self {
    let form = int(in: 0...1_000_000_000, "points")
    return form.refusing { points in
      if points == 0 || points >= 200 { return nil }
      return ConfigurationComplaint(
        "an interrupt every \(points) points leaves no time for anything else",
        hint: "0 for none, or at least 200")
    }.told(range: "0, 200 ... 1000000000", ends: [0, 200, 1_000_000_000])
  }
}
