// The per-CPU lists under interrupts that are off.
//
// Models  local_lock_irqsave() of pagesets.lock, mm/page_alloc.c, 5.13.
// Omits   The wait for work on another CPU: the CPU that asks goes on.
// Rule    Only the CPU itself uses its lists, with interrupts off, so nothing can cut into it there
//         and there is no lock.  A drain or decay from another CPU is work that the CPU does at its
//         next use of the lists (`ListWork.swift`).

import Machine

/// `PerCPUProtection.irqDisable`.
enum InterruptsOff: ListProtection {
  struct Hold: BitwiseCopyable {}

  /// Interrupts that are off keep no NMI away.
  @inline(always) static var servesNMI: Bool { false }
  @inline(always) static var reachesOtherCPUs: Bool { false }

  @inline(always) static func tryTake(
    _ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator
  ) -> Hold? {
    take(cpu, pcp, allocator)
  }

  @inline(always) static func take(
    _ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator
  ) -> Hold {
    cpu.disableInterrupts()
    return Hold()
  }

  @inline(always) static func release(
    _ cpu: CPU, _ pcp: PerCPUPages, _ hold: Hold, _ allocator: PageAllocator
  ) {
    cpu.enableInterrupts()
  }
}
