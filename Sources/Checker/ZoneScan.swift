// A full look at an allocator at rest: every list walked, every frame found, counters added up.
//
// Rule    What is looked at may be broken in any way: walks are bounded, numbers checked before
//         they are used, and nothing is believed that two places do not agree on.

import Machine
import PageAllocator

/// What a scan found in one zone, in pages.
public struct ZoneTally: Sendable, Equatable {
  /// On buddy lists.
  public var free = 0
  /// Of those, in blocks of a pageblock or more.
  public var freeInBlocks = 0
  /// Of those, on high-atomic lists.
  public var freeHighAtomic = 0
  /// On per-CPU lists.
  public var perCPU = 0
  /// Freed, and waiting for somebody with the zone lock.
  public var parked = 0
  /// Held by callers.
  public var allocated = 0
  /// Out of service.
  public var offlined = 0
  /// Not memory of the allocator.
  public var reserved = 0
  /// In no place.
  public var lost = 0
  /// Free blocks of each order.
  public var blocks: [Int]

  /// Nothing found.
  public init() { self.init(blocks: [Int](repeating: 0, count: Order.count)) }

  /// Forgets what was found, and keeps the memory that it took.
  mutating func clear() {
    var counts = blocks
    blocks = []
    for order in counts.indices { counts[order] = 0 }
    self = ZoneTally(blocks: counts)
  }

  private init(blocks: [Int]) { self.blocks = blocks }
}

/// The judge of an allocator at rest: no CPU is inside it, no lock is held.
///
/// One byte a frame of memory of its own.
public final class ZoneScan {
  /// The allocator.
  public let allocator: PageAllocator
  /// The machine that it is on.
  public let machine: Machine
  let ledger: OwnershipLedger?
  let watch: ReserveWatch?
  let grants: GrantJudge?
  let types: ListTypeWatch?
  let map: FrameMap
  let zones: [Zone]
  /// Held by somebody at the start; nil if nothing was.
  private(set) var liveAtStart: FrameMap?
  private(set) var startTallies: [ZoneTally]?
  var collector = FindingCollector(.zoneScan)
  /// What counters were when the schedule began whose end is scanned; empty for zero.
  private var countsAtStart: [UInt64] = []
  /// Blocks that each CPU put on its lists while it must not wait, when that schedule began.
  private(set) var noLockFreesAtStart: [UInt64] = []
  /// The same since then, at the last scan.
  var noLockFreesNow: [Int] = []
  /// The lengths of per-CPU lists as the last scan found them, by zone, then by CPU.
  var lengths: [ListLength] = []
  /// The same at the start; empty for none.
  private(set) var lengthsAtStart: [ListLength] = []
  /// What the last scan found in each zone.
  public internal(set) var tallies: [ZoneTally] = []
  /// True once the scan met two free buddies that the rules of types let be one block.
  var hasMergeable = false

  /// True if the last scan found nothing wrong and all free memory merged as far as types allow.
  ///
  /// Then each block on a list is whole, and of two blocks that could be merged the smallest pair
  /// would be buddies of one order: the scan met none.
  var isMerged: Bool { collector.findings.isEmpty && !hasMergeable }

  /// A scan of `allocator`.
  ///
  /// - Parameters:
  ///   - ledger: what every frame is compared with, if it has listened from the start.
  ///   - watch: which blocks may lie unmerged; without it, once a pageblock left the reserve, none
  ///     of a pageblock or more is told of.
  ///   - grants: what counters are compared with, if it has listened from the start.
  ///   - types: which blocks may be on per-CPU lists of which types, if it has listened from the
  ///     start; without it they may be on any.
  public init(
    _ allocator: PageAllocator, _ machine: Machine, ledger: OwnershipLedger? = nil,
    watch: ReserveWatch? = nil, grants: GrantJudge? = nil, types: ListTypeWatch? = nil
  ) {
    precondition(
      ledger.map { $0.frameCount >= allocator.frameCount } ?? true,
      "the ledger knows all frames of the allocator that is scanned")
    self.allocator = allocator
    self.machine = machine
    self.ledger = ledger
    self.watch = watch
    self.grants = grants
    self.types = types
    map = FrameMap(frameCount: allocator.frameCount)
    zones = (0..<allocator.zoneCount).map(allocator.zone)
    tallies = zones.map { _ in ZoneTally() }
  }

