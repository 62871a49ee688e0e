// What the schedules of a campaign exercised, all threads together.

import Checker
import Exploration
import Machine
import Synchronization

/// Counts of the paths that a campaign must take.
final class PathTally: Sendable {
  private let required: [String]
  private let counts: Mutex<[UInt64]>

  /// Counts `required` paths, whose names were checked.
  init(_ required: [String]) {
    self.required = required
    counts = Mutex([UInt64](repeating: 0, count: required.count))
  }

  /// Adds what all schedules of a machine counted; at rest.
  func add(_ machine: Machine) {
    let paths = Vacuity.paths(machine.catalog)
    let totals = required.map { name in
      paths.first { $0.name == name }.map { machine.total($0.counter) } ?? 0
    }
    counts.withLock { counts in
      for (index, total) in totals.enumerated() { counts[index] &+= total }
    }
  }

  /// The paths that no schedule took, in the order of their names in the config.
  var neverTaken: [String] {
    counts.withLock { counts in
      zip(required, counts).filter { $0.1 == 0 }.map(\.0)
    }
  }
}
