// A free area: a range of frames whose free blocks lie on lists of their own, under one lock.
//
// Models  zone->lock and zone->free_area, include/linux/mmzone.h, 7.3.
// Rule    Lists, counts of blocks and the types of pageblocks change only under the lock, which is
//         held with interrupts off.  Holding it is a `LockedArea`, which only locking makes: what
//         needs the lock takes one, so code that does not hold it does not compile.
//
// A zone has one area today, which lies in the zone's own words.  Which area a frame lies in is a
// matter of a shift (`Zone.area(of:)`), so a zone may have many.

import Machine

/// A handle of one area; copying it copies no state.
public struct FreeArea: BitwiseCopyable, Sendable {
  let words: LockedWords
  /// The zone that the area is a part of.
  public let zone: Zone

  /// The words of an area; those of its zone lie between them.
  enum Word: Int {
    // Constant.
    case start = 3
    case spannedPages = 4
    case firstHead = 6
    // Written under the lock.
    case freeBlocks = 18
    /// Behind the counts of free blocks: 11 orders, 4 types.
    case parked = 62
  }

  /// Heads that an area needs.
  static var headCount: Int { 48 }

  /// Bytes from the words of one area to those of the next.
  @inline(always) static var stride: Int { LockedWords.stride(count: Zone.Word.size) }

  @inline(always) init(_ words: LockedWords, of zone: Zone) {
    self.words = words
    self.zone = zone
  }

  /// Makes it the area of `spannedPages` frames from `start`, whose list heads are the nodes from
  /// `firstHead`.
  func setUp(start: PageFrameNumber, spannedPages: Int, firstHead: Int) {
    words.setConstant(Word.start.rawValue, start.index)
    words.setConstant(Word.spannedPages.rawValue, spannedPages)
    words.setConstant(Word.firstHead.rawValue, firstHead)
  }

  /// Its first frame.
  @inline(__always) public var start: PageFrameNumber {
    PageFrameNumber(UInt32(truncatingIfNeeded: words.constant(Word.start.rawValue)))
  }
  /// Frames from `start`, holes included.
  @inline(__always) public var spannedPages: Int { words.constant(Word.spannedPages.rawValue) }

  /// True if the frame lies in the area.
  @inline(always) func spans(_ frame: PageFrameNumber) -> Bool {
    frame.rawValue &- start.rawValue < UInt32(truncatingIfNeeded: spannedPages)
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

  /// trylock_free_pages: the first frame + 1 of blocks freed while no lock was to be had; 0 if
  /// there is none.
  @inline(always) var parked: AtomicCell { words.atomic(Word.parked.rawValue) }

  /// True while a CPU holds the lock; for judges, at rest.
  public var isLocked: Bool { words.lock.isTaken }

  /// Turns interrupts off, then waits for the lock and takes it.
  @inline(always) func lock(_ cpu: CPU) -> LockedArea {
    words.lock.lockIRQSave(cpu)
    return LockedArea(self)
  }

  /// Turns interrupts off and takes the lock if it is free; nil, with interrupts as they were, if
  /// it is not.
  @inline(always) func tryLock(_ cpu: CPU) -> LockedArea? {
    if !words.lock.tryLockIRQSave(cpu) { return nil }
    return LockedArea(self)
  }

  /// The area while it is set up: no CPU runs yet, so nothing else can hold the lock.
  var atBoot: LockedArea { LockedArea(self) }
}

/// An area whose lock the CPU holds: what the code of the buddy lists takes.
///
/// It cannot be copied, and `unlock` ends it, so nothing goes on as if it had the lock.
struct LockedArea: ~Copyable {
  let area: FreeArea

  @inline(always) fileprivate init(_ area: FreeArea) { self.area = area }

  @inline(always) var zone: Zone { area.zone }
  @inline(always) func spans(_ frame: PageFrameNumber) -> Bool { area.spans(frame) }
  @inline(always) func head(_ order: Order, _ type: Migratetype) -> UInt32 {
    area.head(order, type)
  }
  @inline(always) func freeBlocks(_ order: Order, _ type: Migratetype) -> Marked {
    area.freeBlocks(order, type)
  }

  @inline(always) var parked: AtomicCell { area.parked }

  /// Releases the lock, then turns interrupts back to what they were before.
  @inline(always) consuming func unlock(_ cpu: CPU) { area.words.lock.unlockIRQRestore(cpu) }
}

/// A counter of a zone, which anything may read and only the holder of an area's lock changes.
///
/// Marked, because each zone has one area, whose holder is alone; with several, additions must be
/// atomic.
struct ZoneCounter {
  private let cell: Marked

  @inline(always) init(_ cell: Marked) { self.cell = cell }

  @inline(always) func read(_ cpu: CPU) -> Int { cell.read(cpu) }

  @inline(always) func add(_ cpu: CPU, _ amount: Int, under area: borrowing LockedArea) {
    cell.add(cpu, amount)
  }

  @inline(always) func write(_ cpu: CPU, _ value: Int, under area: borrowing LockedArea) {
    cell.write(cpu, value)
  }

  /// Its value for inspection: not a scheduling point.
  var atRest: Int { cell.atRest }
}
