// A zone: a range of frames with one lock, one set of free lists and one set of watermarks.
//
// Models  struct zone, include/linux/mmzone.h, 7.3.
// Omits   Per-CPU deltas of the counters: they are exact here, and change under the zone lock.
//         CMA, unaccepted memory, isolation.
// Rule    All but the watermarks, the reserve and the flags changes only under `lock`, which is
//         held with interrupts off.

import Machine

/// A handle of one zone; copying it copies no state.
public struct Zone: BitwiseCopyable, Sendable {
  let words: LockedWords

  enum Word: Int {
    // Constant.
    case index = 0
    case node, kind, start, spannedPages, managedPages, firstHead, firstPerCPUPages
    // Mostly read.
    case watermarkMin, watermarkLow, watermarkHigh, watermarkPromo, watermarkBoost, flags
    case reservedHighAtomic, freeHighAtomic
    // Written by every refill.
    case freePages, freePagesBlocks
    case freeBlocks
    /// Behind the counts of free blocks: 11 orders, 4 types.
    case parked = 62
    static var size: Int { 64 }
  }

  /// The zone of a layout, number `index`, on `machine`, whose list heads are the nodes from
  /// `firstHead`.
  init(_ layout: ZoneLayout, on machine: Machine, index: Int, firstHead: Int) {
    words = machine.makeLockedWords(AllocatorLockClass.zone.id, instance: index, count: Word.size)
    words.setConstant(Word.index.rawValue, index)
    words.setConstant(Word.node.rawValue, layout.node)
    words.setConstant(Word.kind.rawValue, layout.kind.rawValue)
    words.setConstant(Word.start.rawValue, layout.start.index)
    words.setConstant(Word.spannedPages.rawValue, layout.spannedPages)
    words.setConstant(Word.managedPages.rawValue, layout.managedPages)
    words.setConstant(Word.firstHead.rawValue, firstHead)
  }

  /// Says where the lists of the CPUs in the zone are: one after another, from this.
  func setPerCPUPages(_ first: PerCPUPages) {
    words.setConstant(Word.firstPerCPUPages.rawValue, first.words)
  }

  /// The lists in the zone of the CPU that runs.
  @inline(always) func perCPUPages(_ cpu: CPU) -> PerCPUPages {
    PerCPUPages(
      words.lockedWords(Word.firstPerCPUPages.rawValue, offset: cpu.id &* PerCPUPages.stride))
  }

  /// Its number on the machine, 0 ..< 16.
  @inline(__always) public var index: Int { words.constant(Word.index.rawValue) }
  /// The word of a frame of the zone that is neither free nor allocated.
  @inline(always) var emptyWord: FrameWord { FrameWord(FrameWord.ofZone(index, 0)) }
  /// Its node.
  @inline(__always) public var node: Int { words.constant(Word.node.rawValue) }
  /// Its kind.
  @inline(__always) public var kind: ZoneKind {
    ZoneKind(rawValue: words.constant(Word.kind.rawValue)) ?? .normal
  }
  /// The number of its kind.
  @inline(always) var kindNumber: UInt16 {
    UInt16(truncatingIfNeeded: words.constant(Word.kind.rawValue))
  }
  /// Its first frame.
  @inline(__always) public var start: PageFrameNumber {
    PageFrameNumber(UInt32(truncatingIfNeeded: words.constant(Word.start.rawValue)))
  }
  /// Frames from `start`, holes included.
  @inline(__always) public var spannedPages: Int { words.constant(Word.spannedPages.rawValue) }
  /// Frames that the allocator manages.
  @inline(__always) public var managedPages: Int { words.constant(Word.managedPages.rawValue) }
  /// zone->lock.
  @inline(__always) public var lock: SpinLock { words.lock }

  /// Flags of a zone.
  enum Flag {
    /// Below the high watermark: per-CPU lists give back more.
    static var belowHigh: Int { 1 }
    /// The watermark was boosted: kswapd is due.
    static var boosted: Int { 2 }
    /// Reclaim runs: per-CPU lists are kept short.
    static var reclaimActive: Int { 4 }
  }

  /// One past the last frame.
  public var end: PageFrameNumber { start.advanced(by: spannedPages) }

  /// NR_FREE_PAGES: pages on the buddy lists.
  @inline(always) var freePages: Marked { words.marked(Word.freePages.rawValue) }
  /// NR_FREE_PAGES_BLOCKS: those in blocks of a pageblock or more.
  @inline(always) var freePagesBlocks: Marked { words.marked(Word.freePagesBlocks.rawValue) }
  /// Pages on high-atomic lists.
  @inline(always) var freeHighAtomic: Marked { words.marked(Word.freeHighAtomic.rawValue) }
  /// Pages in high-atomic pageblocks.
  @inline(always) var reservedHighAtomic: Marked {
    words.marked(Word.reservedHighAtomic.rawValue)
  }
  /// What fragmentation added to the watermarks.
  @inline(always) var watermarkBoost: Marked { words.marked(Word.watermarkBoost.rawValue) }
  @inline(always) var flags: AtomicCell { words.atomic(Word.flags.rawValue) }

  /// trylock_free_pages: the first frame + 1 of blocks freed while no lock was to be had; 0 if
  /// there is none.
  @inline(always) var parked: AtomicCell { words.atomic(Word.parked.rawValue) }

  @inline(always) func watermark(_ level: WatermarkLevel) -> Marked {
    words.marked(Word.watermarkMin.rawValue &+ level.rawValue)
  }

  /// Blocks on the list of one order and type: free_area.nr_free, by type.
  ///
  /// Marked, because watermark checks peek at it.
  @inline(always) func freeBlocks(_ order: Order, _ type: Migratetype) -> Marked {
    words.marked(Word.freeBlocks.rawValue &+ order.index &* Migratetype.count &+ type.index)
  }

  /// The list head of one order and type, as a node of the frame table.
  @inline(always) func head(_ order: Order, _ type: Migratetype) -> UInt32 {
    let first = words.constant(Word.firstHead.rawValue)
    return UInt32(
      truncatingIfNeeded: first &+ order.index &* Migratetype.count &+ type.index)
  }

  /// Heads that a zone needs.
  static var headCount: Int { 48 }

  /// True if the frame lies in the zone.
  @inline(always) func spans(_ frame: PageFrameNumber) -> Bool {
    frame.rawValue &- start.rawValue < UInt32(truncatingIfNeeded: spannedPages)
  }
}

/// The watermarks of a zone, from the reserve upward.
public enum WatermarkLevel: Int, CaseIterable, Sendable {
  case min, low, high, promo
}
