// Pageblocks: the unit in which memory has a type.
//
// Models  get_pfnblock_migratetype(), set_pageblock_migratetype(), change_pageblock_range(),
//         move_freepages_block(), mm/page_alloc.c, 7.3.
// Rule    The type is read without a lock and written under that of the area: what was read
//         before the lock was taken may be stale.

import Machine

extension PageAllocator {
  /// Pages of a pageblock.
  @inline(__always) public var pageblockPages: Int { tunables.pageblockOrder.pages }

  /// The type of the pageblock around a frame, as it was at some time.
  @inline(always) func blockType(_ cpu: CPU, _ frame: PageFrameNumber) -> Migratetype {
    Migratetype(index: Int(pageblockWord(frame).read(cpu) & 7))
  }

  @inline(always) private func pageblockWord(_ frame: PageFrameNumber) -> Marked32 {
    pageblocks.marked(frame.index &>> tunables.pageblockOrder.index)
  }

  /// Sets the type of the pageblock around a frame.
  func setBlockType(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ type: Migratetype
  ) {
    let old = blockType(cpu, frame)
    pageblockWord(frame).write(cpu, UInt32(type.rawValue))
    emit(cpu, .retyped, frame, tunables.pageblockOrder, type, old.index)
  }

  /// Sets the type of every pageblock of a block of a pageblock or more.
  func setBlockTypes(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, _ order: Order,
    _ type: Migratetype
  ) {
    var offset = 0
    while offset < order.pages {
      setBlockType(cpu, area, frame.advanced(by: offset), type)
      offset += pageblockPages
    }
  }

  /// What a pageblock holds; nil if the area does not span all of it.
  func countPageblock(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber
  ) -> (free: Int, movable: Int)? {
    let start = frame.alignedDown(to: tunables.pageblockOrder)
    if !area.spans(start) || !area.spans(start.advanced(by: pageblockPages - 1)) { return nil }
    var free = 0
    var movable = 0
    var offset = 0
    while offset < pageblockPages {
      let word = FrameWord(frames.word(start.advanced(by: offset)).read(cpu))
      if word.has(FrameWord.buddy) {
        free += word.order.pages
        offset += word.order.pages
        continue
      }
      let pages = word.has(FrameWord.allocated) ? word.order.pages : 1
      if word.has(FrameWord.movable) { movable += pages }
      offset += pages
    }
    return (free, movable)
  }

  /// Moves the free blocks of a pageblock to the lists of another type, and retypes it; the pages
  /// moved.
  func movePageblock(
    _ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber, from old: Migratetype,
    to new: Migratetype
  ) -> Int {
    let start = frame.alignedDown(to: tunables.pageblockOrder)
    var moved = 0
    var offset = 0
    while offset < pageblockPages {
      let block = start.advanced(by: offset)
      let word = FrameWord(frames.word(block).read(cpu))
      if !word.has(FrameWord.buddy) {
        offset += 1
        continue
      }
      moveToList(cpu, area, block, word.order, from: old, to: new)
      moved += word.order.pages
      offset += word.order.pages
    }
    setBlockType(cpu, area, start, new)
    return moved
  }
}
