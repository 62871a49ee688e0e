// Freeing to a per-CPU list, and giving back what is too much.
//
// Models  free_frozen_page_commit(), free_pcppages_bulk(), mm/page_alloc.c, 7.3.
// Rule    Under the pcp lock.  Giving back goes in chunks of a batch; between chunks the lock is
//         let go and tried anew, so an interrupt or a drain gets its turn, and it may be lost for
//         good.

import Machine

extension PageAllocator {
  /// Puts a block, whose first frame's word is `old`, on a per-CPU list, whose head is `head`, and
  /// shortens the lists if they are too long.
  ///
  /// - Returns: what the caller must unlock; nil if the lock was let go and is somebody else's now.
  @inline(always) func freeToPerCPUList(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ frame: PageFrameNumber, _ order: Order,
    _ list: Int, _ head: UInt32, _ old: FrameWord, _ held: PerCPUHold
  ) -> PerCPUHold? {
    let cpu = cpu.at(.freeFrozenPageCommit)
    let factor = pcp.allocFactor.read(cpu)
    if factor != 0 { pcp.allocFactor.write(cpu, factor &>> 1) }
    cpu.count(.pgfree, order.pages)
    frames.word(frame).write(cpu, old.with(FrameWord.perCPU, order))
    frames.insertFirst(cpu, frame, in: head)
    pcp.count.add(cpu, order.pages)

    let batch = pcp.batch.read(cpu)
    let freeHigh = noteOrder(cpu, pcp, order, batch: batch)
    let freeCount = pcp.freeCount.read(cpu)
    if freeCount < batch &<< tunables.batchScaleMax {
      pcp.freeCount.write(cpu, freeCount &+ order.pages)
    }
    let high = lengthAllowed(cpu, zone, pcp, batch: batch, freeHigh: freeHigh)
    if pcp.count.read(cpu) < high { return held }
    let pages = pagesToGiveBack(cpu, pcp, batch: batch, high: high, freeHigh: freeHigh)
    return giveBack(cpu.takingPoints, zone, pcp, pages, batch: batch, from: list, held)
  }

  /// Notes whether frees of order 1 to 3 follow one another; true if they should not be kept.
  @inline(always) func noteOrder(
    _ cpu: CPU, _ pcp: PerCPUPages, _ order: Order, batch: Int
  ) -> Bool {
    let flags = pcp.flags.read(cpu)
    if order == .zero || order > .costly {
      if flags & PerCPUPages.Flag.previousFreeHighOrder != 0 {
        pcp.flags.write(cpu, flags & ~PerCPUPages.Flag.previousFreeHighOrder)
      }
      return false
    }
    pcp.flags.write(cpu, flags | PerCPUPages.Flag.previousFreeHighOrder)
    let freeHigh =
      pcp.freeCount.read(cpu) >= batch &+ pcp.highMin.read(cpu) / 2
      && flags & PerCPUPages.Flag.previousFreeHighOrder != 0
      && (flags & PerCPUPages.Flag.freeHighBatch == 0 || pcp.count.read(cpu) >= batch)
    if freeHigh { cpu.count(.pathFreeHigh) }
    return freeHigh
  }

  /// Gives `pages` back in chunks of a batch.
  @inline(never) private func giveBack(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ pages: Int, batch: Int, from list: Int,
    _ held: PerCPUHold
  ) -> PerCPUHold? {
    var left = pages
    var holding = held
    while left > 0 {
      let chunk = min(left, batch)
      moveToBuddy(cpu, zone, pcp, chunk, from: list)
      left -= chunk
      if left <= 0 || pcp.count.read(cpu) == 0 { break }
      cpu.count(.pathFreeChunked)
      unlock(cpu, pcp, holding)
      guard let again = tryLock(cpu, pcp) else {
        cpu.count(.pathFreeRelockFailed)
        return has(.stalePCPAfterUnlock) ? holding : nil
      }
      holding = again
    }
    noteAboveHigh(cpu, zone)
    return holding
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
  /// - Parameter pages: how many at least, unless there are fewer; the last block may be larger
  ///   than what is left to move.
  ///
  /// Holds the pcp lock; takes the zone lock for the whole move.
  func moveToBuddy(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ pages: Int, from list: Int
  ) {
    if cpu.maySkipPoints {
      return moveUpTo(cpu.skippingPoints, zone, pcp, pages, from: list)
    }
    moveAmongPoints(cpu, zone, pcp, pages, from: list)
  }

  /// The same code with its points, kept apart so that it does not slow the other copy.
  @inline(never) private func moveAmongPoints(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ pages: Int, from list: Int
  ) {
    moveUpTo(cpu, zone, pcp, pages, from: list)
  }

  @inline(always) private func moveUpTo(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ pages: Int, from list: Int
  ) {
    let cpu = cpu.at(.freePcppagesBulk)
    var left = has(.freeEndlessLoop) ? pages : min(pages, pcp.count.read(cpu))
    var list = list
    var order = PerCPUPages.order(ofList: list)
    var emptyInARow = 0
    var moved = 0
    zone.lock.lockIRQSave(cpu)
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
      let type = blockType(cpu, frame)
      mergeIntoBuddy(cpu, zone, frame, order, type)
      emit(cpu, .drained, frame, order, type)
      left &-= order.pages
      moved &+= order.pages
    }
    zone.lock.unlockIRQRestore(cpu)
    cpu.count(.pagesDrained, moved)
  }
}
