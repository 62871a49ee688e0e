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
    let request = AllocationRequest(self, cpu, gfp, .zero, node: node)
    if tunables.bulkSource == .blocks {
      return performApart(
        AllocateBulk<BlockSource>(request: request, slots: slots, count: count), cpu)
    }
    return perform(AllocateBulk<ListSource>(request: request, slots: slots, count: count), cpu)
  }
}

/// Pages from a source for the empty slots of an array.
private struct AllocateBulk<Source: PageSource>: ListOperation {
  let request: AllocationRequest
  let slots: PageSlots
  let count: Int

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) -> Int {
    let cpu = cpu.at(.allocPagesBulk)
    let type = request.type
    allocator.emit(cpu, .bulkBegin, PageFrameNumber(0), .zero, type, count, slots: slots)
    let filled = fill(cpu, allocator, max(count, 0), P.self)
    allocator.emit(cpu, .bulkEnd, PageFrameNumber(0), .zero, type, filled, slots: slots)
    if filled < count { cpu.count(.pathBulkShort) }
    return filled
  }

  /// The batch, else a single page; the filled prefix.
  @inline(always) private func fill<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _ count: Int, _: P.Type
  ) -> Int {
    var prefix = 0
    while prefix < count || allocator.has(.bulkReadsPastEnd),
      slots.content(cpu, prefix, of: count) != nil
    { prefix += 1 }
    if prefix == count {
      if count > 0 { cpu.count(.pathBulkFullOnEntry) }
      return allocator.has(.bulkFullArrayReturnsZero) ? 0 : count
    }
    return fromBatch(
      cpu, allocator, HoleSink(slots, count: count, from: prefix), count - prefix, P.self)
      ?? allocator.fromSinglePage(cpu.takingPoints, request, slots, prefix: prefix)
  }

  /// Fills slots for one hold of this CPU's lists; nil if that added no page.
  ///
  /// - Parameter wanted: slots from the first empty one on.
  @inline(always) private func fromBatch<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _ holes: HoleSink, _ wanted: Int, _: P.Type
  ) -> Int? {
    // Charging, and a single empty slot, are for the ordinary path.
    if request.gfp.contains(.account) {
      cpu.count(.pathBulkAccount)
      return nil
    }
    if wanted == 1 { return nil }
    guard let zone = allocator.zoneForBatch(cpu.takingPoints, request, wanted: wanted) else {
      return nil
    }
    let pcp = zone.perCPUPages(cpu)
    let refill = RefillRequest(pcp, .zero, request.type, .watermarkLow)
    guard let held = allocator.tryHold(cpu, zone, pcp, P.self) else {
      cpu.count(.pathBulkPcpBusy)
      return nil
    }
    var sink = holes
    move(cpu, allocator, to: &sink, Source(refill: refill), held)
    allocator.release(cpu, held)
    let progress = allocator.has(.bulkPopulatedInsteadOfAccount) ? sink.index : sink.added
    if progress == 0 { return nil }
    cpu.count(.pathBulkBatch)
    allocator.countAllocated(cpu, zone, pages: sink.added, blocks: sink.added, request)
    return sink.index
  }

  /// Moves pages until the sink is full or the source has no more.
  @inline(always) private func move<P: ListProtection, Sink: PageSink>(
    _ cpu: CPU, _ allocator: PageAllocator, to sink: inout Sink, _ source: Source,
    _ held: borrowing HeldLists<P>
  ) {
    var source = source
    while sink.advance(cpu), let frame = source.next(cpu, allocator, held, for: sink) {
      allocator.prepare(cpu, frame, request)
      sink.put(frame)
    }
  }
}

extension PageAllocator {
  /// One page the ordinary way, with all that the gfp allows; the filled prefix.
  ///
  /// Not in `AllocateBulk`: the copies for two sources would be merged behind a second call.
  @inline(never) fileprivate func fromSinglePage(
    _ cpu: CPU, _ request: AllocationRequest, _ slots: PageSlots, prefix: Int
  ) -> Int {
    cpu.count(.pathBulkSingle)
    emit(cpu, .bulkSingle, PageFrameNumber(0), .zero, request.type, prefix)
    guard let frame = perform(Allocate(request), cpu) else { return prefix }
    slots[prefix] = frame
    return prefix + 1
  }

  /// The first zone of the own node with room for all that is wanted above the low watermark; nil
  /// if there is none.
  @inline(never) fileprivate func zoneForBatch(
    _ cpu: CPU, _ request: AllocationRequest, wanted: Int
  ) -> Zone? {
    let flags: AllocFlags = .watermarkLow
    let list = request.zonelist(self)
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
}
