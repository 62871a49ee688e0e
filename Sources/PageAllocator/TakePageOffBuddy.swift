// Taking one free page out of service, and putting it back: memory that went bad, or goes offline.
//
// Models  take_page_off_buddy(), put_page_back_buddy(), break_down_buddy_pages(), mm/page_alloc.c,
//         7.3.
// Rule    The page counts as free no more.

import Machine

extension PageAllocator {
  /// Takes a page off the buddy lists, splitting the block it lies in.
  ///
  /// - Returns: false if the page is not on a buddy list now: allocated, or on a per-CPU list.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func takePageOffBuddy(_ cpu: CPU, _ frame: PageFrameNumber) -> Bool {
    let cpu = cpu.at(.takePageOffBuddy)
    let zone = zone(of: frame, cpu)
    let area = zone.area(of: frame).lock(cpu)
    let taken = breakDown(cpu, area, frame)
    if taken { emit(cpu, .takenOffBuddy, frame, .zero, .movable) }
    area.unlock(cpu)
    if taken { cpu.count(.pathTakeOffBuddy) }
    return taken
  }

  private func breakDown(_ cpu: CPU, _ area: borrowing LockedArea, _ frame: PageFrameNumber) -> Bool
  {
    var size = Order.zero
    while size <= .max {
      let head = frame.alignedDown(to: size)
      let word = FrameWord(area.spans(head) ? frames.word(head).read(cpu) : 0)
      if word.has(FrameWord.buddy) && word.order >= size {
        let type = blockType(cpu, head)
        let order = word.order
        removeFromList(cpu, area, head, order, type)
        putBackOthers(cpu, area, head, order, around: frame, type)
        if !has(.nrFreeDrift) { account(cpu, area, -1, type) }
        let own = frames.word(frame)
        own.write(cpu, FrameWord(own.read(cpu)).with(FrameWord.poisoned, .zero))
        return true
      }
      size = size.up
    }
    return false
  }

  /// Puts all of a block but one page back on the lists.
  private func putBackOthers(
    _ cpu: CPU, _ area: borrowing LockedArea, _ head: PageFrameNumber, _ order: Order,
    around frame: PageFrameNumber, _ type: Migratetype
  ) {
    var block = head
    var half = order
    while half > .zero {
      half = half.down
      let upper = block.advanced(by: half.pages)
      if frame >= upper {
        addToList(cpu, area, block, half, type, atTail: false)
        block = upper
      } else {
        addToList(cpu, area, upper, half, type, atTail: false)
      }
    }
  }

  /// Puts a page back that `takePageOffBuddy` took; false if it was not taken.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func putPageBackBuddy(_ cpu: CPU, _ frame: PageFrameNumber) -> Bool {
    let cpu = cpu.at(.putPageBackBuddy)
    let zone = zone(of: frame, cpu)
    let area = zone.area(of: frame).lock(cpu)
    let word = frames.word(frame)
    let old = FrameWord(word.read(cpu))
    let isTaken = old.has(FrameWord.poisoned)
    if isTaken {
      word.write(cpu, old.with(0, .zero))
      emit(cpu, .putBackBuddy, frame, .zero, .movable)
      mergeIntoBuddy(cpu, area, frame, .zero, blockType(cpu, frame))
    }
    area.unlock(cpu)
    if isTaken { cpu.count(.pathPutBackBuddy) }
    return isTaken
  }
}
