// The high-atomic reserve: pageblocks kept for large requests that cannot wait.
//
// Models  reserve_highatomic_pageblock(), unreserve_highatomic_pageblock(), mm/page_alloc.c, 7.3.
// Rule    At most 1 % of a zone, rounded up to a pageblock, and nothing in zones where that is less
//         than one.  The last block is kept unless memory is short.

import Machine

extension PageAllocator {
  /// Reserves the pageblock that a large atomic request was just served from.
  func reserveHighAtomic(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order
  ) {
    let cpu = cpu.at(.reserveHighAtomic)
    let share = area.zone.managedPages / 100
    if share < pageblockPages { return }
    let limit = (share + pageblockPages - 1) & ~(pageblockPages - 1)
    let reserved = area.zone.reservedHighAtomic.read(cpu)
    if reserved >= limit { return }
    let type = blockType(cpu, frame)
    if !type.isMergeable { return }
    if order < tunables.pageblockOrder {
      let start = frame.alignedDown(to: tunables.pageblockOrder)
      if !area.spans(start) || !area.spans(start.advanced(by: pageblockPages - 1)) { return }
      _ = movePageblock(cpu, area, frame, from: type, to: .highAtomic)
      area.zone.reservedHighAtomic.write(cpu, reserved + pageblockPages, under: area)
    } else {
      setBlockTypes(cpu, area, frame, order, .highAtomic)
      area.zone.reservedHighAtomic.write(cpu, reserved + order.pages, under: area)
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
      let area = zone.firstArea.lock(cpu)
      let moved = unreserveBlock(cpu, area, to: request.type)
      area.unlock(cpu)
      if moved > 0 { return true }
    }
    return false
  }

  /// The pages that moved.
  private func unreserveBlock(_ cpu: CPU, _ area: borrowing LockedArea, to type: Migratetype) -> Int
  {
    var order = Order.zero
    while order <= .max {
      if let frame = frames.first(cpu, area.head(order, .highAtomic)) {
        return unreserve(cpu, area, frame, order, to: type)
      }
      order = order.up
    }
    return 0
  }

  private func unreserve(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    to type: Migratetype
  ) -> Int {
    let pages = max(pageblockPages, order.pages)
    let reserved = area.zone.reservedHighAtomic.read(cpu)
    if pages > reserved { cpu.bug(.reserveUnderflow, zone: area.zone.index, reserved, pages) }
    area.zone.reservedHighAtomic.write(cpu, reserved - pages, under: area)
    cpu.count(.pathHighAtomicUnreserve)
    if order < tunables.pageblockOrder {
      return movePageblock(cpu, area, frame, from: .highAtomic, to: type)
    }
    moveToList(cpu, area, frame, order, from: .highAtomic, to: type)
    setBlockTypes(cpu, area, frame, order, type)
    return order.pages
  }
}
