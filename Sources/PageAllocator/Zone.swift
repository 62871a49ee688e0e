// A zone: a range of frames with one set of watermarks, whose free blocks lie in free areas.
//
// Models  struct zone, include/linux/mmzone.h, 7.3.
// Omits   Per-CPU deltas of the counters: they are exact here, and change under the zone lock.
//         CMA, unaccepted memory, isolation.
// Rule    The counters change only under the lock of an area; the flags change without one.

import Machine

/// A handle of one zone; copying it copies no state.
public struct Zone: BitwiseCopyable, Sendable {
  let words: LockedWords

  /// The words of a zone; those of its area lie between them.
  enum Word: Int {
    // Constant.
    case index = 0
    case node, kind
    case managedPages = 5
    case firstPerCPUPages = 7
    // Mostly read.
    case watermarkMin, watermarkLow, watermarkHigh, watermarkPromo, watermarkBoost, flags
    case reservedHighAtomic, freeHighAtomic
    // Written by every refill.
    case freePages, freePagesBlocks
    /// Constant: log2 of the frames of an area.
    case areaShift = 63
    static var size: Int { 64 }
  }

  /// The zone of a layout, number `index`, on `machine`, with one area, whose list heads are the
  /// nodes from `firstHead`.
  init(_ layout: ZoneLayout, on machine: Machine, index: Int, firstHead: Int) {
    words = machine.makeLockedWords(AllocatorLockClass.zone.id, instance: index, count: Word.size)
    words.setConstant(Word.index.rawValue, index)
    words.setConstant(Word.node.rawValue, layout.node)
    words.setConstant(Word.kind.rawValue, layout.kind.rawValue)
    words.setConstant(Word.managedPages.rawValue, layout.managedPages)
    words.setConstant(Word.areaShift.rawValue, Self.oneArea)
    firstArea.setUp(
      start: layout.start, spannedPages: layout.spannedPages, firstHead: firstHead)
  }

  /// The shift that gives every frame of a zone to its first area.
  private static var oneArea: Int { Int.bitWidth - 1 }

  /// The area with the zone's first frame; the only one today.
  @inline(__always) public var firstArea: FreeArea { FreeArea(words, of: self) }

  /// The area that a frame of the zone lies in: areas are aligned in physical memory, and their
  /// words lie one after another.
  @inline(always) func area(of frame: PageFrameNumber) -> FreeArea {
    let shift = words.constant(Word.areaShift.rawValue)
    let number = frame.index &>> shift &- start.index &>> shift
    return FreeArea(words.advanced(bytes: number &* FreeArea.stride), of: self)
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

  /// Zones that a machine may have: as many as a frame's word can name.
  public static var countMax: Int { 1 << FrameWord.zoneBits }
  /// Nodes that a machine may have.
  public static var nodeCountMax: Int { 16 }

  /// Bytes that a zone with one area takes in its machine's arena.
  static var arenaByteCount: Int { LockedWords.stride(count: Word.size) }

  /// Its number on the machine, 0 ..< `countMax`.
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
  @inline(__always) public var start: PageFrameNumber { firstArea.start }
  /// Frames from `start`, holes included.
  @inline(__always) public var spannedPages: Int { firstArea.spannedPages }
  /// Frames that the allocator manages.
  @inline(__always) public var managedPages: Int { words.constant(Word.managedPages.rawValue) }

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
  @inline(always) var freePages: ZoneCounter { counter(.freePages) }
  /// NR_FREE_PAGES_BLOCKS: those in blocks of a pageblock or more.
  @inline(always) var freePagesBlocks: ZoneCounter { counter(.freePagesBlocks) }
  /// Pages on high-atomic lists.
  @inline(always) var freeHighAtomic: ZoneCounter { counter(.freeHighAtomic) }
  /// Pages in high-atomic pageblocks.
  @inline(always) var reservedHighAtomic: ZoneCounter { counter(.reservedHighAtomic) }
  /// What fragmentation added to the watermarks.
  @inline(always) var watermarkBoost: ZoneCounter { counter(.watermarkBoost) }
  @inline(always) var flags: AtomicCell { words.atomic(Word.flags.rawValue) }

  @inline(always) private func counter(_ word: Word) -> ZoneCounter {
    ZoneCounter(words.marked(word.rawValue))
  }

  @inline(always) func watermark(_ level: WatermarkLevel) -> Marked {
    words.marked(Word.watermarkMin.rawValue &+ level.rawValue)
  }
}

/// The watermarks of a zone, from the reserve upward.
public enum WatermarkLevel: Int, CaseIterable, Sendable {
  case min, low, high, promo
}
