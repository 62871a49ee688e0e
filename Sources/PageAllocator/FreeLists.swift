// The buddy lists of an area: putting blocks on and taking them off, with the counts that go along.
//
// Models  __add_to_free_list(), __del_page_from_free_list(), move_to_free_list(),
//         account_freepages(), expand(), mm/page_alloc.c, 7.3.
// Rule    A block is on the list of the type of its pageblock.

import Machine

extension PageAllocator {
  /// Counts pages that came to (or, if negative, left) the buddy lists of a type.
  @inline(always) func account(
    _ cpu: CPU, _ area: borrowing LockedArea, _ pages: Int, _ type: Migratetype
  ) {
    area.zone.freePages.add(cpu, pages, under: area)
    if type == .highAtomic { area.zone.freeHighAtomic.add(cpu, pages, under: area) }
  }

  /// Counts pages that came to (or, if negative, left) blocks of a pageblock or more.
  @inline(always) private func countInBlocks(
    _ cpu: CPU, _ area: borrowing LockedArea, _ pages: Int
  ) {
    area.zone.freePagesBlocks.add(cpu, pages, under: area)
  }

  /// Puts a block on its list; counts the block, not its pages.
  @inline(always) func addToList(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    _ type: Migratetype,
    atTail: Bool
  ) {
    let head = area.head(order, type)
    // All that a free frame's word says beside its zone.
    frames.word(frame).write(cpu, area.zone.emptyWord.with(FrameWord.buddy, order))
    if atTail {
      frames.insertLast(cpu, frame, in: head)
    } else {
      frames.insertFirst(cpu, frame, in: head)
    }
    area.freeBlocks(order, type).add(cpu, 1)
    if order >= tunables.pageblockOrder { countInBlocks(cpu, area, order.pages) }
  }

  /// Takes a block off its list; counts the block, not its pages.
  @inline(always) func removeFromList(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    _ type: Migratetype
  ) {
    let word = frames.word(frame)
    let old = FrameWord(word.read(cpu))
    if !old.has(FrameWord.buddy) || old.order != order {
      cpu.bug(.badPageState, frame, Int(old.bits), order.index)
    }
    word.write(cpu, old.with(0, .zero))
    unlink(cpu, area, frame, order, type)
  }

  /// Takes a block off its list, and leaves its word to the caller.
  @inline(always) func unlink(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    _ type: Migratetype
  ) {
    frames.remove(cpu, frame)
    area.freeBlocks(order, type).add(cpu, -1)
    if order >= tunables.pageblockOrder { countInBlocks(cpu, area, 0 &- order.pages) }
  }

  /// Moves a free block to the tail of the list of another type.
  func moveToList(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    from old: Migratetype, to new: Migratetype
  ) {
    frames.remove(cpu, frame)
    frames.insertLast(cpu, frame, in: area.head(order, new))
    area.freeBlocks(order, old).add(cpu, -1)
    area.freeBlocks(order, new).add(cpu, 1)
    account(cpu, area, -order.pages, old)
    account(cpu, area, order.pages, new)
  }

  /// Splits a block down to `low`: the upper halves go back, the first `low` block remains; the
  /// pages that went back.
  @inline(always) func expand(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, from high: Order,
    to low: Order,
    _ type: Migratetype
  ) -> Int {
    var order = high
    var added = 0
    while order > low {
      order = order.down
      let upper = frame.advanced(by: order.pages)
      addToList(cpu, area, upper, order, type, atTail: false)
      added &+= order.pages
    }
    return added
  }

  /// Takes a block of `high` off its list and splits it down to `low`.
  @inline(always) func takeAndExpand(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, from high: Order,
    to low: Order,
    _ type: Migratetype
  ) {
    removeFromList(cpu, area, frame, high, type)
    let returned = expand(cpu, area, frame, from: high, to: low, type)
    account(cpu, area, returned &- high.pages, type)
  }
}
