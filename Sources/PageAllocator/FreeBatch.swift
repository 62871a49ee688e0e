// Freeing many blocks for few holds of locks.
//
// Models  free_unref_folios(), free_pages_bulk(), free_contig_range(), mm/page_alloc.c, 7.3.
// Rule    References are dropped before any lock is taken, for a batch of blocks; the batch then
//         keeps the pcp lock from one block to the next as long as the zone stays the same.

import Machine

/// Blocks without references on their way to the lists: folio_batch.
private struct FrameBatch {
  /// A block with its first frame's word.
  struct Block {
    let frame: PageFrameNumber
    let word: FrameWord
  }

  private var frames = InlineArray<31, PageFrameNumber>(repeating: PageFrameNumber(0))
  private var count = 0
  private var taken = 0

  @inline(always) var isFull: Bool { count == 31 }

  /// Adds a block to a batch that is not full.
  @inline(always) mutating func add(_ frame: PageFrameNumber) {
    frames[count] = frame
    count &+= 1
  }

  /// The next block, whose word is read now; nil if there is none.
  @inline(always) mutating func takeFirst(_ cpu: CPU, _ table: FrameTable) -> Block? {
    if taken == count { return nil }
    let frame = frames[taken]
    taken &+= 1
    return Block(frame: frame, word: FrameWord(table.word(frame).read(cpu)))
  }

  @inline(always) mutating func empty() {
    count = 0
    taken = 0
  }
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
    performApart(ReleasePages(slots: slots, count: count), cpu)
  }

  @inline(always) fileprivate func release<P: ListProtection>(
    _ cpu: CPU, _ slots: PageSlots, _ count: Int, _: P.Type
  ) {
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
      if batch.isFull { freeTogether(cpu, &batch, P.self) }
    }
    freeTogether(cpu, &batch, P.self)
  }

  /// Frees the blocks of a batch, which have no references, and empties it: free_unref_folios().
  @inline(always) private func freeTogether<P: ListProtection>(
    _ cpu: CPU, _ batch: inout FrameBatch, _: P.Type
  ) {
    var next = batch.takeFirst(cpu, frames)
    while let block = next {
      let zone = zone(block.word.zone)
      if !PerCPUPages.keeps(block.word.order) {
        freeToBuddy(cpu.takingPoints, zone, block.frame, block.word.order, block.word)
        next = batch.takeFirst(cpu, frames)
      } else if let held = tryHold(cpu, zone, zone.perCPUPages(cpu), P.self) {
        next = putRun(cpu, block, of: &batch, on: held)
      } else {
        cpu.count(.pathPcpFreeTrylockFailed)
        freeToBuddy(cpu.takingPoints, zone, block.frame, block.word.order, block.word)
        next = batch.takeFirst(cpu, frames)
      }
    }
    batch.empty()
  }

  /// Frees a block of a batch, and those behind it as long as they go to the same lists, which are
  /// kept from one to the next; the first block that does not, nil if there is none.
  @inline(always) private func putRun<P: ListProtection>(
    _ cpu: CPU, _ first: FrameBatch.Block, of batch: inout FrameBatch,
    on held: consuming HeldLists<P>
  ) -> FrameBatch.Block? {
    var block = first
    while true {
      let list = PerCPUPages.list(block.word.order, listType(cpu, block.frame))
      guard
        let still = put(cpu, block.frame, block.word.order, list, block.word, on: held)
      else { return batch.takeFirst(cpu, frames) }
      held = still
      let next = batch.takeFirst(cpu, frames)
      guard let next, next.word.zone == first.word.zone, PerCPUPages.keeps(next.word.order) else {
        release(cpu, held)
        return next
      }
      block = next
    }
  }

  /// Drops the caller's reference to the order-0 pages of the first `count` slots, and frees those
  /// it was the last of, merging frames that follow one another.
  ///
  /// Empty slots are passed over; all are empty afterwards.  Only from a task.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func freePagesBulk(_ cpu: CPU, _ slots: PageSlots, count: Int) {
    performApart(FreePagesBulk(slots: slots, count: count), cpu)
  }

  @inline(always) fileprivate func freeRuns<P: ListProtection>(
    _ cpu: CPU, _ slots: PageSlots, _ count: Int, _: P.Type
  ) {
    var run: (first: PageFrameNumber, pages: Int)?
    for index in 0..<count {
      guard let frame = slots[index] else { continue }
      slots[index] = nil
      let isOurs = dropReference(cpu, frame)
      if let (first, pages) = run, isOurs, frame == first.advanced(by: pages) {
        run = (first, pages + 1)
        continue
      }
      if let (first, pages) = run { freeRun(cpu, first, pages: pages, P.self) }
      run = isOurs ? (frame, 1) : nil
    }
    if let (first, pages) = run { freeRun(cpu, first, pages: pages, P.self) }
  }

  /// Frees contiguous single pages without references, in the largest aligned blocks that fit.
  private func freeRun<P: ListProtection>(
    _ cpu: CPU, _ first: PageFrameNumber, pages: Int, _: P.Type
  ) {
    var offset = 0
    while offset < pages {
      let frame = first.advanced(by: offset)
      let order = largestBlock(cpu, at: frame, pages: pages - offset)
      if order > .zero {
        cpu.count(.pathFreeContiguous)
        join(cpu, frame, order)
      }
      free(cpu, frame, order, P.self)
      offset += order.pages
    }
  }

  private func largestBlock(_ cpu: CPU, at frame: PageFrameNumber, pages: Int) -> Order {
    let area = zone(of: frame, cpu).area(of: frame)
    var order = Order.zero
    while order < .max && order.up.pages <= pages && frame.alignedDown(to: order.up) == frame
      && area.spans(frame.advanced(by: order.up.pages - 1))
    {
      order = order.up
    }
    return order
  }

  /// Makes single pages without references one block.
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

/// The caller's references to blocks in slots.
private struct ReleasePages: ListOperation {
  let slots: PageSlots
  let count: Int

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) {
    allocator.release(cpu, slots, count, P.self)
  }
}

/// The caller's references to single pages in slots.
private struct FreePagesBulk: ListOperation {
  let slots: PageSlots
  let count: Int

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) {
    allocator.freeRuns(cpu.at(.freePagesBulk), slots, count, P.self)
  }
}
