// The page lists of one CPU in one zone, and how long they may get.
//
// Models  struct per_cpu_pages, nr_pcp_alloc(), nr_pcp_free(), nr_pcp_high(), mm/page_alloc.c, 7.3.
// Omits   NUMA remote-expiry.
// Rule    Everything but `highMin`, `highMax` and `batch` changes under `lock`, which is tried with
//         interrupts on.

import Machine

/// A handle of one CPU's lists in one zone; copying it copies no state.
public struct PerCPUPages: BitwiseCopyable, Sendable {
  let words: LockedWords

  enum Word: Int {
    case count = 0
    case high, highMin, highMax, batch, flags, allocFactor, freeCount
    // Constant.
    case firstHead, index
    /// What other CPUs asked for.
    case work
    static var size: Int { 16 }
  }

  enum Flag {
    /// The last free was of order 1 to 3.
    static var previousFreeHighOrder: Int { 1 }
    /// Keep a batch even when high orders are given back: the CPU's cache slice is large.
    static var freeHighBatch: Int { 2 }
  }

  /// Lists: 4 orders of 3 types, and huge pages movable or not.
  static var listCount: Int { 14 }
  static var headCount: Int { 16 }

  /// Bytes from the lists of one CPU to those of the next, in one zone.
  @inline(always) static var stride: Int { LockedWords.stride(count: Word.size) }

  /// Bytes that a CPU's lists in one zone take in their machine's arena.
  static var arenaByteCount: Int { stride }

  /// Lists that were made before.
  @inline(always) init(_ words: LockedWords) { self.words = words }

  /// Lists of their own on `machine`, whose heads are the nodes from `firstHead`.
  init(on machine: Machine, index: Int, firstHead: Int) {
    words = machine.makeLockedWords(AllocatorLockClass.pcp.id, instance: index, count: Word.size)
    words.setConstant(Word.firstHead.rawValue, firstHead)
    words.setConstant(Word.index.rawValue, index)
  }

  /// Its number among the lists of all CPUs in all zones.
  var index: Int { words.constant(Word.index.rawValue) }
  /// pcp->lock.
  @inline(__always) public var lock: SpinLock { words.lock }
  @inline(always) var count: Marked { words.marked(Word.count.rawValue) }
  @inline(always) var high: Marked { words.marked(Word.high.rawValue) }
  @inline(always) var highMin: Marked { words.marked(Word.highMin.rawValue) }
  @inline(always) var highMax: Marked { words.marked(Word.highMax.rawValue) }
  @inline(always) var batch: Marked { words.marked(Word.batch.rawValue) }
  @inline(always) var flags: Plain<Int> { words.plain(Word.flags.rawValue) }
  @inline(always) var allocFactor: Plain<Int> { words.plain(Word.allocFactor.rawValue) }
  @inline(always) var freeCount: Plain<Int> { words.plain(Word.freeCount.rawValue) }
  /// Bits of `ListWork`.
  @inline(always) var work: AtomicCell { words.atomic(Word.work.rawValue) }

  /// The head of a list, as a node of the frame table.
  @inline(always) func head(list: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: words.constant(Word.firstHead.rawValue) &+ list)
  }

  /// True if blocks of this order are kept on per-CPU lists: pcp_allowed_order().
  @inline(always) static func keeps(_ order: Order) -> Bool {
    order <= .costly || order == .huge
  }

  /// The list of an order and type: order_to_pindex().
  @inline(always) static func list(_ order: Order, _ type: Migratetype) -> Int {
    if order == .huge { return 12 &+ (type == .movable ? 1 : 0) }
    return order.index &* Migratetype.perCPUCount &+ type.index
  }

  /// The order that a list keeps: pindex_to_order().
  @inline(always) static func order(ofList list: Int) -> Order {
    list >= 12 ? .huge : Order(list / Migratetype.perCPUCount)
  }
}

