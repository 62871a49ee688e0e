// Threads that do the same thing side by side: explorations, one per core.

/// Runs `body(0)` ... `body(count - 1)`, each on a thread of its own; returns when all are done.
///
/// One alone runs on the calling thread.  If the system makes too few threads, the process ends
/// with one line on standard error and status 2.
public func runSideBySide(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  if count == 1 { return body(0) }
  do throws(NoThreads) {
    let team = try ThreadTeam(max(count, 0), body)
    team.open()
    _ = team.wait()
  } catch {
    HostShortage.end(error)
  }
}
