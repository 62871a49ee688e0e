// The CPU time of the calling thread: what a thread waits for a real CPU does not count.

import Glibc

/// A clock that runs while its thread does.
enum ThreadClock {
  /// Nanoseconds of CPU that the calling thread has used.
  static func now() -> UInt64 {
    var time = timespec()
    let status = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    precondition(status == 0, "every thread has a CPU clock")
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