extension PageAllocator {
  /// How many blocks a refill takes: more for a CPU that only allocates.
  func refillBlocks(_ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _ order: Order) -> Int {
    let base = pcp.batch.read(cpu)
    let highMin = pcp.highMin.read(cpu)
    let highMax = pcp.highMax.read(cpu)
    var high = clampedHigh(cpu, pcp, highMin, highMax)
    // Lists that are being emptied or turned off take one block at a time.
    if high < base { return 1 }
    let factor = pcp.allocFactor.read(cpu)
    var blocks = order == .zero ? base &<< factor : base
    if highMin != highMax && !isBelowHigh(cpu, zone) {
      high = min(high + blocks, highMax)
      pcp.high.write(cpu, high)
    }
    if order == .zero {
      let room = max(high - pcp.count.read(cpu) - base, base)
      if blocks <= room && factor < tunables.batchScaleMax {
        pcp.allocFactor.write(cpu, factor + 1)
      }
      blocks = min(blocks, room)
    }
    if blocks > 1 { blocks = max(blocks &>> order.index, 2) }
    return blocks
  }

  /// How many pages to give back once the lists are too long.
  func pagesToGiveBack(
    _ cpu: CPU, _ pcp: PerCPUPages, batch: Int, high: Int, freeHigh: Bool
  ) -> Int {
    let count = pcp.count.read(cpu)
    if freeHigh { return min(count, batch &<< tunables.batchScaleMax) }
    if high < batch { return 1 }
    return max(min(pcp.freeCount.read(cpu), high - batch), batch)
  }

  /// How long the lists may be after a free; moves the auto-tuned limit.
  @inline(always) func lengthAllowed<P: ListProtection>(
    _ cpu: CPU, _ held: borrowing HeldLists<P>, batch: Int, freeHigh: Bool
  ) -> Int {
    let (zone, pcp) = (held.zone, held.pcp)
    let highMin = pcp.highMin.read(cpu)
    // Nothing below this limit is given back while memory is plenty.
    if !freeHigh && pcp.count.read(cpu) < highMin && zone.flags.read(cpu) == 0 { return highMin }
    return lengthAllowedNow(cpu.takingPoints, zone, pcp, batch: batch, freeHigh: freeHigh)
  }

  @inline(never) private func lengthAllowedNow(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, batch: Int, freeHigh: Bool
  ) -> Int {
    let highMin = pcp.highMin.read(cpu)
    let highMax = pcp.highMax.read(cpu)
    let high = clampedHigh(cpu, pcp, highMin, highMax)
    if high == 0 { return 0 }
    if freeHigh {
      pcp.high.write(cpu, max(high - (batch &<< tunables.batchScaleMax), highMin))
      return 0
    }
    let flags = zone.flags.read(cpu)
    let freeCount = pcp.freeCount.read(cpu)
    if flags & Zone.Flag.reclaimActive != 0 {
      pcp.high.write(cpu, max(high - max(freeCount, batch), highMin))
      return min(batch << 2, high)
    }
    if highMin == highMax { return high }
    let count = pcp.count.read(cpu)
    if flags & Zone.Flag.belowHigh != 0 {
      pcp.high.write(cpu, max(high - max(freeCount, batch), highMin))
      return max(count, highMin)
    }
    if count >= high {
      let needed = freeCount + batch
      if high < needed { pcp.high.write(cpu, min(needed, highMax)) }
    }
    return high
  }

  /// The auto-tuned length, brought within its bounds.
  @inline(always) private func clampedHigh(
    _ cpu: CPU, _ pcp: PerCPUPages, _ highMin: Int, _ highMax: Int
  ) -> Int {
    let high = pcp.high.read(cpu)
    let clamped = min(max(high, highMin), highMax)
    if clamped != high { pcp.high.write(cpu, clamped) }
    return clamped
  }

  @inline(always) func isBelowHigh(_ cpu: CPU, _ zone: Zone) -> Bool {
    zone.flags.read(cpu) & Zone.Flag.belowHigh != 0
  }
}
