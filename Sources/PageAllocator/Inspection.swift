// What judges and reports read of an allocator at rest: no CPU runs, no lock is held, no access is
// a scheduling point.
//
// Rule    Every walk is bounded and every link checked: what is inspected may be broken.

import Machine

/// A frame's word in words.
public struct FrameState: Sendable, Equatable {
  /// The size of the block that starts here; meaningless inside a block.
  public let order: Order
  /// The number of its zone.
  public let zone: Int
  /// A free block on a buddy list starts here.
  public let isBuddy: Bool
  /// A block on a per-CPU list starts here.
  public let isPerCPU: Bool
  /// An allocated block starts here.
  public let isAllocated: Bool
  /// It is a compound block.
  public let isCompound: Bool
  /// It is not memory of the allocator.
  public let isReserved: Bool
  /// It was taken out of service.
  public let isPoisoned: Bool
  /// A block starts here that was freed while no lock was to be had.
  public let isParked: Bool
  /// References to the block.
  public let references: Int
}

/// What walking a list found.
public struct ListWalk: Sendable, Equatable {
  /// The frames on it, first to last, as far as the links hold.
  public var frames: [PageFrameNumber] = []
  /// The node whose link is wrong; nil if the list is whole.
  public var brokenAt: UInt32?
}

/// The counters of a zone, in pages unless said.
public struct ZoneCounters: Sendable, Equatable {
  /// NR_FREE_PAGES.
  public var free: Int
  /// NR_FREE_PAGES_BLOCKS.
  public var freeInBlocks: Int
  /// Pages on high-atomic lists.
  public var freeHighAtomic: Int
  /// Pages in high-atomic pageblocks.
  public var reservedHighAtomic: Int
  /// Watermarks without boost: min, low, high, promo.
  public var watermarks: [Int]
  /// What fragmentation added.
  public var boost: Int
  /// Blocks on each list, `[order][type]`.
  public var freeBlocks: [[Int]]
}

/// The state of one CPU's lists in one zone, in pages.
public struct PerCPUState: Sendable, Equatable {
  /// Pages on all lists.
  public var count: Int
  /// The auto-tuned length, and its bounds.
  public var high: Int
  public var highMin: Int
  public var highMax: Int
  /// Pages of a refill.
  public var batch: Int
  /// Pages by which a decay shortens the lists at most.
  public var decayMax: Int
}

extension FrameTable {
  /// Calls `body` for each frame of a list, first to last, without points.
  ///
  /// - Returns: the node whose link is wrong, where the walk ended; nil if the list is whole.  A
  ///   list of more than `limit` frames is not.
  func forEach(head: UInt32, limit: Int, _ body: (PageFrameNumber) -> Void) -> UInt32? {
    var node = head
    var left = limit
    while true {
      let next = nextAtRest(node)
      if next == head { return previousAtRest(head) == node ? nil : head }
      if Int(next) >= frameCount || previousAtRest(next) != node || left == 0 { return node }
      body(PageFrameNumber(next))
      node = next
      left -= 1
    }
  }

  /// Walks a list without points; stops at a bad link, or after `limit` frames.
  func walk(head: UInt32, limit: Int) -> ListWalk {
    var walk = ListWalk()
    walk.brokenAt = forEach(head: head, limit: limit) { walk.frames.append($0) }
    return walk
  }
}

extension PageAllocator {
  /// What a frame's word says.
  public func frameState(_ frame: PageFrameNumber) -> FrameState {
    let word = FrameWord(frames.word(frame).atRest)
    return FrameState(
      order: word.order, zone: word.zone, isBuddy: word.has(FrameWord.buddy),
      isPerCPU: word.has(FrameWord.perCPU), isAllocated: word.has(FrameWord.allocated),
      isCompound: word.has(FrameWord.compoundHead), isReserved: word.has(FrameWord.reserved),
      isPoisoned: word.has(FrameWord.poisoned), isParked: word.has(FrameWord.parked),
      references: Int(frames.references(frame).atRest))
  }

  /// True if a frame's word says that it lies in the zone, and nothing of a block that starts
  /// there: what most frames say.
  public func isBlank(_ frame: PageFrameNumber, in zone: Zone) -> Bool {
    let word = FrameWord(frames.word(frame).atRest)
    let starts =
      FrameWord.buddy | FrameWord.perCPU | FrameWord.allocated | FrameWord.reserved
      | FrameWord.poisoned
    return word.zone == zone.index && !word.has(starts)
  }

  /// The type of the pageblock around a frame.
  public func pageblockType(_ frame: PageFrameNumber) -> Migratetype {
    let word = pageblocks.marked(frame.index >> pageblockOrder.index).atRest
    return Migratetype(rawValue: UInt8(truncatingIfNeeded: word & 7)) ?? .unmovable
  }

  /// The blocks on one buddy list.
  public func freeList(_ zone: Zone, _ order: Order, _ type: Migratetype) -> ListWalk {
    frames.walk(
      head: zone.firstArea.head(order, type), limit: zone.spannedPages >> order.index)
  }

