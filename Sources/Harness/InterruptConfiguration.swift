// The section `interrupts` of a config.

import JSON5
import Machine

/// Reads how interrupts come.
enum InterruptConfiguration {
  /// Signals a second on one CPU unless the config says otherwise.
  private static let standardPerSecond = 1000

  /// The plan of a config; without the section no interrupts come.
  static func read(_ root: ConfigurationObject) throws(ConfigurationError) -> InterruptPlan {
    var plan = InterruptPlan(delivery: .off, pointsBetween: [:])
    guard let interrupts = try root.object("interrupts") else { return plan }
    let delivery = try interrupts.oneOf(
      "delivery", InterruptDelivery.allCases.map(\.rawValue), default: "points")
    plan.delivery = InterruptDelivery(rawValue: delivery) ?? .points
    for source in InterruptSource.allCases {
      plan.pointsBetween[source] = try readPoints(interrupts, source)
    }
    if plan.delivery == .signal && plan.pointsBetween[.nmi] ?? 0 > 0 {
      throw interrupts.error(
        "nmi", "an NMI cannot come as a signal, whose handler waits for interrupts to be on",
        hint: "set interrupts.delivery to \"points\", or nmi to 0")
    }
    plan.signalsPerSecond = try readPerSecond(interrupts, plan)
    try interrupts.finish()
    return plan
  }

  private static func readPoints(
    _ interrupts: ConfigurationObject, _ source: InterruptSource
  ) throws(ConfigurationError) -> Int {
    let points = try interrupts.int(source.name, in: 0...1_000_000_000, default: 0)
    if points > 0 && points < 200 {
      throw interrupts.error(
        source.name, "an interrupt every \(points) points leaves no time for anything else",
        hint: "0 for none, or at least 200")
    }
    return points
  }

  /// 0 unless interrupts come as signals.
  private static func readPerSecond(
    _ interrupts: ConfigurationObject, _ plan: InterruptPlan
  ) throws(ConfigurationError) -> Int {
    let asked = try interrupts.optionalInt("perSecond", in: 1...10_000)
    if plan.delivery != .signal {
      if asked == nil { return 0 }
      throw interrupts.error(
        "perSecond", "only signals come so many a second",
        hint: "set interrupts.delivery to \"signal\", or remove perSecond")
    }
    if plan.pointsBetween.values.allSatisfy({ $0 == 0 }) {
      throw interrupts.error(
        "delivery", "no source sends signals",
        hint: "set nic, block, timer or ipi: the fewer points, the larger the source's share")
    }
    return asked ?? standardPerSecond
  }
}
