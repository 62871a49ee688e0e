// Where a block comes from under the zone lock: the own type's lists, a pageblock claimed from
// another type, or a block stolen from one.
//
// Models  __rmqueue(), __rmqueue_smallest(), __rmqueue_claim(), __rmqueue_steal(),
//         try_to_claim_block(), boost_watermark(), mm/page_alloc.c, 7.3.
// Omits   CMA.
// Rule    Claiming is preferred to stealing: a stolen block leaves a foreign page in its
//         pageblock.

import Machine

/// The furthest way that a bulk removal had to go; remembered, so that each block of one hold does
/// not search anew.
enum RemovalMode: BitwiseCopyable {
  case normal, claim, steal
}

extension PageAllocator {
  /// A block of `order` by the first way that works; nil if the zone has none.
  @inline(always) func takeBlock(
    _ cpu: CPU, _ area: borrowing LockedArea, _ order: Order, _ type: Migratetype,
    _ flags: AllocFlags,
    _ mode: inout RemovalMode
  ) -> PageFrameNumber? {
    if mode == .normal, let frame = takeSmallest(cpu, area, order, type) { return frame }
    return takeForeign(cpu, area, order, type, flags, &mode)
  }

  @inline(never) private func takeForeign(
    _ cpu: CPU, _ area: borrowing LockedArea, _ order: Order, _ type: Migratetype,
    _ flags: AllocFlags,
    _ mode: inout RemovalMode
  ) -> PageFrameNumber? {
    if mode != .steal, let frame = claim(cpu, area, order, type, flags) {
      // The claim filled the own lists.
      mode = .normal
      return frame
    }
    if flags.contains(.noFragment) { return nil }
    guard let frame = steal(cpu, area, order, type) else { return nil }
    mode = .steal
    return frame
  }

  /// The smallest block of the type's lists that is large enough.
  @inline(always) func takeSmallest(
    _ cpu: CPU, _ area: borrowing LockedArea, _ order: Order, _ type: Migratetype
  ) -> PageFrameNumber? {
    var size = order
    while size <= .max {
      if let frame = frames.first(cpu, area.head(size, type)) {
        takeAndExpand(cpu, area, frame, from: size, to: order, type)
        return frame
      }
      size = size.up
    }
    return nil
  }

  /// Takes a pageblock over from another type, the largest free block first.
  private func claim(
    _ cpu: CPU, _ area: borrowing LockedArea, _ order: Order, _ type: Migratetype,
    _ flags: AllocFlags
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.rmqueueClaim)
    var smallest = order
    if flags.contains(.noFragment) && order < tunables.pageblockOrder {
      smallest = tunables.pageblockOrder
    }
    var size = Order.max
    while size >= smallest {
      if !mayClaim(size, type) { return nil }
      if let (frame, foreign) = foreignBlock(cpu, area, size, type),
        let taken = claimBlock(cpu, area, frame, size, order, type, from: foreign, flags)
      {
        noteFallback(cpu, taken, size, foreign)
        cpu.count(.pathClaim)
        return taken
      }
      if size == .zero { return nil }
      size = size.down
    }
    return nil
  }

  /// Takes a foreign block and leaves the rest of it to its type, the smallest block first.
  private func steal(
    _ cpu: CPU, _ area: borrowing LockedArea, _ order: Order, _ type: Migratetype
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.rmqueueSteal)
    var size = order
    while size <= .max {
      if let (frame, foreign) = foreignBlock(cpu, area, size, type) {
        takeAndExpand(cpu, area, frame, from: size, to: order, foreign)
        noteFallback(cpu, frame, size, foreign)
        cpu.count(.pathSteal)
        return frame
      }
      size = size.up
    }
    return nil
  }

  private func noteFallback(
    _ cpu: CPU, _ frame: PageFrameNumber, _ size: Order, _ foreign: Migratetype
  ) {
    cpu.count(.fallbackEvents)
    emit(cpu, .fellBack, frame, size, foreign, foreign.index)
  }

  /// True if a block of this size is worth a whole pageblock of another type.
  private func mayClaim(_ size: Order, _ type: Migratetype) -> Bool {
    if size >= tunables.pageblockOrder || !tunables.groupByMobility { return true }
    return size.index >= tunables.pageblockOrder.index / 2 || type == .reclaimable
      || type == .unmovable
  }

  /// The first free block of this size of a type that `type` may fall back to.
  private func foreignBlock(
    _ cpu: CPU, _ area: borrowing LockedArea, _ size: Order, _ type: Migratetype
  ) -> (PageFrameNumber, Migratetype)? {
    let (nearer, farther) = type.fallbacks
    if let frame = frames.first(cpu, area.head(size, nearer)) {
      return (frame, nearer)
    }
    if let frame = frames.first(cpu, area.head(size, farther)) {
      return (frame, farther)
    }
    return nil
  }

  /// Makes the pageblock of a foreign block the type's own, and takes a block of `order` from it;
  /// nil if the pageblock is too full of others' pages.
  private func claimBlock(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ size: Order,
    _ order: Order,
    _ type: Migratetype, from foreign: Migratetype, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    if size >= tunables.pageblockOrder {
      removeFromList(cpu, area, frame, size, foreign)
      account(cpu, area, -size.pages, foreign)
      setBlockTypes(cpu, area, frame, size, type)
      let returned = expand(cpu, area, frame, from: size, to: order, type)
      account(cpu, area, returned, type)
      cpu.count(.pathClaimWholeBlock)
      return frame
    }
    boostWatermark(cpu, area, flags)
    guard let (free, movable) = countPageblock(cpu, area, frame) else { return nil }
    let alike = compatiblePages(free: free, movable: movable, type, blockType: foreign)
    if tunables.groupByMobility && free + alike < pageblockPages / 2 { return nil }
    _ = movePageblock(cpu, area, frame, from: foreign, to: type)
    return takeSmallest(cpu, area, order, type)
  }

  /// Allocated pages of a pageblock that suit a request of `type`.
  private func compatiblePages(
    free: Int, movable: Int, _ type: Migratetype, blockType: Migratetype
  ) -> Int {
    if type == .movable { return movable }
    return blockType == .movable ? pageblockPages - free - movable : 0
  }

  /// Raises the watermarks for a while, so that reclaim makes whole blocks free.
  private func boostWatermark(_ cpu: CPU, _ area: borrowing LockedArea, _ flags: AllocFlags) {
    if tunables.watermarkBoostFactor == 0 || pageblockPages * 4 > area.zone.managedPages { return }
    let high = area.zone.watermark(.high).read(cpu)
    let limit = high * tunables.watermarkBoostFactor / 10_000
    if limit == 0 { return }
    let boost = area.zone.watermarkBoost.read(cpu)
    area.zone.watermarkBoost.write(
      cpu, min(boost + pageblockPages, max(limit, pageblockPages)), under: area)
    cpu.count(.pathBoost)
    if flags.contains(.kswapd) { _ = area.zone.flags.setBits(cpu, Zone.Flag.boosted) }
  }
}
