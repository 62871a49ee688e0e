// Whether a zone has enough free pages for an allocation.
//
// Models  __zone_watermark_ok(), zone_watermark_fast(), mm/page_alloc.c, 7.3.
// Omits   CMA, unaccepted memory, the per-CPU drift of the counters (they are exact here).
// Rule    Read without any lock: the answer is about some moment near now.

import Machine

extension PageAllocator {
  /// A watermark with what fragmentation added to it.
  @inline(always) func boosted(_ cpu: CPU, _ zone: Zone, _ level: WatermarkLevel) -> Int {
    zone.watermark(level).read(cpu) &+ zone.watermarkBoost.read(cpu)
  }

  /// The watermark that a pass keeps.
  @inline(always) func mark(_ cpu: CPU, _ zone: Zone, _ flags: AllocFlags) -> Int {
    if flags.contains(.watermarkHigh) { return boosted(cpu, zone, .high) }
    return boosted(cpu, zone, flags.contains(.watermarkLow) ? .low : .min)
  }

  /// True if taking a block of `order` leaves more than `mark` free for requests of `highest`.
  @inline(always) func isAbove(
    _ cpu: CPU, _ zone: Zone, mark: Int, _ order: Order, highest: ZoneKind, _ flags: AllocFlags
  ) -> Bool {
    let free = zone.freePages.read(cpu)
    if order == .zero {
      let usable = free &- unusable(cpu, zone, order, flags)
      if usable > mark &+ lowmemReserve(zone, for: highest) { return true }
    }
    return isAboveSlow(cpu, zone, mark, order, highest, flags, free)
  }

  private func isAboveSlow(
    _ cpu: CPU, _ zone: Zone, _ mark: Int, _ order: Order, _ highest: ZoneKind,
    _ flags: AllocFlags, _ free: Int
  ) -> Bool {
    if hasBlock(cpu, zone, mark, order, highest, flags, free) { return true }
    // A boost must not make an order-0 request of the reserve fail.
    let isMin = !flags.contains(.watermarkLow) && !flags.contains(.watermarkHigh)
    if order == .zero && flags.contains(.minReserve) && isMin
      && zone.watermarkBoost.read(cpu) != 0
    {
      let unboosted = zone.watermark(.min).read(cpu)
      return hasBlock(cpu, zone, unboosted, order, highest, flags, free)
    }
    return false
  }

  private func hasBlock(
    _ cpu: CPU, _ zone: Zone, _ mark: Int, _ order: Order, _ highest: ZoneKind,
    _ flags: AllocFlags, _ free: Int
  ) -> Bool {
    var minimum = mark
    if flags.contains(.minReserve) {
      minimum -= minimum / 2
      if flags.contains(.nonBlock) { minimum -= minimum / 4 }
    }
    let usable = free - unusable(cpu, zone, order, flags)
    let reserve = has(.lowmemReserveIgnored) ? 0 : lowmemReserve(zone, for: highest)
    if usable <= minimum + reserve { return false }
    return order == .zero || hasFreeBlock(cpu, zone, order, flags)
  }

  /// Free pages that this request cannot use.
  @inline(always) private func unusable(
    _ cpu: CPU, _ zone: Zone, _ order: Order, _ flags: AllocFlags
  ) -> Int {
    let mayUseReserve = !flags.isDisjoint(with: .minReserve | .nonBlock | .highAtomic)
    let reserve = mayUseReserve ? 0 : zone.freeHighAtomic.read(cpu)
    return order.pages &- 1 &+ reserve
  }

  /// True if a block of at least `order` is on a list that the request may take from.
  @inline(never) func hasFreeBlock(
    _ cpu: CPU, _ zone: Zone, _ order: Order, _ flags: AllocFlags
  ) -> Bool {
    // The high-atomic type is the last one.
    let types = flags.contains(.highAtomic) ? Migratetype.count : Migratetype.perCPUCount
    return perform(FindFreeBlock(area: zone.firstArea, order: order, types: types), cpu)
  }
}

/// A look at the counts of free blocks of `order` and above and the first `types` types.
private struct FindFreeBlock: Operation {
  let area: FreeArea
  let order: Order
  let types: Int

  @inline(always) func run(_ cpu: CPU, _ allocator: PageAllocator) -> Bool {
    var size = order
    while size <= .max {
      for index in 0..<types {
        if area.freeBlocks(size, Migratetype(index: index)).read(cpu) > 0 { return true }
      }
      size = size.up
    }
    return false
  }
}
