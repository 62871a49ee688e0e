// Refilling a per-CPU list: many blocks for one hold of the zone lock.
//
// Models  __rmqueue_pcplist(), rmqueue_bulk(), mm/page_alloc.c, 7.3.
// Rule    Under the pcp lock, interrupts as they are; the zone lock nests inside, interrupts off.
//         Blocks go to the tail, so that they leave in the order in which they were split.

import Machine

extension PageAllocator {
  /// Refills a list; its first block, or nil if the zone has none to give.
  @inline(never) func refill(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ order: Order, _ type: Migratetype,
    _ flags: AllocFlags, head: UInt32
  ) -> PageFrameNumber? {
    // A request for the high-atomic reserve must reach the buddy lists, where the reserve is.
    if flags.contains(.highAtomic) { return nil }
    let cpu = cpu.at(.rmqueueBulk)
    let wanted = refillBlocks(cpu, zone, pcp, order)
    let got = takeMany(cpu, zone, wanted, order, type, flags, to: head)
    pcp.count.add(cpu, got &<< order.index)
    if got == 0 { return nil }
    cpu.count(.pathPcpRefill)
    return frames.first(cpu, head)
  }

  /// Moves up to `count` blocks from the buddy lists to a per-CPU list; how many it were.
  private func takeMany(
    _ cpu: CPU, _ zone: Zone, _ count: Int, _ order: Order, _ type: Migratetype,
    _ flags: AllocFlags, to head: UInt32
  ) -> Int {
    if cpu.maySkipPoints {
      return takeUpTo(cpu.skippingPoints, zone, count, order, type, flags, to: head)
    }
    return takeAmongPoints(cpu, zone, count, order, type, flags, to: head)
  }

  /// The same code with its points, kept apart so that it does not slow the other copy.
  @inline(never) private func takeAmongPoints(
    _ cpu: CPU, _ zone: Zone, _ count: Int, _ order: Order, _ type: Migratetype,
    _ flags: AllocFlags, to head: UInt32
  ) -> Int {
    takeUpTo(cpu, zone, count, order, type, flags, to: head)
  }

  @inline(always) private func takeUpTo(
    _ cpu: CPU, _ zone: Zone, _ count: Int, _ order: Order, _ type: Migratetype,
    _ flags: AllocFlags, to head: UInt32
  ) -> Int {
    var mode = RemovalMode.normal
    var taken = 0
    if !lockZone(cpu, zone, flags) { return 0 }
    while taken < count {
      guard let frame = takeBlock(cpu, zone, order, type, flags, &mode) else { break }
      let word = frames.word(frame)
      word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.perCPU, order))
      frames.insertLast(cpu, frame, in: head)
      emit(cpu, .zoneLocked, frame, order, type, 1)
      taken &+= 1
    }
    zone.lock.unlockIRQRestore(cpu)
    cpu.count(.pagesTakenUnderZoneLock, taken &<< order.index)
    return taken
  }
}
