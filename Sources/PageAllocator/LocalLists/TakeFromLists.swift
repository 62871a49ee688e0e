// Taking a block from a CPU's list, which is refilled when it is empty: many blocks for one hold of
// the zone lock.
//
// Models  rmqueue_pcplist(), __rmqueue_pcplist(), rmqueue_bulk(), mm/page_alloc.c, 7.3.
// Rule    The zone lock nests inside, interrupts off.  Blocks go to the tail, so that they leave in
//         the order in which they were split.

import Machine

/// What a list is refilled with.
struct RefillRequest: BitwiseCopyable {
  let order: Order
  let type: Migratetype
  let flags: AllocFlags
  /// The head of the list: looked up before the lists are held, because what is looked up after a
  /// lock waits for it.
  let head: UInt32

  @inline(always) init(_ pcp: PerCPUPages, _ order: Order, _ type: Migratetype, _ flags: AllocFlags)
  {
    self.order = order
    self.type = type
    self.flags = flags
    head = pcp.head(list: PerCPUPages.list(order, type))
  }
}

extension PageAllocator {
  /// From this CPU's list; nil if another context has the lists, or the zone has nothing to refill
  /// them with.
  @inline(always) func fromPerCPUList<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ request: AllocationRequest,
    _ flags: AllocFlags, _: P.Type
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.rmqueuePcplist)
    let refill = RefillRequest(pcp, request.order, request.type, flags)
    guard let held = tryHold(cpu, zone, pcp, P.self) else {
      cpu.count(.pathPcpTrylockFailed)
      return nil
    }
    let freeCount = pcp.freeCount.read(cpu)
    if freeCount != 0 { pcp.freeCount.write(cpu, freeCount >> 1) }
    let frame = take(cpu, refill, from: held)
    release(cpu, held)
    if frame != nil {
      countAllocated(cpu, zone, pages: request.order.pages, blocks: 1, request)
    }
    return frame
  }

  /// The first block of a list, which is refilled if it is empty.
  @inline(always) func take<P: ListProtection>(
    _ cpu: CPU, _ refill: RefillRequest, from held: borrowing HeldLists<P>
  ) -> PageFrameNumber? {
    guard
      let frame = frames.first(cpu, refill.head)
        ?? refilled(cpu.takingPoints, held.zone, held.pcp, refill)
    else { return nil }
    removeFirst(cpu, frame, refill, from: held)
    return frame
  }

  /// The first block of a list as it is; nil if it is empty.
  @inline(always) func takeWithoutRefill<P: ListProtection>(
    _ cpu: CPU, _ refill: RefillRequest, from held: borrowing HeldLists<P>
  ) -> PageFrameNumber? {
    guard let frame = frames.first(cpu, refill.head) else { return nil }
    removeFirst(cpu, frame, refill, from: held)
    return frame
  }

  @inline(always) private func removeFirst<P: ListProtection>(
    _ cpu: CPU, _ frame: PageFrameNumber, _ refill: RefillRequest,
    from held: borrowing HeldLists<P>
  ) {
    frames.removeFirst(cpu, frame, of: refill.head)
    held.pcp.count.add(cpu, 0 &- refill.order.pages)
  }

  /// Refills a list of lists that the caller holds; its first block, or nil if the zone has none to
  /// give.
  @inline(never) private func refilled(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ refill: RefillRequest
  ) -> PageFrameNumber? {
    // A request for the high-atomic reserve must reach the buddy lists, where the reserve is.
    if refill.flags.contains(.highAtomic) { return nil }
    let cpu = cpu.at(.rmqueueBulk)
    let wanted = refillBlocks(cpu, zone, pcp, refill.order)
    let got = perform(Refill(zone: zone, request: refill, count: wanted), cpu)
    pcp.count.add(cpu, got &<< refill.order.index)
    if got == 0 { return nil }
    cpu.count(.pathPcpRefill)
    return frames.first(cpu, refill.head)
  }
}

/// Up to `count` blocks on their way from the buddy lists to a list that the caller holds; the
/// result is how many it were.
private struct Refill: Operation {
  let zone: Zone
  let request: RefillRequest
  let count: Int

  @inline(always) func run(_ cpu: CPU, _ allocator: PageAllocator) -> Int {
    let frames = allocator.frames
    let (order, type, flags) = (request.order, request.type, request.flags)
    var mode = RemovalMode.normal
    var taken = 0
    guard let area = allocator.lockArea(cpu, zone.firstArea, flags) else { return 0 }
    while taken < count {
      guard let frame = allocator.takeBlock(cpu, area, order, type, flags, &mode) else { break }
      let word = frames.word(frame)
      word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.perCPU, order))
      frames.insertLast(cpu, frame, in: request.head)
      allocator.emit(cpu, .zoneLocked, frame, order, type, 1)
      taken &+= 1
    }
    area.unlock(cpu)
    cpu.count(.pagesTakenUnderZoneLock, taken &<< order.index)
    return taken
  }
}
