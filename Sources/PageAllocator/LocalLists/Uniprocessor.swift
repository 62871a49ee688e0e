// The per-CPU lists on a machine of one CPU: no lock at all.
//
// Models  the uniprocessor wrappers of pcp_spin_trylock(), mm/page_alloc.c, 7.0.
// Rule    Interrupts that are off keep the one CPU's contexts apart.

import Machine

/// `PerCPUProtection.uniprocessor`.
enum Uniprocessor: ListProtection {
  struct Hold: BitwiseCopyable {
    /// False if interrupts were left on: the bug `uniprocessor-trylock`.
    let isOff: Bool
  }

  /// Interrupts that are off keep no NMI away.
  @inline(always) static var servesNMI: Bool { false }
  /// There are none.
  @inline(always) static var reachesOtherCPUs: Bool { true }

  @inline(always) static func tryTake(
    _ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator
  ) -> Hold? {
    cpu.disableInterrupts()
    return Hold(isOff: true)
  }

  static func take(_ cpu: CPU, _ pcp: PerCPUPages, _ allocator: PageAllocator) -> Hold {
    if allocator.has(.uniprocessorTrylock) { return Hold(isOff: false) }
    cpu.disableInterrupts()
    return Hold(isOff: true)
  }

  @inline(always) static func release(
    _ cpu: CPU, _ pcp: PerCPUPages, _ hold: Hold, _ allocator: PageAllocator
  ) {
    if hold.isOff { cpu.enableInterrupts() }
  }
}
