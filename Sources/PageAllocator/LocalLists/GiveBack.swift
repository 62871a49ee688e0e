// Giving pages of a CPU's lists back to the buddy lists.
//
// Models  free_pcppages_bulk(), and how free_frozen_page_commit() calls it, mm/page_alloc.c, 7.3.
// Rule    A free gives back in chunks of a batch; between chunks the lists are let go and tried
//         anew, so an interrupt or a drain gets its turn, and they may be lost for good.

import Machine

extension PageAllocator {
  /// Gives `pages` back in chunks of a batch; the lists, nil if they are another context's now.
  @inline(never) func giveBack<P: ListProtection>(
    _ cpu: CPU, _ pages: Int, batch: Int, from list: Int, _ held: consuming HeldLists<P>
  ) -> HeldLists<P>? {
    let (zone, pcp, hold) = (held.zone, held.pcp, held.hold)
    var left = pages
    while left > 0 {
      let chunk = min(left, batch)
      moveToBuddy(cpu, chunk, from: list, of: held)
      left -= chunk
      if left <= 0 || pcp.count.read(cpu) == 0 { break }
      cpu.count(.pathFreeChunked)
      guard let again = takeTurns(cpu, held) else {
        cpu.count(.pathFreeRelockFailed)
        return stale(zone, pcp, hold, P.self)
      }
      held = again
    }
    noteAboveHigh(cpu, zone)
    return held
  }

  /// Clears the mark of a zone that has memory again.
  private func noteAboveHigh(_ cpu: CPU, _ zone: Zone) {
    if !isBelowHigh(cpu, zone) { return }
    let high = boosted(cpu, zone, .high)
    if isAbove(cpu, zone, mark: high, .zero, highest: .movable, .none) {
      zone.flags.clearBits(cpu, Zone.Flag.belowHigh)
    }
  }

  /// Moves pages from the tails of the lists to the buddy lists: `list` first, then those after it.
  ///
  /// Takes the zone lock for the whole move.
  ///
  /// - Parameter pages: how many at least, unless there are fewer; the last block may be larger
  ///   than what is left to move.
  func moveToBuddy<P: ListProtection>(
    _ cpu: CPU, _ pages: Int, from list: Int, of held: borrowing HeldLists<P>
  ) {
    perform(MoveToBuddy(zone: held.zone, pcp: held.pcp, pages: pages, list: list), cpu)
  }
}

/// Pages of lists that the caller holds on their way to the buddy lists.
private struct MoveToBuddy: Operation {
  let zone: Zone
  let pcp: PerCPUPages
  let pages: Int
  /// The list that is emptied first.
  let list: Int

  @inline(always) func run(_ cpu: CPU, _ allocator: PageAllocator) {
    let cpu = cpu.at(.freePcppagesBulk)
    let frames = allocator.frames
    var left = allocator.has(.freeEndlessLoop) ? pages : min(pages, pcp.count.read(cpu))
    var list = list
    var order = PerCPUPages.order(ofList: list)
    var emptyInARow = 0
    var moved = 0
    let area = zone.firstArea.lock(cpu)
    while left > 0 {
      let head = pcp.head(list: list)
      guard let frame = frames.last(cpu, head) else {
        list = list &+ 1 == PerCPUPages.listCount ? 0 : list &+ 1
        order = PerCPUPages.order(ofList: list)
        emptyInARow &+= 1
        if emptyInARow > PerCPUPages.listCount {
          cpu.bug(.perCPUCountWrong, zone: zone.index, pcp.count.read(cpu), left)
        }
        continue
      }
      emptyInARow = 0
      frames.remove(cpu, frame)
      pcp.count.add(cpu, 0 &- order.pages)
      // The type is read now: the pageblock may have been retyped since the page was freed.
      let type = allocator.blockType(cpu, frame)
      allocator.mergeIntoBuddy(cpu, area, frame, order, type)
      allocator.emit(cpu, .drained, frame, order, type)
      left &-= order.pages
      moved &+= order.pages
    }
    area.unlock(cpu)
    cpu.count(.pagesDrained, moved)
  }
}
