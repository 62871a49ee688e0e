// What a request gets: a block from a zone that it allows, aligned, that leaves the reserve to who
// may use it; and nothing only where there is nothing.
//
// What a watermark check saw cannot be known later, so both judgements go by what bounds it.  Free
// pages fall only under the zone lock, and each taking is an event: so what a zone had at the check
// is at most what it had when the block was taken, and what others took since.  And what was plenty
// before and after a request that failed, with nothing done to the zone in between, was plenty all
// the time.
//
// Rule    Knows the zones and their numbers from the plan, not from the allocator.

import Machine
import PageAllocator

/// One request at a time of one context.
private struct GrantRecord: BitwiseCopyable {
  /// 1 within a bulk call: its one watermark check is for many blocks.
  var isBulk = 0
  /// The first block taken under a zone lock since the last event, one up; 0 for none.
  var taken = 0
  var takenZone = 0
  /// The most that its zone can have had free when that was asked.
  var freeAtMost = 0
  /// Pages on high-atomic lists before it was taken; -1 if the reserve changed since the last
  /// event.
  var highAtomic = 0
  /// 1 if the block was of the reserve.
  var isOfReserve = 0
  /// Zones with plenty when the scan began, a bit each; 0 if no scan has begun.
  var plenty: UInt64 = 0
}

/// The judge of what is granted and refused.
public final class GrantJudge: TracepointSubscriber, AllocatorListener {
  private let allocator: PageAllocator
  private let zones: [Zone]
  private let sizes: [ZoneSizes]
  /// What numbers of zones must not grow beyond.
  let limits: ZoneLimits
  private let contexts: Int
  /// Words of a context in a table by context and zone.
  private let stride: Int
  /// True if blocks of unknown orders are held from the start.
  private let startsInUse: Bool
  private let arena: Arena
  private let records: Table<GrantRecord>
  /// Of each zone: pages taken so far, changes of its reserve, and everything done under its lock.
  private let taken: Table<UInt64>
  private let reserves: Table<UInt64>
  private let steps: Table<UInt64>
  /// The largest order of any request so far, and of one that makes a reserve.
  private let orders: Table<UInt64>
  private static var largest: Int { 0 }
  private static var reserving: Int { 8 }
  /// Of each context and zone: `taken` and `reserves` at its last event, `steps` when its scan
  /// began, and how many of those that came since are its own.
  private let takenSeen: Table<UInt64>
  private let reservesSeen: Table<UInt64>
  private let stepsSeen: Table<UInt64>
  private let stepsOwn: Table<UInt64>

  /// A judge of `allocator`, which was made from `plan`.
  public init(_ allocator: PageAllocator, _ plan: AllocatorPlan) {
    self.allocator = allocator
    zones = (0..<allocator.zoneCount).map(allocator.zone)
    sizes = plan.sizes
    limits = ZoneLimits(plan)
    startsInUse = plan.start != nil
    contexts = plan.nodeOfCPU.count * ContextKind.allCases.count
    stride = Self.stride(zoneCount: zones.count)
    let words = contexts * stride
    arena = Arena(
      byteCount: Self.byteCount(cpuCount: plan.nodeOfCPU.count, zoneCount: zones.count))
    records = arena.table(of: GrantRecord.self, count: contexts)
    taken = arena.table(of: UInt64.self, count: zones.count * 8)
    reserves = arena.table(of: UInt64.self, count: zones.count * 8)
    steps = arena.table(of: UInt64.self, count: zones.count * 8)
    orders = arena.table(of: UInt64.self, count: 16)
    takenSeen = arena.table(of: UInt64.self, count: words)
    reservesSeen = arena.table(of: UInt64.self, count: words)
    stepsSeen = arena.table(of: UInt64.self, count: words)
    stepsOwn = arena.table(of: UInt64.self, count: words)
  }

  /// Bytes that a judge of so many CPUs' requests in so many zones takes.
  public static func byteCount(cpuCount: Int, zoneCount: Int) -> Int {
    let contexts = cpuCount * ContextKind.allCases.count
    return Arena.byteCount(of: GrantRecord.self, count: contexts)
      + 3 * Arena.byteCount(of: UInt64.self, count: zoneCount * 8)
      + Arena.byteCount(of: UInt64.self, count: 16)
      + 4 * Arena.byteCount(of: UInt64.self, count: contexts * stride(zoneCount: zoneCount))
  }

  /// Whole lines: contexts of different CPUs write side by side.
  private static func stride(zoneCount: Int) -> Int { (zoneCount + 7) & ~7 }

  /// Forgets all; no CPU is running.
  public func reset() {
    records.fill(with: GrantRecord())
    for table in [taken, reserves, steps, orders, takenSeen, reservesSeen, stepsSeen, stepsOwn] {
      table.fill(with: 0)
    }
  }

