// Notices CPUs that wait for each other's locks, long before silence tells that they are stuck.
//
// Rule    What a context of a CPU holds it cannot release while that CPU waits in it, or in one
//         that cut into it.  So a cycle of waits, each for a lock that was taken in such a context,
//         never ends.  A lock that a handler took which cut into a wait proves nothing: it goes on.

import CMachine
import Synchronization

extension Machine {
  /// The CPUs of a cycle, in which each has waited for `ticksMin` ticks at least for a lock that
  /// the next one holds; empty if there is none.
  ///
  /// From any thread, while CPUs run.
  func lockCycle(waitedFor ticksMin: UInt64) -> [Int] {
    let now = pt_ticks()
    let old = now - min(ticksMin, now)
    for start in 0..<cpuCount {
      var cycle: [Int] = []
      var next: Int? = start
      while let id = next, !cycle.contains(id) {
        cycle.append(id)
        next = waitingHolder(awaitedBy: id, since: old)
        if next == start { return cycle }
      }
    }
    return []
  }

  /// The CPU that has held, all the time since `ticks` or longer, the lock that CPU `id` waits for,
  /// and that waits itself in the context that took it or one that cut into that; nil if there is
  /// none.
  private func waitingHolder(awaitedBy id: Int, since ticks: UInt64) -> Int? {
    let record = records + id
    let address = record.pointee.waitingFor.load(ordering: .relaxed)
    guard let lock = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
    let seen = record.pointee.seenHolder.load(ordering: .relaxed)
    let waiting = record.pointee.waitingSince.load(ordering: .relaxed)
    let held = record.pointee.seenHolderSince.load(ordering: .relaxed)
    let isOld = waiting != 0 && waiting <= ticks && held != 0 && held <= ticks
    if !isOld || seen == 0 || SpinLockRecord.word(of: lock) != seen { return nil }
    let holder = SpinLockRecord.holder(seen)
    if holder < 0 || holder >= cpuCount { return nil }
    let context = records[holder].waitingSite.load(ordering: .relaxed) >> 16
    return context >= seen >> 16 & 0xff ? holder : nil
  }
}
