// Freeing that waits for nothing: to this CPU's list, else to the buddy lists, else to a list that
// needs no lock.
//
// Models  free_pages_nolock(), the FPI_TRYLOCK arms of __free_frozen_pages(),
//         free_frozen_page_commit() and free_one_page(), mm/page_alloc.c, 7.3.
// Omits   Blocks of more than a page that are not compound.
// Rule    Every lock is tried once.  Under the lock of a per-CPU list the zone lock is not even
//         tried, so the list may grow too long until another free comes to it.

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
  public func freePagesNoLock(_ cpu: CPU, _ frame: PageFrameNumber, order: Order) {
    performRare(FreeNoLock(frame: frame, order: order), cpu)
  }

  fileprivate func freeNoLock<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _: P.Type
  ) {
    if !frames.contains(frame) { cpu.bug(.notAFrame, frame, frame.index) }
    let word = FrameWord(frames.word(frame).read(cpu))
    if order > .zero && !word.has(FrameWord.compoundHead) {
      cpu.bug(.badPageState, frame, Int(word.bits), order.index)
    }
    if !dropReference(cpu, frame) { return }
    checkFree(cpu, frame, order, word)
    let zone = zone(word.zone)
    if keepNoLock(cpu, zone, frame, order, word, P.self) { return }
    frames.word(frame).write(cpu, word.with(0, .zero))
    let itsArea = zone.area(of: frame)
    guard let area = lockWithoutWaiting(cpu, itsArea) else {
      return park(cpu, itsArea, frame, order)
    }
    mergePageblocks(cpu, area, frame, order)
    area.unlock(cpu)
    cpu.count(.pgfree, order.pages)
  }

  /// Puts a block on this CPU's list; false if it belongs on none, or another context has the
  /// lists.
  private func keepNoLock<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ frame: PageFrameNumber, _ order: Order, _ word: FrameWord,
    _: P.Type
  ) -> Bool {
    if !P.servesNMI || !PerCPUPages.keeps(order) { return false }
    let cpu = cpu.at(.freeFrozenPageCommit)
    let list = PerCPUPages.list(order, listType(cpu, frame))
    guard let held = tryHold(cpu, zone, zone.perCPUPages(cpu), P.self) else { return false }
    putNoLock(cpu, frame, order, list, word, on: held)
    release(cpu, held)
    cpu.count(.pgfree, order.pages)
    cpu.count(.pathNoLockFree)
    return true
  }
}

/// One block that comes back from a caller that waits for no lock.
private struct FreeNoLock: ListOperation {
  let frame: PageFrameNumber
  let order: Order

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) {
    allocator.freeNoLock(cpu.at(.freePagesNoLock), frame, order, P.self)
  }
}