  public var judged: CheckerCounter { .grantsSeen }

  public override var kinds: [TracepointKind] {
    [
      .allocated, .zoneLocked, .drained, .fellBack, .retyped, .takenOffBuddy, .putBackBuddy,
      .scanBegins, .failed, .bulkBegin, .bulkSingle, .bulkEnd,
    ]
  }

  public override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    let context = cpu.id &* ContextKind.allCases.count &+ Int(cpu.context.rawValue)
    switch event.kind {
    case .allocated:
      judgeGrant(cpu, context, event)
      begin(context)
    case .zoneLocked:
      cpu.count(.pagesUnderZoneLockSeen, event.order.pages)
      take(context, event)
    case .takenOffBuddy: take(context, event)
    case .drained:
      cpu.count(.pagesDrainedSeen, event.order.pages)
      step(context, event.frame)
    case .fellBack, .putBackBuddy: step(context, event.frame)
    case .retyped:
      step(context, event.frame)
      let (new, old) = (event.type.index, event.value)
      let reserve = Migratetype.highAtomic.index
      if new == reserve || old == reserve, let zone = zone(of: event.frame) {
        _ = reserves.shared(zone * 8).add(1)
      }
    case .scanBegins:
      begin(context)
      records[context].plenty = plenty(event)
      lookAtSteps(context)
    case .failed:
      judgeFailure(cpu, context, event)
      begin(context)
    default:
      begin(context)
      records[context].isBulk = event.kind == .bulkBegin ? 1 : 0
    }
  }

  /// The zone around a frame by its place; nil if there is none.
  private func zone(of frame: PageFrameNumber) -> Int? {
    zones.firstIndex { $0.start <= frame && frame < $0.end }
  }

  /// A request may begin: what others take from now on may come between its check and its taking.
  private func begin(_ context: Int) {
    records[context].taken = 0
    records[context].plenty = 0
    for zone in zones.indices {
      takenSeen[context * stride + zone] = taken.shared(zone * 8).load()
      reservesSeen[context * stride + zone] = reserves.shared(zone * 8).load()
    }
  }

  private func lookAtSteps(_ context: Int) {
    for zone in zones.indices {
      stepsSeen[context * stride + zone] = steps.shared(zone * 8).load()
      stepsOwn[context * stride + zone] = 0
    }
  }

  /// Something was done under a zone's lock.
  private func step(_ context: Int, _ frame: PageFrameNumber) {
    guard let zone = zone(of: frame) else { return }
    _ = steps.shared(zone * 8).add(1)
    stepsOwn[context * stride + zone] &+= 1
  }

  /// A block was taken; holds its zone's lock.
  private func take(_ context: Int, _ event: borrowing TracepointEvent) {
    guard let zone = zone(of: event.frame) else { return }
    step(context, event.frame)
    let before = taken.shared(zone * 8).add(UInt64(event.order.pages))
    if event.kind == .takenOffBuddy || records[context].taken != 0 { return }
    let byOthers = before &- takenSeen[context * stride + zone]
    let isOfReserve = allocator.pageblockType(event.frame) == .highAtomic
    let isSteady = reserves.shared(zone * 8).load() == reservesSeen[context * stride + zone]
    records[context].taken = event.frame.index + 1
    records[context].takenZone = zone
    records[context].freeAtMost =
      allocator.freePageCount(zones[zone]) + event.order.pages + Int(truncatingIfNeeded: byOthers)
    records[context].isOfReserve = isOfReserve ? 1 : 0
    records[context].highAtomic =
      isSteady
      ? allocator.freeHighAtomicCount(zones[zone]) + (isOfReserve ? event.order.pages : 0) : -1
  }
}

extension GrantJudge {
  private func judgeGrant(_ cpu: CPU, _ context: Int, _ event: borrowing TracepointEvent) {
    let gfp = GFP(rawValue: UInt32(truncatingIfNeeded: event.value))
    let (frame, order) = (event.frame, event.order)
    guard let zone = zone(of: frame) else { return }
    count(cpu, zones[zone], order)
    if zones[zone].kind.rawValue > Self.highestKind(gfp).rawValue {
      cpu.report(CheckerRule.wrongZone.rule, .frame, frame.index, zone, Int(gfp.rawValue))
    }
    if frame.alignedDown(to: order) != frame {
      cpu.report(CheckerRule.misalignedBlock.rule, .frame, frame.index, order.index)
    }
    let mayUseReserve =
      gfp.contains(.high) || !gfp.contains(.directReclaim) && !gfp.contains(.noMemAlloc)
    raise(Self.largest, order)
    if mayUseReserve { raise(Self.reserving, order) }
    let record = records[context]
    if record.isBulk != 0 || record.taken != frame.index + 1 || record.takenZone != zone { return }
    if record.isOfReserve != 0 && !mayUseReserve {
      cpu.report(CheckerRule.reserveTaken.rule, .frame, frame.index, zone, Int(gfp.rawValue))
    }
    guard let floor = floor(sizes[zone], gfp) else { return }
    let kept = mayUseReserve ? 0 : max(record.highAtomic - reserveInFlight, 0)
    let usable = record.freeAtMost - kept
    if usable < floor + order.pages {
      cpu.report(
        CheckerRule.reserveBroken.rule, .zone, zone, usable, order.index, floor,
        Int(gfp.rawValue))
    }
  }

