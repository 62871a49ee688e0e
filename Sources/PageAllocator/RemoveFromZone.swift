// Taking a block out of one zone: from this CPU's list if its lock is free, else from the buddy
// lists.
//
// Models  rmqueue(), rmqueue_buddy(), mm/page_alloc.c, 7.3.
// Rule    Lock order pcp (tried, interrupts on), then zone (interrupts off).  An interrupt that cut
//         into this CPU's holder of the pcp lock fails the trylock and goes to the buddy lists.

import Machine

extension PageAllocator {
  @inline(always) func removeFromZone<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ request: AllocationRequest,
    _ flags: AllocFlags, _: P.Type
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.rmqueue)
    var frame: PageFrameNumber?
    if PerCPUPages.keeps(request.order) {
      frame = fromPerCPUList(cpu, zone, pcp, request, flags, P.self)
    }
    let taken = frame ?? fromBuddyLists(cpu.takingPoints, zone, request, flags)
    if taken != nil && zone.flags.read(cpu) & Zone.Flag.boosted != 0 {
      clearBoosted(cpu.takingPoints, zone, flags)
    }
    return taken
  }

  /// The kernel wakes kswapd here; without one, the mark is all that is cleared.
  @inline(never) private func clearBoosted(_ cpu: CPU, _ zone: Zone, _ flags: AllocFlags) {
    if flags.contains(.kswapd) { zone.flags.clearBits(cpu, Zone.Flag.boosted) }
  }

  /// From the buddy lists, under the zone lock.
  @inline(never) private func fromBuddyLists(
    _ cpu: CPU, _ zone: Zone, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.rmqueueBuddy)
    cpu.count(.pathBuddyDirect)
    guard let area = lockArea(cpu, zone.firstArea, flags) else { return nil }
    let frame = takeFromBuddy(cpu, area, request, flags)
    if let frame { emit(cpu, .zoneLocked, frame, request.order, request.type, 0) }
    area.unlock(cpu)
    if frame != nil {
      cpu.count(.pagesTakenUnderZoneLock, request.order.pages)
      countAllocated(cpu, zone, pages: request.order.pages, blocks: 1, request)
    }
    return frame
  }

  private func takeFromBuddy(
    _ cpu: CPU, _ area: borrowing LockedArea, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    if flags.contains(.highAtomic) {
      if let frame = takeSmallest(cpu, area, request.order, .highAtomic) {
        cpu.count(.pathHighAtomicUse)
        return frame
      }
    }
    var mode = RemovalMode.normal
    if let frame = takeBlock(cpu, area, request.order, request.type, flags, &mode) {
      let atMin = !flags.contains(.watermarkLow) && !flags.contains(.watermarkHigh)
      if flags.contains(.highAtomic) && atMin { reserveHighAtomic(cpu, area, frame, request.order) }
      return frame
    }
    // An order-0 request that cannot wait may break into the reserve rather than fail.
    if !flags.contains(.nonBlock) { return nil }
    guard let frame = takeSmallest(cpu, area, request.order, .highAtomic) else { return nil }
    cpu.count(.pathHighAtomicUse)
    return frame
  }

  /// Counts an allocation: pages by zone, and where it was allowed to come from by node.
  @inline(always) func countAllocated(
    _ cpu: CPU, _ zone: Zone, pages: Int, blocks: Int, _ request: AllocationRequest
  ) {
    cpu.count(
      CounterID(AllocatorCounter.pgallocDma.rawValue &+ zone.kindNumber), pages)
    countNUMA(cpu, zone, blocks: blocks, request)
  }

  /// zone_statistics().
  @inline(always) private func countNUMA(
    _ cpu: CPU, _ zone: Zone, blocks: Int, _ request: AllocationRequest
  ) {
    if nodeCount == 1 {
      cpu.count(.numaHit, blocks)
      cpu.count(.numaLocal, blocks)
      return
    }
    let preferredNode = request.zonelist(self).preferred.node
    cpu.count(zone.node == node(ofCPU: cpu.id) ? .numaLocal : .numaOther, blocks)
    if zone.node == preferredNode { return cpu.count(.numaHit, blocks) }
    cpu.count(.numaMiss, blocks)
    cpu.count(.numaForeign, blocks)
  }
}
