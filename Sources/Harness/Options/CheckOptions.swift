// The section `checks` of a config.

import JSON5
import PageAllocator
import Workloads

/// What is checked.
public struct ChecksPlan: Sendable, Equatable {
  /// Each frame's owner, at every allocation and free.
  public var ledger = true
  /// The contract of bulk allocation, at every call.
  public var bulkOracle = true
  /// What requests get and are refused.
  public var grants = true
  /// The invariants of all zones at the end, and at pauses.
  public var invariants = true
  /// Leaks and coalescing at the end.
  public var leaks = true
  /// The order of locks, at each acquisition.
  public var lockdep = false
  /// Nanoseconds between two pauses with a full scan; nil for none.
  public var pauseNanoseconds: UInt64?
  /// Paths that the run must have taken.
  public var requiredPaths: [String] = []

  static let section = ConfigurationSection(
    "checks", ChecksPlan(),
    [
      .option("ledger", \.ledger, .bool, "the check ledger"),
      .option("bulkOracle", \.bulkOracle, .bool, "the check bulk"),
      .option("grants", \.grants, .bool, "the check grants"),
      .option("invariants", \.invariants, .bool, "the check zones, at the end and at pauses"),
      .option("leaks", \.leaks, .bool, "the checks leaks and coalescing"),
      .option("lockdep", \.lockdep, .bool, "the check lockdep"),
      .optional(
        "pauseEvery", \.pauseNanoseconds, .duration(in: 10_000_000...86_400_000_000_000),
        "stops all CPUs between two operations this often, for a scan by zones"),
      .option(
        "require", \.requiredPaths, .paths, default: "none",
        "the check vacuity: paths that the run must take"),
    ])

  /// What `checks.require` may name.
  static let pathNames =
    AllocatorCounter.allCases.filter(\.isPath).map(\.name) + WorkloadCounter.allCases.map(\.name)
}

extension ConfigurationForm where Value == [String] {
  /// Names of paths.
  static var paths: Self {
    let names = ChecksPlan.pathNames
    return list(of: .oneOf(names))
      .told(range: "names of paths", ends: [[], names])
  }
}
