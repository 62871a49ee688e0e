// Threads that do the same thing side by side: explorations, one per core.

import Dispatch

/// Runs `body(0)` ... `body(count - 1)`, each on a thread of its own; returns when all are done.
///
/// Private serial queues, because a concurrent one has no more threads than it likes.  One alone
/// runs on the calling thread.
public func runSideBySide(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  if count == 1 { return body(0) }
  let group = DispatchGroup()
  for index in 0..<max(count, 0) {
    DispatchQueue(label: "pagetorture.exploration\(index)").async(group: group) { body(index) }
  }
  group.wait()
}
