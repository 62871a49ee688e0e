// Blocks that were freed while no lock was to be had: a list of each area that needs none.
//
// Models  add_page_to_zone_llist(), the llist that free_one_page() empties, mm/page_alloc.c, 7.3.
// Rule    Anybody pushes, from any context; only a holder of the zone lock takes, and all at once,
//         so that a frame never comes back between the two looks of a push.  What is parked is on
//         no other list, not free, and counted by `pgfree` when it leaves.

import Machine

extension PageAllocator {
  /// Leaves a block, which is nobody's, to the next free under the zone lock.
  @inline(never) func park(
    _ cpu: CPU, _ area: FreeArea, _ frame: PageFrameNumber, _ order: Order
  ) {
    let word = frames.word(frame)
    word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.parked, order))
    var first = area.parked.read(cpu)
    // Each failure is another CPU's success.
    repeat {
      frames.next(frame.rawValue).write(cpu, UInt32(truncatingIfNeeded: first))
      if area.parked.replace(cpu, first, with: frame.index + 1) { break }
      first = area.parked.read(cpu)
    } while true
    cpu.count(.pathPark)
  }

  /// Frees what is parked.
  @inline(never) func freeParked(_ cpu: CPU, _ area: borrowing LockedArea) {
    var first = area.parked.exchange(cpu, 0)
    var left = area.zone.managedPages
    while first != 0 {
      let frame = PageFrameNumber(UInt32(truncatingIfNeeded: first - 1))
      let word = frames.contains(frame) ? FrameWord(frames.word(frame).read(cpu)) : FrameWord(0)
      if !word.has(FrameWord.parked) || left <= 0 {
        cpu.bug(.listCorrupted, frame, first - 1)
      }
      first = Int(frames.next(frame.rawValue).read(cpu))
      frames.word(frame).write(cpu, word.with(0, .zero))
      mergePageblocks(cpu, area, frame, word.order)
      cpu.count(.pgfree, word.order.pages)
      cpu.count(.pathUnpark)
      left -= word.order.pages
    }
  }

  /// Frees what is parked in all zones, for a run that comes to its end.  From a task.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func freeAllParked(_ cpu: CPU) {
    let cpu = cpu.at(.freeOnePage)
    for index in 0..<zoneCount where zone(index).firstArea.parked.read(cpu) != 0 {
      let area = zone(index).firstArea.lock(cpu)
      freeParked(cpu, area)
      area.unlock(cpu)
    }
  }
}
