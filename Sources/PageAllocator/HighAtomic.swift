// The high-atomic reserve: pageblocks kept for large requests that cannot wait.
//
// Models  reserve_highatomic_pageblock(), unreserve_highatomic_pageblock(), mm/page_alloc.c, 7.3.
// Rule    At most 1 % of a zone, rounded up to a pageblock, and nothing in zones where that is less
//         than one.  The last block is kept unless memory is short.

import Machine

extension PageAllocator {
  /// Reserves the pageblock that a large atomic request was just served from.  Holds the zone lock.
  func reserveHighAtomic(_ cpu: CPU, _ zone: Zone, _ frame: PageFrameNumber, _ order: Order) {
    let cpu = cpu.at(.reserveHighAtomic)
    let share = zone.managedPages / 100
    if share < pageblockPages { return }
    let limit = (share + pageblockPages - 1) & ~(pageblockPages - 1)
    let reserved = zone.reservedHighAtomic.read(cpu)
    if reserved >= limit { return }
    let type = blockType(cpu, frame)
    if !type.isMergeable { return }
    if order < tunables.pageblockOrder {
      let start = frame.alignedDown(to: tunables.pageblockOrder)
      if !zone.spans(start) || !zone.spans(start.advanced(by: pageblockPages - 1)) { return }
      _ = movePageblock(cpu, zone, frame, from: type, to: .highAtomic)
      zone.reservedHighAtomic.write(cpu, reserved + pageblockPages)
    } else {
      setBlockTypes(cpu, frame, order, .highAtomic)
      zone.reservedHighAtomic.write(cpu, reserved + order.pages)
    }
    cpu.count(.pathHighAtomicReserve)
  }

  /// Gives one reserved pageblock with free pages back to ordinary use.
  ///
  /// - Parameter force: takes the last block of a zone too.
  /// - Returns: true if pages became usable.
  func unreserveHighAtomic(_ cpu: CPU, _ request: AllocationRequest, force: Bool) -> Bool {
    let cpu = cpu.at(.unreserveHighAtomic)
    for index in 0..<zoneCount {
      let zone = zone(index)
      if zone.kind.rawValue > request.highest.rawValue { continue }
      if !force && zone.reservedHighAtomic.read(cpu) <= pageblockPages { continue }
      zone.lock.lockIRQSave(cpu)
      let moved = unreserveBlock(cpu, zone, to: request.type)
      zone.lock.unlockIRQRestore(cpu)
      if moved > 0 { return true }
    }
    return false
  }

  /// Holds the zone lock.  The pages that moved.
  private func unreserveBlock(_ cpu: CPU, _ zone: Zone, to type: Migratetype) -> Int {
    var order = Order.zero
    while order <= .max {
      if let frame = frames.first(cpu, zone.head(order, .highAtomic)) {
        return unreserve(cpu, zone, frame, order, to: type)
      }
      order = order.up
    }
    return 0
  }

  private func unreserve(
    _ cpu: CPU, _ zone: Zone, _ frame: PageFrameNumber, _ order: Order, to type: Migratetype
  ) -> Int {
    let pages = max(pageblockPages, order.pages)
    let reserved = zone.reservedHighAtomic.read(cpu)
    if pages > reserved { cpu.bug(.reserveUnderflow, zone: zone.index, reserved, pages) }
    zone.reservedHighAtomic.write(cpu, reserved - pages)
    cpu.count(.pathHighAtomicUnreserve)
    if order < tunables.pageblockOrder {
      return movePageblock(cpu, zone, frame, from: .highAtomic, to: type)
    }
    moveToList(cpu, zone, frame, order, from: .highAtomic, to: type)
    setBlockTypes(cpu, frame, order, type)
    return order.pages
  }
}
