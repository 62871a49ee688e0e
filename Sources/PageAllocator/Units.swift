// The units of the allocator: frame numbers, orders, migratetypes.  Types, so that none can be
// taken for another.

/// The number of a page frame of 4 KiB.
public struct PageFrameNumber: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// 0 ..< the frames of the machine.
  public let rawValue: UInt32

  /// Frame number `rawValue`.
  @inline(__always) public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The number as an index.
  @inline(__always) public var index: Int { Int(rawValue) }

  /// The frame `pages` further on.
  @inline(__always) public func advanced(by pages: Int) -> PageFrameNumber {
    PageFrameNumber(UInt32(truncatingIfNeeded: index &+ pages))
  }

  /// The first frame of the aligned block of `order` around this one.
  @inline(__always) public func alignedDown(to order: Order) -> PageFrameNumber {
    PageFrameNumber(rawValue & ~UInt32(order.pages &- 1))
  }

  /// The block of `order` that this one merges with.
  @inline(__always) public func buddy(at order: Order) -> PageFrameNumber {
    PageFrameNumber(rawValue ^ UInt32(order.pages))
  }

  public static func < (left: PageFrameNumber, right: PageFrameNumber) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// The size of a block: 2^order frames.
public struct Order: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// 0 ... 10.
  public let rawValue: UInt8

  /// Order `rawValue`, which is 0 ... 10.
  @inline(__always) public init(_ rawValue: Int) {
    self.rawValue = UInt8(truncatingIfNeeded: rawValue)
  }

  /// One page.
  public static var zero: Order { Order(0) }
  /// The largest block of the buddy lists: MAX_PAGE_ORDER.
  public static var max: Order { Order(10) }
  /// How many orders there are: NR_PAGE_ORDERS.
  public static var count: Int { 11 }
  /// Above this order failing is cheaper than trying: PAGE_ALLOC_COSTLY_ORDER.
  public static var costly: Order { Order(3) }
  /// A transparent huge page of 2 MiB.
  public static var huge: Order { Order(9) }

  /// 2^order.
  @inline(__always) public var pages: Int { 1 &<< Int(rawValue) }
  /// The order as an index.
  @inline(__always) public var index: Int { Int(rawValue) }
  /// The next larger order, which may be past `max`.
  @inline(__always) public var up: Order { Order(index &+ 1) }
  /// The next smaller order; must not be taken of 0.
  @inline(__always) public var down: Order { Order(index &- 1) }

  @inline(__always) public static func < (left: Order, right: Order) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// What kind of pages a pageblock holds, and so which free list a block is on.
public enum Migratetype: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case unmovable, movable, reclaimable, highAtomic

  /// How many types there are, and lists for each order.
  public static var count: Int { 4 }
  /// Types with per-CPU lists: MIGRATE_PCPTYPES.
  public static var perCPUCount: Int { 3 }

  /// The type as an index.
  @inline(__always) public var index: Int { Int(rawValue) }

  /// True for types whose blocks may merge across pageblocks of different type.
  @inline(__always) public var isMergeable: Bool { self != .highAtomic }

  /// The type number `index`, which is 0 ..< count; of a larger number only what is below counts.
  @inline(always) init(index: Int) {
    // Four cases and two bits: every value is a case.
    self = unsafe unsafeBitCast(UInt8(truncatingIfNeeded: index & 3), to: Migratetype.self)
  }

  /// Where to look when the own lists are empty, in order.
  var fallbacks: (Migratetype, Migratetype) {
    switch self {
    case .unmovable, .highAtomic: (.reclaimable, .movable)
    case .movable: (.reclaimable, .unmovable)
    case .reclaimable: (.unmovable, .movable)
    }
  }
}

/// The kinds of zone of a node, from the most to the least restricted.
public enum ZoneKind: Int, CaseIterable, Sendable, BitwiseCopyable {
  case dma, dma32, normal, movable

  /// The name in /proc/zoneinfo.
  public var name: String {
    switch self {
    case .dma: "DMA"
    case .dma32: "DMA32"
    case .normal: "Normal"
    case .movable: "Movable"
    }
  }
}
