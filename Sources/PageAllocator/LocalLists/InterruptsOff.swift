// The per-CPU lists under interrupts that are off.
//
// Models  local_lock_irqsave() of pagesets.lock, mm/page_alloc.c, 5.13.
// Rule    A context that uses lists has interrupts off, so nothing can cut into it there.  A lock
//         keeps drains from other CPUs apart, and is waited for only while such a drain has it.

import Machine

/// `PerCPUProtection.irqDisable`.
enum InterruptsOff: ListProtection {
  struct Hold: BitwiseCopyable {}

  /// Interrupts that are off keep no NMI away.
  @inline(always) static var servesNMI: Bool { false }

  @inline(always) static func tryTake(
    _ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator
  ) -> Hold? {
    take(cpu, pcp, allocator)
  }

  @inline(always) static func take(
    _ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator
  ) -> Hold {
    pcp.lock.lockIRQSave(cpu)
    return Hold()
  }

  @inline(always) static func release(
    _ cpu: CPU, _ pcp: PerCPUPages, _ hold: Hold, _ allocator: PageAllocator
  ) {
    pcp.lock.unlockIRQRestore(cpu)
  }
}