  /// Calls `body` for each block on one buddy list; the node whose link is wrong, nil if none is.
  public func forEachInFreeList(
    _ zone: Zone, _ order: Order, _ type: Migratetype, _ body: (PageFrameNumber) -> Void
  ) -> UInt32? {
    frames.forEach(
      head: zone.firstArea.head(order, type), limit: zone.spannedPages >> order.index, body)
  }

  /// Blocks on one buddy list, as the zone counts them.
  public func freeBlockCount(_ zone: Zone, _ order: Order, _ type: Migratetype) -> Int {
    zone.firstArea.freeBlocks(order, type).atRest
  }

  /// How many lists a CPU has in each zone.
  public static var perCPUListCount: Int { PerCPUPages.listCount }

  /// The order and type that per-CPU list `list` keeps.
  public static func perCPUList(_ list: Int) -> (order: Order, type: Migratetype) {
    if list >= 12 { return (.huge, list == 13 ? .movable : .unmovable) }
    return (PerCPUPages.order(ofList: list), Migratetype(index: list % Migratetype.perCPUCount))
  }

  /// The blocks on one per-CPU list.
  public func perCPUBlocks(cpu: Int, zone: Int, list: Int) -> ListWalk {
    let pcp = perCPUPages(cpu: cpu, zone: zone)
    return frames.walk(
      head: pcp.head(list: list), limit: self.zone(zone).spannedPages)
  }

  /// Calls `body` for each block on one per-CPU list; the node whose link is wrong, nil if none is.
  public func forEachOnPerCPUList(
    cpu: Int, zone: Int, list: Int, _ body: (PageFrameNumber) -> Void
  ) -> UInt32? {
    let pcp = perCPUPages(cpu: cpu, zone: zone)
    return frames.forEach(
      head: pcp.head(list: list), limit: self.zone(zone).spannedPages, body)
  }

  /// Calls `body` for each parked block of a zone, at rest; the node whose link is wrong, nil if
  /// none is.
  public func forEachParked(_ zone: Zone, _ body: (PageFrameNumber) -> Void) -> UInt32? {
    var first = zone.firstArea.parked.atRest
    var left = zone.spannedPages
    while first != 0 {
      let node = UInt32(truncatingIfNeeded: first - 1)
      if first > frameCount || left == 0 { return node }
      body(PageFrameNumber(node))
      first = Int(frames.nextAtRest(node))
      left -= 1
    }
    return nil
  }

  /// A CPU's lists in a zone.
  public func perCPUState(cpu: Int, zone: Int) -> PerCPUState {
    let pcp = perCPUPages(cpu: cpu, zone: zone)
    return PerCPUState(
      count: pcp.count.atRest, high: pcp.high.atRest, highMin: pcp.highMin.atRest,
      highMax: pcp.highMax.atRest, batch: pcp.batch.atRest,
      decayMax: pcp.batch.atRest &<< tunables.batchScaleMax)
  }

  /// Pages on the buddy lists of a zone, as it counts them; at any time.
  public func freePageCount(_ zone: Zone) -> Int { zone.freePages.atRest }

  /// Of those, pages in blocks of a pageblock or more; at any time.
  public func freeInBlocksCount(_ zone: Zone) -> Int { zone.freePagesBlocks.atRest }

  /// Pages in high-atomic pageblocks, as a zone counts them; at any time.
  public func reservedHighAtomicCount(_ zone: Zone) -> Int { zone.reservedHighAtomic.atRest }

  /// Of the free pages, those on high-atomic lists; at any time.
  public func freeHighAtomicCount(_ zone: Zone) -> Int { zone.freeHighAtomic.atRest }

  /// What fragmentation added to a zone's watermarks; at any time.
  public func watermarkBoost(_ zone: Zone) -> Int { zone.watermarkBoost.atRest }

  /// A zone's counters.
  public func counters(_ zone: Zone) -> ZoneCounters {
    let orders = (0..<Order.count).map { order in
      Migratetype.allCases.map { zone.firstArea.freeBlocks(Order(order), $0).atRest }
    }
    return ZoneCounters(
      free: zone.freePages.atRest, freeInBlocks: zone.freePagesBlocks.atRest,
      freeHighAtomic: zone.freeHighAtomic.atRest,
      reservedHighAtomic: zone.reservedHighAtomic.atRest,
      watermarks: WatermarkLevel.allCases.map { zone.watermark($0).atRest },
      boost: zone.watermarkBoost.atRest, freeBlocks: orders)
  }

  /// The start of each pageblock of a zone, with its type.
  public func forEachPageblock(_ zone: Zone, _ body: (PageFrameNumber, Migratetype) -> Void) {
    var frame = zone.start.alignedDown(to: pageblockOrder)
    while frame < zone.end {
      body(frame, pageblockType(frame))
      frame = frame.advanced(by: pageblockOrder.pages)
    }
  }
}
