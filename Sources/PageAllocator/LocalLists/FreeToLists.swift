// Freeing to a CPU's lists.
//
// Models  free_frozen_page_commit(), nr_pcp_free(), mm/page_alloc.c, 7.3.
// Rule    Lists that are too long now give back before they are let go.

import Machine

extension PageAllocator {
  /// Puts a block, whose first frame's word is `old`, on list `list`, and shortens the lists if
  /// they are too long.
  ///
  /// - Returns: the lists, still held; nil if they were let go and are another context's now.
  @inline(always) func put<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ list: Int, _ old: FrameWord,
    on held: consuming HeldLists<P>
  ) -> HeldLists<P>? {
    let cpu = cpu.at(.freeFrozenPageCommit)
    let pcp = held.pcp
    let factor = pcp.allocFactor.read(cpu)
    if factor != 0 { pcp.allocFactor.write(cpu, factor &>> 1) }
    cpu.count(.pgfree, order.pages)
    link(cpu, frame, order, list, old, on: held)

    let batch = pcp.batch.read(cpu)
    let freeHigh = noteOrder(cpu, pcp, order, batch: batch)
    countFree(cpu, pcp, order, batch: batch)
    let high = lengthAllowed(cpu, held, batch: batch, freeHigh: freeHigh)
    if pcp.count.read(cpu) < high { return held }
    let pages = pagesToGiveBack(cpu, pcp, batch: batch, high: high, freeHigh: freeHigh)
    return giveBack(cpu.takingPoints, pages, batch: batch, from: list, held)
  }

  /// Puts a block on a list for a caller that waits for no lock: however long that makes the lists.
  func putNoLock<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ list: Int, _ old: FrameWord,
    on held: borrowing HeldLists<P>
  ) {
    let pcp = held.pcp
    pcp.allocFactor.write(cpu, pcp.allocFactor.read(cpu) >> 1)
    link(cpu, frame, order, list, old, on: held)
    let batch = pcp.batch.read(cpu)
    _ = noteOrder(cpu, pcp, order, batch: batch)
    countFree(cpu, pcp, order, batch: batch)
  }

  @inline(always) private func link<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ list: Int, _ old: FrameWord,
    on held: borrowing HeldLists<P>
  ) {
    frames.word(frame).write(cpu, old.with(FrameWord.perCPU, order))
    frames.insertFirst(cpu, frame, in: held.pcp.head(list: list))
    held.pcp.count.add(cpu, order.pages)
  }

  /// Counts pages that were freed without an allocation between.
  @inline(always) private func countFree(
    _ cpu: CPU, _ pcp: PerCPUPages, _ order: Order, batch: Int
  ) {
    let freeCount = pcp.freeCount.read(cpu)
    if freeCount < batch &<< tunables.batchScaleMax {
      pcp.freeCount.write(cpu, freeCount &+ order.pages)
    }
  }

  /// Notes whether frees of order 1 to 3 follow one another; true if they should not be kept.
  @inline(always) private func noteOrder(
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
}
