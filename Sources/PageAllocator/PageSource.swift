// Where the pages of a bulk call come from: a policy.
//
// The kernel refills the CPU's list and takes from it, so each page is split off its block, linked
// and unlinked again.  From blocks, once the list is empty, a block as large as what is still
// wanted is taken off the buddy lists whole, and its pages go straight to the caller's slots: a
// policy of our own, to compare with the kernel's way.
//
// Rule    The caller holds the lists; the zone lock nests inside, for a refill or for each block.
//         A block of more than a page comes from the own type's lists or from a whole pageblock
//         that changes its type, never out of a foreign pageblock.

import Machine

/// Where a bulk call gets its pages.
public enum BulkSource: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// The CPU's list, which is refilled when it is empty.
  case lists
  /// The CPU's list and, when it is empty, whole blocks.
  case blocks

  /// The name in configs.
  public var name: String { "\(self)" }
}

/// Gives pages one by one.
protocol PageSource {
  /// A source for which `refill` says what a list is taken from and refilled with.
  init(refill: RefillRequest)

  /// A page; nil if there is none to be had.
  ///
  /// - Parameter sink: what it is for, with a place.
  mutating func next<P: ListProtection, Sink: PageSink>(
    _ cpu: CPU, _ allocator: PageAllocator, _ held: borrowing HeldLists<P>, for sink: Sink
  ) -> PageFrameNumber?
}

/// `BulkSource.lists`.
struct ListSource: PageSource {
  let refill: RefillRequest

  @inline(always) func next<P: ListProtection, Sink: PageSink>(
    _ cpu: CPU, _ allocator: PageAllocator, _ held: borrowing HeldLists<P>, for sink: Sink
  ) -> PageFrameNumber? {
    allocator.take(cpu, refill, from: held)
  }
}

/// `BulkSource.blocks`.
struct BlockSource: PageSource {
  let refill: RefillRequest
  private var page = PageFrameNumber(0)
  private var left = 0

  @inline(always) init(refill: RefillRequest) { self.refill = refill }

  @inline(always) mutating func next<P: ListProtection, Sink: PageSink>(
    _ cpu: CPU, _ allocator: PageAllocator, _ held: borrowing HeldLists<P>, for sink: Sink
  ) -> PageFrameNumber? {
    if left == 0 {
      if let frame = allocator.takeWithoutRefill(cpu, refill, from: held) { return frame }
      guard let (first, order) = allocator.takeWhole(cpu, held.zone, sink.wanted(cpu), refill.type)
      else { return nil }
      (page, left) = (first, order.pages)
    }
    defer {
      page = page.advanced(by: 1)
      left &-= 1
    }
    return page
  }
}

extension PageAllocator {
  /// A block of at most `pages`, 1 or more, and of at most a pageblock; nil if the zone has none.
  @inline(always) fileprivate func takeWhole(
    _ cpu: CPU, _ zone: Zone, _ pages: Int, _ type: Migratetype
  ) -> (PageFrameNumber, Order)? {
    let cpu = cpu.at(.rmqueueBulk)
    var order = min(Order(Int.bitWidth - 1 - pages.leadingZeroBitCount), pageblockOrder)
    let area = zone.firstArea.lock(cpu)
    var frame: PageFrameNumber?
    while true {
      var mode = RemovalMode.normal
      let flags: AllocFlags = order == .zero ? .watermarkLow : .watermarkLow | .noFragment
      frame = takeBlock(cpu, area, order, type, flags, &mode)
      if frame != nil || order == .zero { break }
      order = order.down
    }
    if let frame { emit(cpu, .zoneLocked, frame, order, type, 0) }
    area.unlock(cpu)
    guard let frame else { return nil }
    cpu.count(.pagesTakenUnderZoneLock, order.pages)
    if order > .zero { cpu.count(.pathBulkBlock) }
    return (frame, order)
  }
}
