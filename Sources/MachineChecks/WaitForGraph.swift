// Why nobody goes on: the cycle of CPUs that wait for each other, told edge by edge.

import Machine

/// The graph of who waits for whom.
///
/// A CPU waits for one lock, and a lock has one holder, so each CPU has at most one edge.
public struct WaitForGraph: Sendable {
  private let waits: [LockWait]

  /// The graph of these waits; one a CPU.
  public init(_ waits: [LockWait]) { self.waits = waits.sorted { $0.cpu < $1.cpu } }

  /// The waits of a cycle, each for the lock that the next one's CPU holds, from the lowest CPU;
  /// empty if there is none.
  public var cycle: [LockWait] {
    for start in waits {
      var path: [LockWait] = []
      var next: LockWait? = start
      while let wait = next, path.count < waits.count {
        path.append(wait)
        if wait.holder == start.cpu { return path }
        next = waits.first { $0.cpu == wait.holder }
      }
    }
    return []
  }

  /// One sentence for each edge of the cycle; for each wait if there is no cycle.
  public var sentences: [String] {
    let told = cycle.isEmpty ? waits : cycle
    return told.map { wait in
      let time = wait.waitedNanoseconds.map { "has waited \(durationText($0))" } ?? "waits"
      let start = "CPU \(wait.cpu) \(time) for \(wait.lock) in \(wait.site)"
      guard let holder = wait.holder else { return start + ", which is free by now" }
      let who = holder == wait.cpu ? "it took itself" : "CPU \(holder) took"
      let held = wait.heldNanoseconds.map {
        wait.isHeldExact ? " \(durationText($0)) ago" : " at least \(durationText($0)) ago"
      }
      return start + ", which \(who) in \(wait.holderSite) (\(wait.holderContext))" + (held ?? "")
    }
  }
}

/// A time as a person reads it, cut off: `250 ms` below a second, `12.3 s` above.
public func durationText(_ nanoseconds: UInt64) -> String {
  if nanoseconds < 1_000_000_000 { return "\(nanoseconds / 1_000_000) ms" }
  let tenths = nanoseconds / 100_000_000
  return "\(tenths / 10).\(tenths % 10) s"
}
