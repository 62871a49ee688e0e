// A recording with every free resolved to its allocation, and what was counted on the way.

/// Page frames of one zone of the recorded machine.
public struct TraceZone: Equatable, Sendable {
  /// The caller's number for the zone; results name zones by position in the list, not by this.
  public var index: Int
  public var startPFN: UInt64
  /// One past the last.
  public var endPFN: UInt64

  public init(index: Int, startPFN: UInt64, endPFN: UInt64) {
    self.index = index
    self.startPFN = startPFN
    self.endPFN = endPFN
  }
}

/// A block that was allocated before the recording began and freed in it.
public struct TracePreexistingBlock: Equatable, Sendable {
  public let pfn: UInt64
  /// As it was freed, 0...15.
  public let order: UInt8
  /// Position in the list of zones.
  public let zone: Int
  /// Of the pageblock that it lies in, as far as the recording tells; else movable.
  public internal(set) var migratetype: UInt8
}

/// Pages moved in one zone by one CPU, or the sum over several.
public struct TraceZoneFlow: Equatable, Sendable {
  /// Taken from the buddy lists under the zone lock onto a per-CPU list.
  public var refilledPages = 0
  /// Taken from the buddy lists under the zone lock straight for a caller.
  public var directPages = 0
  /// Moved from a per-CPU list back to the buddy lists.
  public var drainedPages = 0
  /// Requests served from another migratetype's lists; events, not pages.
  public var fallbackCount = 0
  /// Handed to callers from this CPU's lists, implied allocations included.
  public var allocatedFromPerCPUPages = 0
  /// Freed by this CPU in orders that per-CPU lists hold.
  public var freedToPerCPUPages = 0

  public init() {}

  /// Pages taken under the zone lock, both ways.
  public var takenPages: Int { refilledPages + directPages }

  /// By how much this CPU's lists grew by the recording, in pages; may be negative.
  public var perCPUChange: Int {
    refilledPages + freedToPerCPUPages - drainedPages - allocatedFromPerCPUPages
  }

  static func + (left: TraceZoneFlow, right: TraceZoneFlow) -> TraceZoneFlow {
    var sum = left
    sum.refilledPages += right.refilledPages
    sum.directPages += right.directPages
    sum.drainedPages += right.drainedPages
    sum.fallbackCount += right.fallbackCount
    sum.allocatedFromPerCPUPages += right.allocatedFromPerCPUPages
    sum.freedToPerCPUPages += right.freedToPerCPUPages
    return sum
  }
}

/// Pages by CPU, zone, order and migratetype.
public struct TraceStartTable: Equatable, Sendable {
  public let cpuCount: Int
  public let zoneCount: Int
  private var pages: [Int]
  private static let orders = TraceEvent.orderMax + 1
  private static let types = TraceEvent.migratetypeMax + 1

  init(cpuCount: Int, zoneCount: Int) {
    self.cpuCount = cpuCount
    self.zoneCount = zoneCount
    pages = [Int](repeating: 0, count: cpuCount * zoneCount * Self.orders * Self.types)
  }

  /// Pages, not blocks. CPU and zone (a position in the list of zones) must be below their
  /// counts, order and migratetype in 0...15.
  public internal(set) subscript(cpu: Int, zone: Int, order: Int, migratetype: Int) -> Int {
    get { pages[position(cpu, zone, order, migratetype)] }
    set { pages[position(cpu, zone, order, migratetype)] = newValue }
  }

  private func position(_ cpu: Int, _ zone: Int, _ order: Int, _ migratetype: Int) -> Int {
    precondition(
      cpu >= 0 && cpu < cpuCount && zone >= 0 && zone < zoneCount
        && order >= 0 && order < Self.orders && migratetype >= 0 && migratetype < Self.types,
      "a start table is asked for a CPU, zone, order and migratetype that it has")
    return ((cpu * zoneCount + zone) * Self.orders + order) * Self.types + migratetype
  }
}

/// What did not fit, and what had to be inferred; all counts of events unless named otherwise.
public struct TraceResolutionCounts: Equatable, Sendable {
  public var allocations = 0
  /// Requests the kernel could not serve.
  public var failedAllocations = 0
  public var frees = 0
  /// Frees of a part of a block.
  public var partialFrees = 0
  /// Frees of blocks from before the recording.
  public var preexistingFrees = 0
  /// Bulk calls that no event told of, and their pages (order 0).
  public var impliedBulkCalls = 0
  public var impliedBulkPages = 0
  /// Blocks of order 1 and more whose allocation is missing; not from a bulk call.
  public var impliedBlocks = 0
  /// Batched free calls, and frees in them.
  public var batches = 0
  public var batchedFrees = 0
  /// `mm_page_free_batched` without its free on the same CPU and context.
  public var unmatchedBatched = 0
  /// Blocks never freed as far as the recording shows although their frames were used again:
  /// their free was lost. They stay allocated to the end.
  public var leakedSlots = 0
  /// Allocations of frames that were still allocated.
  public var allocatedWhileLive = 0
  /// Frames taken from the buddy lists, or drained to them, that were still allocated.
  public var movedWhileLive = 0
  /// Frees of a larger block than was allocated; what was allocated there is freed.
  public var oversizedFrees = 0
  /// Frees of a block a part of which was free already; not replayed.
  public var overlappingFrees = 0
  /// Frames outside all zones; not replayed.
  public var outsideZones = 0
  /// Page frame numbers that are no multiple of the block's size; not replayed.
  public var misaligned = 0
  /// Events after the first loss; resolved all the same.
  public var eventsAfterLoss = 0
  /// Lines of the first failed allocations, and of the first frees of a part of a block.
  public var failedAllocationLines: [UInt32] = []
  public var partialFreeLines: [UInt32] = []

  /// Lines that each of these lists keeps.
  static let linesKept = 16

  public init() {}
}

/// The result of `TraceResolver.resolve`.
public struct ResolvedTrace: Sendable {
  /// By CPU number, 0 to the highest that recorded an event; each in recorded order. The
  /// operation that frees a slot follows the one that fills it in recorded order, so that CPUs
  /// that wait for slots to be filled cannot wait for one another.
  public internal(set) var operations: [[ResolvedOperation]] = []
  /// Slots that the recording allocates, implied allocations last.
  public internal(set) var slotCount = 0
  /// By slot in the range of their own.
  public internal(set) var preexistingBlocks: [TracePreexistingBlock] = []
  public internal(set) var counts = TraceResolutionCounts()
  /// By CPU, then by position in the list of zones.
  public internal(set) var flows: [[TraceZoneFlow]] = []
  /// Pages allocated on a CPU that no earlier event tells of: they were on its lists at the start.
  public internal(set) var startAllocated: TraceStartTable
  /// Pages drained by a CPU that no earlier event tells of: they were on its lists, too.
  public internal(set) var startDrained: TraceStartTable

  /// Pages refilled: what a list that was refilled held at the start is known in full.
  public internal(set) var refilled: TraceStartTable

  /// The zone's flow over all CPUs; `zone` is a position in the list of zones.
  public func flow(zone: Int) -> TraceZoneFlow {
    flows.reduce(TraceZoneFlow()) { $0 + $1[zone] }
  }

  /// Pages at the start by both kinds of evidence.
  public func startPerCPU(cpu: Int, zone: Int, order: Int, migratetype: Int) -> Int {
    startAllocated[cpu, zone, order, migratetype] + startDrained[cpu, zone, order, migratetype]
  }
}
