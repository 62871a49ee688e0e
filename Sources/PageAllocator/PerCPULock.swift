// The lock of the per-CPU lists: tried, never waited for, by its own CPU.
//
// Models  pcp_spin_trylock(), pcp_spin_unlock(), mm/page_alloc.c, 7.3.
// Rule    Interrupts stay on, so an interrupt may come while its CPU holds the lock: it fails the
//         trylock and goes to the buddy lists under the zone lock.  Drains of other CPUs' lists,
//         and decay, wait for the lock.

import Machine

/// That the lists are ours; given back to `unlock`.
struct PerCPUHold: BitwiseCopyable {
  /// False only if the lock lied: the seeded bug `busted-pcp-lock`.
  let isReal: Bool
}

extension PageAllocator {
  /// Takes the lock if it is free; nil if it is not.
  @inline(__always) func tryLock(_ cpu: CPU, _ pcp: PerCPUPages) -> PerCPUHold? {
    if pcp.lock.tryLock(cpu) { return PerCPUHold(isReal: true) }
    return has(.bustedPCPLock) ? PerCPUHold(isReal: false) : nil
  }

  @inline(__always) func unlock(_ cpu: CPU, _ pcp: PerCPUPages, _ held: PerCPUHold) {
    if held.isReal { pcp.lock.unlock(cpu) }
  }
}
