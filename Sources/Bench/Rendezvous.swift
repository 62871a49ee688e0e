// Where the threads of a bench wait until each has a real CPU, or there are no more of those.
//
// Threads that were just woken often share a CPU for many milliseconds while another is idle: they
// would then run one after the other, and never meet at a lock.

import CReference
import Dispatch
import Glibc
import Synchronization

/// One meeting of `count` threads.
final class Rendezvous: Sendable {
  /// How long threads wait for real CPUs, at most: another process may have them.
  private static let nanosecondsMax: UInt64 = 10_000_000

  private struct State {
    /// The real CPU that each thread was seen on; nil before it came.
    var seen: [Int32?]
    var isOver = false
  }

  private let state: Mutex<State>
  private let wanted: Int

  /// A meeting that no thread has come to.
  init(count: Int) {
    state = Mutex(State(seen: Array(repeating: nil, count: count)))
    wanted = min(count, max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))
  }

  /// Waits, as thread `index`, until all have come and are spread.
  func wait(_ index: Int) {
    if wanted == 1 { return }
    let start = DispatchTime.now().uptimeNanoseconds
    var isOver = false
    while !isOver {
      let cpu = creference_real_cpu()
      let isLate = DispatchTime.now().uptimeNanoseconds - start > Self.nanosecondsMax
      // Never blocks: a thread that sleeps may wake up on another CPU.
      let seen = state.withLockIfAvailable { state in
        state.seen[index] = cpu
        let hasAll = !state.seen.contains(nil)
        if hasAll && (isLate || Set(state.seen).count >= wanted) { state.isOver = true }
        return state.isOver
      }
      isOver = seen ?? false
      if !isOver { sched_yield() }
    }
  }
}
