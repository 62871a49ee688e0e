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
    let cpu = caller.at(.allocPagesNoLock)
    let gfp: GFP = .noWarn | .zero | .noMemAlloc | .compound
    let request = AllocationRequest(gfp, order, node: node ?? self.node(ofCPU: cpu.id))
    let isPossible = tunables.protection == .trylock && PerCPUPages.keeps(order)
    if isPossible && zonelist(request).zones.count > 0,
      let frame = fromFreeLists(cpu, request, .noLock)
    {
      prepare(cpu, frame, order, gfp, for: caller)
      cpu.count(.pathNoLockAlloc)
      return frame
    }
    cpu.count(.pathNoLockAllocFailed)
    return nil
  }

  /// Turns interrupts off and takes the zone lock; false, both as they were, if the pass waits for
  /// no lock and this one is taken.
  @inline(always) func lockZone(_ cpu: CPU, _ zone: Zone, _ flags: AllocFlags) -> Bool {
    if flags.contains(.noLock) { return tryLockZone(cpu, zone) }
    zone.lock.lockIRQSave(cpu)
    return true
  }

  /// The same for who waits for no lock.
  ///
  /// With the bug `nolock-spins`, it waits all the same.
  @inline(never) func tryLockZone(_ cpu: CPU, _ zone: Zone) -> Bool {
    if has(.noLockSpins) {
      zone.lock.lockIRQSave(cpu)
      return true
    }
    return zone.lock.tryLockIRQSave(cpu)
  }
}
