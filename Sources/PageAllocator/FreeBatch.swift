// Freeing many blocks for few holds of locks.
//
// Models  free_unref_folios(), free_pages_bulk(), free_contig_range(), mm/page_alloc.c, 7.3.
// Rule    References are dropped before any lock is taken, for a batch of blocks; the batch then
//         keeps the pcp lock from one block to the next as long as the zone stays the same.

import Machine

/// Blocks that nobody refers to any more, on their way to the lists: folio_batch.
private struct FrameBatch {
  private var frames = InlineArray<31, PageFrameNumber>(repeating: PageFrameNumber(0))
  var count = 0

  @inline(always) var isFull: Bool { count == 31 }

  /// Adds a block to a batch that is not full.
  @inline(always) mutating func add(_ frame: PageFrameNumber) {
    frames[count] = frame
    count &+= 1
  }

  @inline(always) subscript(index: Int) -> PageFrameNumber { frames[index] }
}

extension PageAllocator {
  /// Drops the caller's reference to each of the first `count` blocks of `slots`, and frees
  /// together those it was the last of: release_pages().
  ///
  /// Each slot holds an order-0 page or a compound block.  From any context but NMI.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func releasePages(_ cpu: CPU, _ slots: PageSlots, count: Int) {
    if cpu.maySkipPoints { return release(cpu.skippingPoints, slots, count) }
    releaseAmongPoints(cpu, slots, count)
  }

  /// The same code with its points, kept apart so that it does not slow the other copy.
  @inline(never) private func releaseAmongPoints(_ cpu: CPU, _ slots: PageSlots, _ count: Int) {
    release(cpu, slots, count)
  }

  @inline(always) private func release(_ cpu: CPU, _ slots: PageSlots, _ count: Int) {
    let cpu = cpu.at(.freeUnrefFolios)
    cpu.count(.pathFreeBatch)
    var batch = FrameBatch()
    for index in 0..<count {
      guard let frame = slots[index] else { continue }
      if !frames.contains(frame) { cpu.bug(.notAFrame, frame, frame.index) }
      let word = FrameWord(frames.word(frame).read(cpu))
      let order = word.has(FrameWord.compoundHead) ? word.order : .zero
      if !dropReference(cpu, frame) { continue }
      checkFree(cpu, frame, order, FrameWord(frames.word(frame).read(cpu)))
      batch.add(frame)
      if batch.isFull { freeTogether(cpu, &batch) }
    }
    freeTogether(cpu, &batch)
  }

  /// Frees the blocks of a batch, which nobody refers to any more, and empties it:
  /// free_unref_folios().
  @inline(always) private func freeTogether(_ cpu: CPU, _ batch: inout FrameBatch) {
    var kept: (zone: Zone, pcp: PerCPUPages, held: PerCPUHold)?
    for index in 0..<batch.count {
      let frame = batch[index]
      let word = FrameWord(frames.word(frame).read(cpu))
      let order = word.order
      let zone = zone(word.zone)
      if let (keptZone, pcp, held) = kept, keptZone.index != zone.index || !PerCPUPages.keeps(order)
      {
        unlock(cpu, pcp, held)
        kept = nil
      }
      kept = freeInBatch(cpu, zone, frame, order, word, kept)
    }
    if let (_, pcp, held) = kept { unlock(cpu, pcp, held) }
    batch.count = 0
  }

  /// Frees one block of a batch; what of the lock is kept for the next.
  @inline(always) private func freeInBatch(
    _ cpu: CPU, _ zone: Zone, _ frame: PageFrameNumber, _ order: Order, _ word: FrameWord,
    _ kept: (zone: Zone, pcp: PerCPUPages, held: PerCPUHold)?
  ) -> (zone: Zone, pcp: PerCPUPages, held: PerCPUHold)? {
    if !PerCPUPages.keeps(order) {
      freeToBuddy(cpu.takingPoints, zone, frame, order, word)
      return nil
    }
    let pcp = kept?.pcp ?? zone.perCPUPages(cpu)
    guard let held = kept?.held ?? tryLock(cpu, pcp) else {
      cpu.count(.pathPcpFreeTrylockFailed)
      freeToBuddy(cpu.takingPoints, zone, frame, order, word)
      return nil
    }
    let list = PerCPUPages.list(order, listType(cpu, frame))
    guard
      let left = freeToPerCPUList(
        cpu, zone, pcp, frame, order, list, pcp.head(list: list), word, held)
    else { return nil }
    return (zone, pcp, left)
  }

  /// Drops the caller's reference to the order-0 pages of the first `count` slots, and frees those
  /// it was the last of, merging frames that follow one another.
  ///
  /// Empty slots are passed over; all are empty afterwards.  Only from a task.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func freePagesBulk(_ cpu: CPU, _ slots: PageSlots, count: Int) {
    let cpu = cpu.at(.freePagesBulk)
    var run: (first: PageFrameNumber, pages: Int)?
    for index in 0..<count {
      guard let frame = slots[index] else { continue }
      slots[index] = nil
      let isOurs = dropReference(cpu, frame)
      if let (first, pages) = run, isOurs, frame == first.advanced(by: pages) {
        run = (first, pages + 1)
        continue
      }
      if let (first, pages) = run { freeRun(cpu, first, pages: pages) }
      run = isOurs ? (frame, 1) : nil
    }
    if let (first, pages) = run { freeRun(cpu, first, pages: pages) }
  }

  /// Frees contiguous single pages that nobody refers to, in the largest aligned blocks that fit.
  private func freeRun(_ cpu: CPU, _ first: PageFrameNumber, pages: Int) {
    var offset = 0
    while offset < pages {
      let frame = first.advanced(by: offset)
      let order = largestBlock(cpu, at: frame, pages: pages - offset)
      if order > .zero {
        cpu.count(.pathFreeContiguous)
        join(cpu, frame, order)
      }
      free(cpu, frame, order)
      offset += order.pages
    }
  }

  private func largestBlock(_ cpu: CPU, at frame: PageFrameNumber, pages: Int) -> Order {
    let zone = zone(of: frame, cpu)
    var order = Order.zero
    while order < .max && order.up.pages <= pages && frame.alignedDown(to: order.up) == frame
      && zone.spans(frame.advanced(by: order.up.pages - 1))
    {
      order = order.up
    }
    return order
  }

  /// Makes single pages that nobody refers to one block.
  private func join(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) {
    for offset in 0..<order.pages {
      let word = frames.word(frame.advanced(by: offset))
      let old = FrameWord(word.read(cpu))
      if !old.has(FrameWord.allocated) || old.order != .zero {
        cpu.bug(.badPageState, frame.advanced(by: offset), Int(old.bits), 0)
      }
      let flags = old.bits & (FrameWord.allocated | FrameWord.movable)
      word.write(cpu, offset == 0 ? old.with(flags, order) : old.with(0, .zero))
    }
  }
}