  /// Bytes that a scan of so many frames takes, with what was in use at the start.
  public static func byteCount(frameCount: Int) -> Int {
    2 * FrameMap.byteCount(frameCount: frameCount)
  }

  /// Takes the allocator as it is for the start: what is held now is no leak.
  ///
  /// Call it when all counters are zero; without it the start is a machine with all memory free.
  public func captureStart() {
    _ = scan()
    startTallies = tallies
    lengthsAtStart = lengths
    liveAtStart = nil
    if tallies.allSatisfy({ $0.allocated == 0 }) { return }
    let live = FrameMap(frameCount: allocator.frameCount)
    for zone in zones {
      forEachFrame(zone) { if map[$0] == .allocated { live[$0] = .allocated } }
    }
    liveAtStart = live
  }

  /// Takes the counters as they are for zero: another schedule begins on the machine as it was at
  /// the start.
  public func beginSchedule() {
    if countsAtStart.isEmpty {
      countsAtStart = [UInt64](repeating: 0, count: CounterID.count)
    }
    for counter in Self.counters {
      countsAtStart[Int(counter.rawValue)] = machine.total(counter)
    }
    noLockFreesAtStart.removeAll(keepingCapacity: true)
    for cpu in 0..<machine.cpuCount { noLockFreesAtStart.append(noLockFrees(cpu: cpu)) }
  }

  /// The counters that a scan compares.
  private static let counters: [CounterID] =
    [
      AllocatorCounter.pgallocDma, .pgallocDma32, .pgallocNormal, .pgallocMovable, .pgfree,
      .numaHit, .numaMiss, .numaLocal, .numaOther, .numaForeign, .pathHighAtomicUnreserve,
      .pagesDrained, .pagesTakenUnderZoneLock,
    ].map(\.id)
    + [
      CheckerCounter.pagesAllocatedSeen, .pagesFreedSeen, .allocationsSeen, .grantsLocal,
      .grantsOther, .grantedDma, .grantedDma32, .grantedNormal, .grantedMovable,
      .pagesDrainedSeen, .pagesUnderZoneLockSeen,
    ].map(\.id)

  /// What was counted since the schedule began.
  func totalSinceStart(_ counter: CounterID) -> UInt64 {
    let total = machine.total(counter)
    return countsAtStart.isEmpty ? total : total &- countsAtStart[Int(counter.rawValue)]
  }

  /// Scans everything; one finding for each rule that is broken, none if all is well.
  public func scan() -> [Finding] {
    collector = FindingCollector(.zoneScan)
    map.clear()
    hasMergeable = false
    for zone in tallies.indices { tallies[zone].clear() }
    // All lists first: a frame of one zone may be on a list of another.
    for zone in zones { scanFreeLists(zone) }
    lengths.removeAll(keepingCapacity: true)
    countNoLockFrees()
    for zone in zones { scanPerCPULists(zone) }
    for zone in zones { scanParked(zone) }
    for zone in zones { sweep(zone) }
    for zone in zones { checkCounters(zone) }
    for zone in zones { checkLimits(zone) }
    checkEventCounts()
    return collector.findings
  }

  /// Looks at the per-CPU lists alone, before a drain puts right what is wrong with them.
  public func scanPerCPULists() -> [Finding] {
    collector = FindingCollector(.zoneScan)
    map.clear()
    for zone in tallies.indices { tallies[zone].clear() }
    lengths.removeAll(keepingCapacity: true)
    countNoLockFrees()
    for zone in zones { scanPerCPULists(zone) }
    return collector.findings
  }

  func forEachFrame(_ zone: Zone, _ body: (PageFrameNumber) -> Void) {
    var index = zone.start.index
    let end = min(zone.end.index, map.count)
    while index < end {
      body(PageFrameNumber(UInt32(truncatingIfNeeded: index)))
      index += 1
    }
  }

  /// Pages freed that the allocator does not count as freed yet.
  var parkedPages: Int { tallies.reduce(0) { $0 + $1.parked } }

  /// Pages held since the start of the run, by the last scan.
  var livePages: Int {
    let atStart = startTallies?.reduce(0) { $0 + $1.allocated } ?? 0
    return tallies.reduce(0) { $0 + $1.allocated } - atStart
  }
}
