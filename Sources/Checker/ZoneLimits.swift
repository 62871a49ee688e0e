// What a zone's numbers must not grow beyond: its boost and its high-atomic reserve.
//
// Models  The bounds of boost_watermark() and reserve_highatomic_pageblock(), mm/page_alloc.c, 7.3.

import Machine
import PageAllocator

/// The limits of each zone, from the plan.
public struct ZoneLimits: Sendable {
  /// The most that a zone's watermarks may be boosted by.
  public var boostMax: [Int]
  /// The most pages of a zone in the high-atomic reserve, made of pageblocks alone.
  public var reserveMax: [Int]
  private let pageblockPages: Int

  /// The limits of an allocator of `plan`.
  public init(_ plan: AllocatorPlan) {
    let tunables = plan.tunables
    let pageblock = tunables.pageblockOrder.pages
    pageblockPages = pageblock
    boostMax = plan.sizes.map {
      tunables.watermarkBoostFactor == 0
        ? 0 : max($0.high * tunables.watermarkBoostFactor / 10_000, pageblock)
    }
    reserveMax = plan.zones.map { zone in
      let share = zone.managedPages / 100
      if share < pageblock { return 0 }
      return (share + pageblock - 1) / pageblock * pageblock
    }
    // A recorded machine starts with what it had.
    for (index, start) in (plan.start ?? []).enumerated() where index < reserveMax.count {
      boostMax[index] = max(boostMax[index], start.watermarkBoost)
      reserveMax[index] += start.pageblocks[Migratetype.highAtomic.index] * pageblock
    }
  }

  /// The most of a zone's reserve after requests of up to `order`: the last may be of a block
  /// larger than what was left.
  func reserveMax(_ zone: Int, order: Order) -> Int {
    let limit = reserveMax[zone]
    return limit == 0 ? 0 : limit + max(order.pages - pageblockPages, 0)
  }
}

extension ZoneScan {
  /// The numbers of a zone against its limits.
  func checkLimits(_ zone: Zone) {
    guard let grants else { return }
    note(
      zone, "the boost of the watermarks", allocator.watermarkBoost(zone),
      grants.limits.boostMax[zone.index])
    note(
      zone, "the high-atomic reserve", allocator.reservedHighAtomicCount(zone),
      grants.limits.reserveMax(zone.index, order: grants.reservingOrder))
  }

  // Out of line: with the thread sanitizer the 6.3.1 compiler crashes on its caller otherwise.
  @inline(never) private func note(
    _ zone: Zone, _ name: String, _ value: Int, _ limit: Int
  ) {
    if value >= 0 && value <= limit { return }
    collector.note(
      .limitExceeded, zone.text, "In \(zone.text) \(name) is \(value); it is 0 to \(limit).")
  }
}
