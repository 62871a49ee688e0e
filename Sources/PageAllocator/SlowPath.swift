// What an allocation tries when the low watermark says no.
//
// Models  __alloc_pages_slowpath(), gfp_to_alloc_flags(), mm/page_alloc.c, 7.3.
// Omits   Reclaim, compaction, OOM, retries: callers free memory themselves, or do without.

import Machine

extension PageAllocator {
  /// Down to the min watermark and into the reserves that the caller may use; nil if there is
  /// nothing.
  @inline(never) func fromSlowPath(
    _ cpu: CPU, _ request: AllocationRequest
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.allocPagesSlow)
    cpu.count(.pathSlow)
    let flags = slowFlags(request)
    return fromFreeLists(cpu, request, flags) ?? fromReserves(cpu, request, flags)
      ?? fromPagesOfOtherCPUs(cpu, request, flags)
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
    return flags.union(zonelist(request).fastFlags.intersection(.noFragment))
  }

  /// All of the reserve, for those who free memory by allocating: PF_MEMALLOC.
  private func fromReserves(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    if !request.gfp.contains(.memAlloc) || request.gfp.contains(.noMemAlloc) { return nil }
    return fromFreeLists(cpu, request, flags.union(.noWatermarks).subtracting(.noFragment))
  }

  /// Gives back high-atomic blocks and empties all per-CPU lists, then tries again.  Only for who
  /// may sleep.
  private func fromPagesOfOtherCPUs(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    if !request.gfp.contains(.directReclaim) || cpu.inInterrupt { return nil }
    _ = unreserveHighAtomic(cpu, request, force: false)
    drainAll(cpu)
    if let frame = fromFreeLists(cpu, request, flags) { return frame }
    if !unreserveHighAtomic(cpu, request, force: true) { return nil }
    return fromFreeLists(cpu, request, flags)
  }
}
