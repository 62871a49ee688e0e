// Allocation that waits for nothing: what a program that may run anywhere, as BPF's do, can call.
//
// Models  alloc_pages_nolock(), the ALLOC_NOLOCK arms of rmqueue_buddy() and rmqueue_bulk(),
//         mm/page_alloc.c, 7.3.
// Omits   memcg charge.
// Rule    Every lock on the way is tried once: an NMI may have cut into the one who holds it.  One
//         pass, down to the min watermark; no slow path, no reserve, nobody is woken.

import Machine

extension PageAllocator {
  /// Allocates 2^order contiguous frames, without waiting for a lock.
  ///
  /// - Parameters:
  ///   - order: 0 ... 10; of those that per-CPU lists do not keep there are none to be had.
  ///   - node: where to look first; nil for the CPU's own.
  /// - Returns: the first frame of an unmovable, compound block, with one reference; nil if there
  ///   is no memory, or somebody has a lock: it means no more than "not now".
  ///
  /// From any context, NMI included, also with interrupts off and locks held.  Always nil where
  /// per-CPU lists are protected by turning interrupts off, which keeps no NMI away.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func allocatePagesNoLock(
    _ caller: CPU, order: Order, node: Int? = nil
  ) -> PageFrameNumber? {
    let gfp: GFP = .noWarn | .zero | .noMemAlloc | .compound
    let request = AllocationRequest(self, caller, gfp, order, node: node)
    return performRare(AllocateNoLock(request: request), caller)
  }

  /// Turns interrupts off and takes the lock of an area; nil, with interrupts as they were, if the
  /// pass waits for no lock and this one is taken.
  @inline(always) func lockArea(_ cpu: CPU, _ area: FreeArea, _ flags: AllocFlags) -> LockedArea? {
    if flags.contains(.noLock) { return lockWithoutWaiting(cpu, area) }
    return area.lock(cpu)
  }

  /// The same for a caller that waits for no lock.
  ///
  /// With the bug `nolock-spins`, it waits all the same.
  @inline(never) func lockWithoutWaiting(_ cpu: CPU, _ area: FreeArea) -> LockedArea? {
    has(.noLockSpins) ? area.lock(cpu) : area.tryLock(cpu)
  }
}

/// One block for a caller that waits for no lock.
private struct AllocateNoLock: ListOperation {
  let request: AllocationRequest

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.allocPagesNoLock)
    let isPossible = P.servesNMI && PerCPUPages.keeps(request.order)
    if isPossible && request.zonelist(allocator).zones.count > 0,
      let frame = allocator.fromFreeLists(cpu, request, .noLock, P.self)
    {
      allocator.prepare(cpu, frame, request)
      cpu.count(.pathNoLockAlloc)
      return frame
    }
    cpu.count(.pathNoLockAllocFailed)
    return nil
  }
}
