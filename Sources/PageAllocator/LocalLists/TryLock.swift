// The per-CPU lists under a lock that is tried with interrupts on.
//
// Models  pcp_spin_trylock(), pcp_spin_unlock(), mm/page_alloc.c, 7.3.
// Rule    An interrupt may come while its CPU holds the lock: its handler fails the trylock and
//         goes to the buddy lists under the zone lock.  Drains of other CPUs' lists, and decay,
//         wait for the lock.

import Machine

/// `PerCPUProtection.trylock`.
enum TryLock: ListProtection {
  struct Hold: BitwiseCopyable {
    /// False if another context has the lists, too: the bug `busted-pcp-lock`.
    let isOurs: Bool
  }

  @inline(always) static var servesNMI: Bool { true }
  @inline(always) static var reachesOtherCPUs: Bool { true }

  @inline(always) static func tryTake(
    _ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator
  ) -> Hold? {
    if pcp.lock.tryLock(cpu) { return Hold(isOurs: true) }
    return withoutLock(allocator)
  }

  @inline(never) private static func withoutLock(_ allocator: PageAllocator) -> Hold? {
    allocator.has(.bustedPCPLock) ? Hold(isOurs: false) : nil
  }

  static func take(_ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator) -> Hold {
    pcp.lock.lock(cpu)
    return Hold(isOurs: true)
  }

  @inline(always) static func release(
    _ cpu: CPU, _ pcp: PerCPUPages, _ hold: Hold, _ allocator: PageAllocator
  ) {
    if hold.isOurs { pcp.lock.unlock(cpu) }
  }
}
