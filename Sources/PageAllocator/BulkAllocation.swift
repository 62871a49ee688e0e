// Bulk allocation: many order-0 pages for one hold of the per-CPU lock.
//
// Models  alloc_pages_bulk_noprof(), mm/page_alloc.c, 7.3.
// Omits   cpusets, page_owner, fault injection, KMSAN hooks.
// Rule    The per-CPU lock is tried, never waited for: an interrupt may have cut into its holder.
//         Whenever the batch adds nothing, one page is asked for the ordinary way, so that the
//         caller makes progress and reclaim hears of it.

import Machine

extension PageAllocator {
  /// Fills empty slots with order-0 pages, quickly, as far as that goes.
  ///
  /// - Parameters:
  ///   - gfp: as for `allocatePages`; fully honoured only by the single page at the end.
  ///   - slots: occupied ones are passed over and stay as they are.
  ///   - count: slots to fill, 0 ... slots.count.
  /// - Returns: the length of a filled prefix of `slots`: all below it are occupied.  It may be
  ///   less than the number of occupied slots, and never more; `count` for an array full on entry.
  ///
  /// From task, softirq or hardirq.  Each page has one reference.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func allocatePagesBulk(
    _ cpu: CPU, _ gfp: GFP, into slots: PageSlots, count: Int, node: Int? = nil
  ) -> Int {
    if cpu.maySkipPoints { return allocateBulk(cpu.skippingPoints, gfp, slots, count, node) }
    return allocateBulkAmongPoints(cpu, gfp, slots, count, node)
  }

  /// The same code with its points, kept apart so that it does not slow the other copy.
  @inline(never) private func allocateBulkAmongPoints(
    _ cpu: CPU, _ gfp: GFP, _ slots: PageSlots, _ count: Int, _ node: Int?
  ) -> Int {
    allocateBulk(cpu, gfp, slots, count, node)
  }

  @inline(always) private func allocateBulk(
    _ cpu: CPU, _ gfp: GFP, _ slots: PageSlots, _ count: Int, _ node: Int?
  ) -> Int {
    let caller = cpu
    let cpu = cpu.at(.allocPagesBulk)
    emit(cpu, .bulkBegin, PageFrameNumber(0), .zero, gfp.migratetype, count, slots: slots)
    let filled = fill(cpu, gfp, slots, max(count, 0), node, for: caller)
    emit(cpu, .bulkEnd, PageFrameNumber(0), .zero, gfp.migratetype, filled, slots: slots)
    if filled < count { cpu.count(.pathBulkShort) }
    return filled
  }

  /// The batch, else a single page.
  @inline(always) private func fill(
    _ cpu: CPU, _ gfp: GFP, _ slots: PageSlots, _ count: Int, _ node: Int?, for caller: CPU
  ) -> Int {
    var prefix = 0
    while prefix < count || has(.bulkReadsPastEnd),
      slots.content(cpu, prefix, of: count) != nil
    { prefix += 1 }
    if prefix == count {
      if count > 0 { cpu.count(.pathBulkFullOnEntry) }
      return has(.bulkFullArrayReturnsZero) ? 0 : count
    }
    let request = AllocationRequest(gfp, .zero, node: node ?? self.node(ofCPU: cpu.id))
    return fromBatch(cpu, request, slots, count, prefix: prefix, for: caller)
      ?? fromSinglePage(
        cpu.takingPoints, gfp, slots, prefix: prefix, node, for: caller.takingPoints)
  }

  /// Fills slots from this CPU's list; nil if it added no page.
  @inline(always) private func fromBatch(
    _ cpu: CPU, _ request: AllocationRequest, _ slots: PageSlots, _ count: Int, prefix: Int,
    for caller: CPU
  ) -> Int? {
    // Charging, and a single empty slot, are for the ordinary path.
    if request.gfp.contains(.account) {
      cpu.count(.pathBulkAccount)
      return nil
    }
    if count - prefix == 1 { return nil }
    guard let zone = zoneForBatch(cpu.takingPoints, request, wanted: count - prefix) else {
      return nil
    }
    let pcp = zone.perCPUPages(cpu)
    let head = pcp.head(list: PerCPUPages.list(.zero, request.type))
    guard let held = tryLock(cpu, pcp) else {
      cpu.count(.pathBulkPcpBusy)
      return nil
    }
    let (filled, added) =
      tunables.bulkSource == .lists
      ? takeBatch(cpu, zone, pcp, head, request, slots, count, from: prefix, for: caller)
      : takeBatchOfBlocks(
        cpu.takingPoints, zone, pcp, head, request, slots, count, from: prefix,
        for: caller.takingPoints)
    unlock(cpu, pcp, held)
    if (has(.bulkPopulatedInsteadOfAccount) ? filled : added) == 0 { return nil }
    cpu.count(.pathBulkBatch)
    countAllocated(cpu, zone, pages: added, blocks: added, request)
    return filled
  }

  /// The first zone of the own node with room for all that is wanted above the low watermark; nil
  /// if there is none.
  private func zoneForBatch(
    _ cpu: CPU, _ request: AllocationRequest, wanted: Int
  ) -> Zone? {
    let flags: AllocFlags = .watermarkLow
    let list = zonelist(request)
    let zones = list.zones
    for position in 0..<zones.count {
      let zone = zones[position]
      if zone.node != list.preferred.node {
        cpu.count(.pathBulkRemoteNode)
        return nil
      }
      let mark = boosted(cpu, zone, .low) + wanted
      // The reserve is that for the preferred zone's kind, not for the highest allowed one.
      if isAbove(cpu, zone, mark: mark, .zero, highest: list.preferred.kind, flags) { return zone }
    }
    cpu.count(.pathBulkNoZone)
    return nil
  }

  /// Holds the pcp lock.  Where it stopped, and how many pages it added.
  @inline(always) private func takeBatch(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ head: UInt32, _ request: AllocationRequest,
    _ slots: PageSlots, _ count: Int, from prefix: Int, for caller: CPU
  ) -> (filled: Int, added: Int) {
    var index = prefix
    var added = 0
    while index < count {
      if slots.content(cpu, index, of: count) != nil {
        index &+= 1
        continue
      }
      guard
        let frame = takeFromList(cpu, zone, pcp, head, .zero, request.type, .watermarkLow)
      else { break }
      prepare(cpu, frame, .zero, request.gfp, for: caller)
      slots[index] = frame
      added &+= 1
      index &+= 1
    }
    return (index, added)
  }

  /// One page the ordinary way, with all that the gfp allows; the filled prefix.
  @inline(never) private func fromSinglePage(
    _ cpu: CPU, _ gfp: GFP, _ slots: PageSlots, prefix: Int, _ node: Int?, for caller: CPU
  ) -> Int {
    cpu.count(.pathBulkSingle)
    emit(cpu, .bulkSingle, PageFrameNumber(0), .zero, gfp.migratetype, prefix)
    guard let frame = allocatePages(caller, order: .zero, gfp, node: node) else {
      return prefix
    }
    slots[prefix] = frame
    return prefix + 1
  }
}