  /// Pages that count as free, and not yet as the reserve's, while a block of the reserve is freed:
  /// a pageblock, or a huge page from a per-CPU list.
  private var reserveInFlight: Int {
    let largest = startsInUse ? Order.huge : Order(Int(orders.shared(Self.largest).load()))
    return max(allocator.pageblockPages, largest >= .huge ? Order.huge.pages : 0)
  }

  /// The largest order of a request that could reserve, of all so far.
  var reservingOrder: Order { Order(Int(orders.shared(Self.reserving).load())) }

  private func raise(_ word: Int, _ order: Order) {
    let new = UInt64(order.index)
    var seen = orders.shared(word).load()
    while seen < new {
      let found = orders.shared(word).exchange(expected: seen, desired: new)
      if found == seen { return }
      seen = found
    }
  }

  private func count(_ cpu: CPU, _ zone: Zone, _ order: Order) {
    cpu.count(.grantsSeen)
    cpu.count(zone.node == allocator.node(ofCPU: cpu.id) ? .grantsLocal : .grantsOther)
    let first = CheckerCounter.grantedDma.rawValue
    cpu.count(CounterID(first + UInt16(zone.kind.rawValue)), order.pages)
  }

  /// The least restricted kind of zone that a request may have: gfp_zone().
  private static func highestKind(_ gfp: GFP) -> ZoneKind {
    if gfp.contains(.dma) { return .dma }
    if gfp.contains(.dma32) { return .dma32 }
    return gfp.contains(.highmem) && gfp.contains(.movable) ? .movable : .normal
  }

  /// Free pages that a request must find more than; nil if it may have all.
  private func floor(_ sizes: ZoneSizes, _ gfp: GFP) -> Int? {
    let mayHaveAll = gfp.contains(.memAlloc) && !gfp.contains(.noMemAlloc)
    if mayHaveAll { return nil }
    var mark = sizes.min
    if gfp.contains(.high) {
      mark -= mark / 2
      if !gfp.contains(.directReclaim) && !gfp.contains(.noMemAlloc) { mark -= mark / 4 }
    }
    return mark + sizes.protection[Self.highestKind(gfp).rawValue]
  }

  /// The zones that a request may have and that have plenty for it now, a bit each.
  private func plenty(_ event: borrowing TracepointEvent) -> UInt64 {
    let gfp = GFP(rawValue: UInt32(truncatingIfNeeded: event.value & 0xFFFF_FFFF))
    let (order, highest) = (event.order, Self.highestKind(gfp))
    let node = gfp.contains(.thisNode) ? event.value >> 32 : nil
    var bits: UInt64 = 0
    for (index, zone) in zones.enumerated() {
      if zone.kind.rawValue > highest.rawValue { continue }
      if let node, node != zone.node { continue }
      // Who has the lock may be in the middle of a change.
      if zone.firstArea.isLocked { continue }
      let kept =
        sizes[index].high + allocator.watermarkBoost(zone)
        + sizes[index].protection[highest.rawValue] + allocator.freeHighAtomicCount(zone)
      if allocator.freePageCount(zone) <= kept + order.pages { continue }
      if hasBlock(zone, order) { bits |= 1 << UInt64(index) }
    }
    return bits
  }

  private func hasBlock(_ zone: Zone, _ order: Order) -> Bool {
    var size = order
    while size <= .max {
      for type in [Migratetype.unmovable, .movable, .reclaimable]
      where allocator.freeBlockCount(zone, size, type) > 0 {
        return true
      }
      size = size.up
    }
    return false
  }

  private func judgeFailure(_ cpu: CPU, _ context: Int, _ event: borrowing TracepointEvent) {
    let both = records[context].plenty & plenty(event)
    for zone in zones.indices where both & (1 << UInt64(zone)) != 0 {
      let place = context * stride + zone
      if steps.shared(zone * 8).load() &- stepsSeen[place] != stepsOwn[place] { continue }
      return cpu.report(
        CheckerRule.needlessFailure.rule, .zone, zone, event.order.index,
        allocator.freePageCount(zones[zone]), sizes[zone].high, event.value & 0xFFFF_FFFF)
    }
  }
}
