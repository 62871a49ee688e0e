// Bulk allocation from whole blocks: a policy of our own, to compare with the kernel's way.
//
// The kernel refills the CPU's list and takes from it, so each page is split off its block, linked
// and unlinked again.  Here, once the list is empty, a block as large as what is still wanted is
// taken off the buddy lists whole, and its pages go straight to the caller's slots.
//
// Rule    Under the pcp lock, as the kernel's way; the zone lock nests inside for each block.  A
//         block of more than a page comes from the own type's lists or from a whole pageblock that
//         changes its type, never out of a foreign pageblock.

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

extension PageAllocator {
  /// Fills the empty slots from `prefix` on; where it stopped, and how many pages it added.
  ///
  /// Holds the pcp lock.
  func takeBatchOfBlocks(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ head: UInt32, _ request: AllocationRequest,
    _ slots: PageSlots, _ count: Int, from prefix: Int, for caller: CPU
  ) -> (filled: Int, added: Int) {
    if cpu.maySkipPoints {
      return fillFromBlocks(
        cpu.skippingPoints, zone, pcp, head, request, slots, count, from: prefix,
        for: caller.skippingPoints)
    }
    return fillAmongPoints(cpu, zone, pcp, head, request, slots, count, from: prefix, for: caller)
  }

  /// The same code with its points, kept apart so that it does not slow the other copy.
  @inline(never) private func fillAmongPoints(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ head: UInt32, _ request: AllocationRequest,
    _ slots: PageSlots, _ count: Int, from prefix: Int, for caller: CPU
  ) -> (filled: Int, added: Int) {
    fillFromBlocks(cpu, zone, pcp, head, request, slots, count, from: prefix, for: caller)
  }

  @inline(always) private func fillFromBlocks(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ head: UInt32, _ request: AllocationRequest,
    _ slots: PageSlots, _ count: Int, from prefix: Int, for caller: CPU
  ) -> (filled: Int, added: Int) {
    var block = (next: PageFrameNumber(0), left: 0)
    var added = 0
    for index in prefix..<count {
      if slots.content(cpu, index, of: count) != nil { continue }
      if block.left == 0 {
        if let frame = frames.first(cpu, head) {
          frames.removeFirst(cpu, frame, of: head)
          pcp.count.add(cpu, -1)
          block = (frame, 1)
        } else {
          let wanted = emptySlots(cpu, slots, index, count)
          guard let (first, order) = takeWhole(cpu, zone, wanted, request) else {
            return (index, added)
          }
          block = (first, order.pages)
        }
      }
      prepare(cpu, block.next, .zero, request.gfp, for: caller)
      slots[index] = block.next
      block = (block.next.advanced(by: 1), block.left &- 1)
      added &+= 1
    }
    return (count, added)
  }

  /// How many slots from `start` on are empty.
  @inline(always) private func emptySlots(
    _ cpu: CPU, _ slots: PageSlots, _ start: Int, _ count: Int
  ) -> Int {
    var empty = 0
    for index in start..<count where slots.content(cpu, index, of: count) == nil { empty &+= 1 }
    return empty
  }

  /// A block of at most `pages`, 1 or more, and of at most a pageblock; nil if the zone has none.
  @inline(always) private func takeWhole(
    _ cpu: CPU, _ zone: Zone, _ pages: Int, _ request: AllocationRequest
  ) -> (PageFrameNumber, Order)? {
    let cpu = cpu.at(.rmqueueBulk)
    let type = request.type
    var order = min(Order(Int.bitWidth - 1 - pages.leadingZeroBitCount), pageblockOrder)
    zone.lock.lockIRQSave(cpu)
    var frame: PageFrameNumber?
    while true {
      var mode = RemovalMode.normal
      let flags: AllocFlags = order == .zero ? .watermarkLow : .watermarkLow | .noFragment
      frame = takeBlock(cpu, zone, order, type, flags, &mode)
      if frame != nil || order == .zero { break }
      order = order.down
    }
    if let frame { emit(cpu, .zoneLocked, frame, order, type, 0) }
    zone.lock.unlockIRQRestore(cpu)
    guard let frame else { return nil }
    cpu.count(.pagesTakenUnderZoneLock, order.pages)
    if order > .zero { cpu.count(.pathBulkBlock) }
    return (frame, order)
  }
}
