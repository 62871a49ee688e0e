// A run that exercised nothing is no pass: which paths were taken, and which never.

import Machine
import PageAllocator

/// The judge of what a run exercised.
public enum Vacuity {
  /// What a config may require: the paths of the allocator, and what the workloads count.
  public static func paths(_ catalog: Catalog) -> [(counter: CounterID, name: String)] {
    catalog.namedCounters.compactMap { counter, name in
      let isPath = AllocatorCounter(rawValue: counter.rawValue)?.isPath ?? false
      let isKnown = isPath || LayerNumbers.workloads.counters.contains(counter.rawValue)
      return isKnown ? (counter: counter, name: name) : nil
    }
  }

  /// Those of `names` that no path has, in their order.
  public static func unknownPaths(_ names: [String], _ catalog: Catalog) -> [String] {
    let known = paths(catalog).map(\.name)
    return names.filter { !known.contains($0) }
  }

  /// The names of all paths that were never taken.
  ///
  /// - Parameter total: how often a counter was counted in all of the run.
  public static func neverTaken(_ catalog: Catalog, total: (CounterID) -> UInt64) -> [String] {
    paths(catalog).filter { total($0.counter) == 0 }.map(\.name)
  }

  /// A finding for each required path that was never taken; `required` has no unknown names.
  public static func findings(
    required: [String], _ catalog: Catalog, total: (CounterID) -> UInt64
  ) -> [Finding] {
    let unknown = unknownPaths(required, catalog)
    precondition(unknown.isEmpty, "required paths were checked before the run: \(unknown)")
    let never = neverTaken(catalog, total: total)
    return required.filter(never.contains).map { name in
      Finding(
        rule: CheckerRule.vacuous.name,
        sentence: "The path \(name) is required, and was never taken.",
        site: "\(CheckerSite.vacuity.name) \(name)", subject: name)
    }
  }

  /// A finding for a run whose interrupts come as signals, if none came.
  ///
  /// - Parameter signals: how many came; nil if they do not come as signals.
  public static func findings(signals: UInt64?) -> [Finding] {
    if signals != 0 { return [] }
    return [
      Finding(
        rule: CheckerRule.vacuous.name,
        sentence: "Interrupts were to come as signals, and not one came.",
        site: "\(CheckerSite.vacuity.name) signals", subject: "signals")
    ]
  }
}
