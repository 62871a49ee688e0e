// Freeing that waits for nothing: to this CPU's list, else to the buddy lists, else to a list that
// needs no lock.
//
// Models  free_pages_nolock(), the FPI_TRYLOCK arms of __free_frozen_pages(),
//         free_frozen_page_commit() and free_one_page(), mm/page_alloc.c, 7.3.
// Omits   Blocks of more than a page that are not compound.
// Rule    Every lock is tried once.  Under the lock of a per-CPU list the zone lock is not even
//         tried, so the list may grow too long until somebody else frees to it.

import Machine

extension PageAllocator {
  /// Drops the caller's reference to a block, and frees it if it was the last, without waiting for
  /// a lock.
  ///
  /// - Parameters:
  ///   - frame: a single page, or a compound block.
  ///   - order: what it was asked for.
  ///
  /// From any context, NMI included, also with interrupts off and locks held.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func freePagesNoLock(_ caller: CPU, _ frame: PageFrameNumber, order: Order) {
    let cpu = caller.at(.freePagesNoLock)
    if !frames.contains(frame) { cpu.bug(.notAFrame, frame, frame.index) }
    let word = FrameWord(frames.word(frame).read(cpu))
    if order > .zero && !word.has(FrameWord.compoundHead) {
      cpu.bug(.badPageState, frame, Int(word.bits), order.index)
    }
    if !dropReference(cpu, frame) { return }
    checkFree(cpu, frame, order, word)
    let zone = zone(word.zone)
    if keepNoLock(cpu, zone.perCPUPages(cpu), frame, order, word) { return }
    frames.word(frame).write(cpu, word.with(0, .zero))
    if !tryLockZone(cpu, zone) { return park(cpu, zone, frame, order) }
    mergePageblocks(cpu, zone, frame, order)
    zone.lock.unlockIRQRestore(cpu)
    cpu.count(.pgfree, order.pages)
  }

  /// Puts a block on this CPU's list; false if it belongs on none, or somebody has the lists.
  private func keepNoLock(
    _ cpu: CPU, _ pcp: PerCPUPages, _ frame: PageFrameNumber, _ order: Order, _ word: FrameWord
  ) -> Bool {
    if tunables.protection != .trylock || !PerCPUPages.keeps(order) { return false }
    let cpu = cpu.at(.freeFrozenPageCommit)
    let list = PerCPUPages.list(order, listType(cpu, frame))
    guard let held = tryLock(cpu, pcp) else { return false }
    pcp.allocFactor.write(cpu, pcp.allocFactor.read(cpu) >> 1)
    frames.word(frame).write(cpu, word.with(FrameWord.perCPU, order))
    frames.insertFirst(cpu, frame, in: pcp.head(list: list))
    pcp.count.add(cpu, order.pages)
    let batch = pcp.batch.read(cpu)
    _ = noteOrder(cpu, pcp, order, batch: batch)
    let freeCount = pcp.freeCount.read(cpu)
    if freeCount < batch << tunables.batchScaleMax {
      pcp.freeCount.write(cpu, freeCount + order.pages)
    }
    unlock(cpu, pcp, held)
    cpu.count(.pgfree, order.pages)
    cpu.count(.pathNoLockFree)
    return true
  }
}
