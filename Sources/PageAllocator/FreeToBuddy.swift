// Freeing straight to the buddy lists, and merging with free neighbours.
//
// Models  free_one_page(), split_large_buddy(), __free_one_page(), mm/page_alloc.c, 7.3.
// Omits   Compaction capture, isolation, guard pages.
// Rule    Above a pageblock, blocks merge only if both types are mergeable; the merged block then
//         takes one type, so that splitting it puts the parts on the right lists.

import Machine

extension PageAllocator {
  /// Frees a block, whose first frame's word is `old`, under the zone lock.
  @inline(never) func freeToBuddy(
    _ cpu: CPU, _ zone: Zone, _ frame: PageFrameNumber, _ order: Order, _ old: FrameWord
  ) {
    let cpu = cpu.at(.freeOnePage)
    frames.word(frame).write(cpu, old.with(0, .zero))
    let believed = typeBelieved(cpu, frame, order)
    let area = zone.area(of: frame).lock(cpu)
    if area.parked.hint != 0 { freeParked(cpu, area) }
    mergePageblocks(cpu, area, frame, order, believed)
    area.unlock(cpu)
    cpu.count(.pgfree, order.pages)
  }

  /// With a bug that goes by another type than the pageblock's under the lock, that type.
  @inline(always) private func typeBelieved(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order
  ) -> Migratetype? {
    if has(.pcpTypeToBuddy) && PerCPUPages.keeps(order) { return listType(cpu, frame) }
    return has(.highAtomicUnderflow) ? blockType(cpu, frame) : nil
  }

  /// Frees a block one pageblock at a time, because each may have its own type.
  func mergePageblocks(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    _ believed: Migratetype? = nil
  ) {
    if order <= tunables.pageblockOrder {
      return mergeIntoBuddy(cpu, area, frame, order, believed ?? blockType(cpu, frame))
    }
    cpu.count(.pathSplitLargeBuddy)
    var offset = 0
    while offset < order.pages {
      let part = frame.advanced(by: offset)
      mergeIntoBuddy(cpu, area, part, tunables.pageblockOrder, blockType(cpu, part))
      offset += pageblockPages
    }
  }

  /// Merges a block with its free buddies as far as it goes and puts it on a list.
  ///
  /// The frame is on no list.
  @inline(always) func mergeIntoBuddy(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    _ type: Migratetype
  ) {
    account(cpu, area, order.pages, type)
    checkOwnerless(cpu, frame)
    var block = frame
    var size = order
    while size < .max, let buddyType = mergeableBuddy(cpu, area, block, size, type) {
      let buddy = block.buddy(at: size)
      unlink(cpu, area, buddy, size, buddyType)
      // The lower half's word is written when the block is whole.
      frames.word(max(block, buddy)).write(cpu, area.zone.emptyWord.bits)
      if buddyType != type {
        // What was counted for the buddy's type stays right: only mergeable types get here.
        let retagged = has(.mergeRetagsFirstBlock) ? tunables.pageblockOrder : size
        setBlockTypes(cpu, area, buddy, retagged, type)
      }
      block = min(block, buddy)
      size = size.up
    }
    addToList(cpu, area, block, size, type, atTail: willMergeSoon(cpu, area, block, size))
  }

  /// A block that comes back is neither free nor allocated.
  @inline(always) private func checkOwnerless(_ cpu: CPU, _ frame: PageFrameNumber) {
    let bits = frames.word(frame).read(cpu)
    if bits & (FrameWord.buddy | FrameWord.allocated) != 0 {
      cpu.bug(.badPageState, frame, Int(bits), 0)
    }
  }

  /// The type of the buddy's list if the buddy is free, whole and may be merged with; else nil.
  @inline(always) private func mergeableBuddy(
    _ cpu: CPU, _ area: borrowing LockedArea, _ block: PageFrameNumber, _ size: Order,
    _ type: Migratetype
  ) -> Migratetype? {
    let buddy = block.buddy(at: size)
    if !isFree(cpu, area, buddy, size) { return nil }
    if size < tunables.pageblockOrder { return type }
    if has(.mergeStopsEarly) { return nil }
    let buddyType = blockType(cpu, buddy)
    if buddyType == type { return type }
    return type.isMergeable && buddyType.isMergeable ? buddyType : nil
  }

  /// True if a free block of exactly this size starts at the frame: page_is_buddy().
  @inline(always) private func isFree(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ size: Order
  ) -> Bool {
    if !area.spans(frame) { return false }
    let word = FrameWord(frames.word(frame).read(cpu))
    return word.has(FrameWord.buddy) && word.order == size && word.zone == area.zone.index
  }

  /// True if the next larger buddy is free: then this block is kept back, at the tail, to be whole
  /// again soon.
  @inline(always) private func willMergeSoon(
    _ cpu: CPU, _ area: borrowing LockedArea, _ block: PageFrameNumber, _ size: Order
  ) -> Bool {
    if size.up >= .max { return false }
    let parent = block.alignedDown(to: size.up)
    return isFree(cpu, area, parent.buddy(at: size.up), size.up)
  }
}
