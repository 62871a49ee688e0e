// Real bugs of the kernel that can be switched on, each at the place of its fix.
//
// One bitset in a cold line of the allocator, one site each.

/// A seeded bug.
public enum SeededBug: UInt8, CaseIterable, Sendable {
  case bustedPCPLock
  case bulkFullArrayReturnsZero
  case tailLeak

  /// The name on the command line.
  public var name: String {
    switch self {
    case .bustedPCPLock: "busted-pcp-lock"
    case .bulkFullArrayReturnsZero: "bulk-full-array-returns-zero"
    case .tailLeak: "tail-leak"
    }
  }

  /// The kernel commit that fixed it; nil for a broken primitive that tests the tester.
  public var fixedBy: String? {
    switch self {
    case .bustedPCPLock: nil
    case .bulkFullArrayReturnsZero: "66d9282523b3"
    case .tailLeak: "e320d3012d25"
    }
  }

  /// What it does.
  public var summary: String {
    switch self {
    case .bustedPCPLock:
      "The trylock of a per-CPU list always succeeds, so an interrupt edits lists in use."
    case .bulkFullArrayReturnsZero:
      "A bulk allocation into a full array returns 0 instead of the number of its pages."
    case .tailLeak:
      "Freeing a block while somebody holds an extra reference frees only its first page later."
    }
  }

  /// The rules of which one reports it.
  public var caughtBy: [String] {
    switch self {
    case .bustedPCPLock:
      [
        "double-allocation", "double-free", "stamp-overwritten", "list-corrupted",
        "bad-page-state", "pcp-count-wrong",
      ]
    case .bulkFullArrayReturnsZero: ["bulk-full-array"]
    case .tailLeak: ["leaked-page"]
    }
  }

  /// The bug called `name`; nil if there is none.
  public init?(named name: String) {
    guard let bug = SeededBug.allCases.first(where: { $0.name == name }) else { return nil }
    self = bug
  }
}

extension PageAllocator {
  /// Switches bugs on; no CPU is running.
  public func switchOn(_ bugs: [SeededBug]) {
    for bug in bugs { unsafe state.pointee.bugs |= 1 << UInt64(bug.rawValue) }
  }

  @inline(__always) func has(_ bug: SeededBug) -> Bool {
    unsafe state.pointee.bugs & (1 << UInt64(bug.rawValue)) != 0
  }
}
