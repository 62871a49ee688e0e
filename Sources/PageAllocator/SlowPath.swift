// What an allocation tries when the low watermark says no.
//
// Models  __alloc_pages_slowpath(), gfp_to_alloc_flags(), mm/page_alloc.c, 7.3.
// Omits   Reclaim, compaction, OOM, retries: callers free memory themselves, or do without.

import Machine

extension PageAllocator {
  /// Down to the min watermark and into the reserves that the caller may use; nil if there is
  /// nothing.
  @inline(never) func fromSlowPath<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _: P.Type
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.allocPagesSlow)
    cpu.count(.pathSlow)
    let flags = slowFlags(request)
    return fromFreeLists(cpu, request, flags, P.self)
      ?? fromReserves(cpu, request, flags, P.self)
      ?? fromPagesOfOtherCPUs(cpu, request, flags, P.self)
  }

  private func slowFlags(_ request: AllocationRequest) -> AllocFlags {
    let gfp = request.gfp
    var flags = AllocFlags.none
    if gfp.contains(.kswapdReclaim) { flags.formUnion(.kswapd) }
    if gfp.contains(.high) { flags.formUnion(.minReserve) }
    if !gfp.contains(.directReclaim) && !gfp.contains(.noMemAlloc) {
      flags.formUnion(.nonBlock)
      if request.order > .zero && gfp.contains(.high) { flags.formUnion(.highAtomic) }
    }
    return flags.union(request.zonelist(self).fastFlags.intersection(.noFragment))
  }

  /// All of the reserve, for those who free memory by allocating: PF_MEMALLOC.
  private func fromReserves<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags, _: P.Type
  ) -> PageFrameNumber? {
    if !request.gfp.contains(.memAlloc) || request.gfp.contains(.noMemAlloc) { return nil }
    return fromFreeLists(cpu, request, flags.union(.noWatermarks).subtracting(.noFragment), P.self)
  }

  /// Gives back high-atomic blocks and empties all per-CPU lists, then tries again.  Only for who
  /// may sleep.
  private func fromPagesOfOtherCPUs<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags, _: P.Type
  ) -> PageFrameNumber? {
    if !request.gfp.contains(.directReclaim) || cpu.inInterrupt { return nil }
    _ = unreserveHighAtomic(cpu, request, force: false)
    drainLists(of: nil, cpu, P.self)
    if let frame = fromFreeLists(cpu, request, flags, P.self) { return frame }
    if !unreserveHighAtomic(cpu, request, force: true) { return nil }
    return fromFreeLists(cpu, request, flags, P.self)
  }
}
