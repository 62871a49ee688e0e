// The watermarks of a recorded machine, and the sysctls that they follow from.
//
// Models  __setup_per_zone_wmarks(), min_wmark_pages() and its like, mm/page_alloc.c, 7.3.

import PageAllocator
import Recordings

/// The watermarks of a zone without its boost, in pages.
struct RecordedMarks: Equatable {
  let min: Int
  /// From min to low, and from low to high.
  let gap: Int
  /// What all of them had more.
  let boost: Int
  /// True if `min` follows from the gap, and may be 3 less than it was.
  let isEstimated: Bool

  /// The marks of a zone.
  ///
  /// A kernel that prints no boost has one if min is more than four gaps, since a gap is at least a
  /// quarter of min.
  init(_ zone: ZoneDescription) {
    gap = max(zone.low - zone.min, 0)
    let boosted = zone.boost == nil && zone.min > 4 * gap + 3 && gap > 0
    boost = zone.boost.map { Swift.min($0, zone.min) } ?? (boosted ? zone.min - 4 * gap : 0)
    min = zone.min - boost
    isEstimated = boosted
  }

  init(min: Int, gap: Int, boost: Int, isEstimated: Bool = true) {
    (self.min, self.gap, self.boost, self.isEstimated) = (min, gap, boost, isEstimated)
  }

  var low: Int { min + gap }
  var high: Int { low + gap }
  var promo: Int { high + gap }
}

extension RecordedMachine {
  private var lowMemory: [(zone: ZoneDescription, marks: RecordedMarks)] {
    zip(zones, marks).filter { Self.kind($0.0.name) != .movable }.map { ($0.0, $0.1) }
  }

  /// vm.min_free_kbytes, in KiB: the smallest that gives every zone the minimum that it has; what
  /// the sum of the minima says if there is none.
  public var minFreeKBytes: Int {
    let low = lowMemory
    let lowmem = low.reduce(0) { $0 + $1.zone.managed }
    let sum = low.reduce(0) { $0 &+ $1.marks.min }
    if lowmem == 0 || sum < 0 || sum > Self.frameCountMax { return 128 }
    let exact = low.filter { !$0.marks.isEstimated }
    let known = exact.max { $0.zone.managed < $1.zone.managed }
    let first = known.map { $0.marks.min * lowmem / max($0.zone.managed, 1) } ?? sum
    let slack = known.map { lowmem / max($0.zone.managed, 1) + 1 } ?? 0
    for pages in first...(first + slack)
    where exact.allSatisfy({ pages * $0.zone.managed / lowmem == $0.marks.min }) {
      return pages * 4
    }
    return sum * 4
  }

  /// vm.watermark_scale_factor, 1 ... 3000; nil if the gaps do not tell.
  ///
  /// A gap is a quarter of the minimum, or this many ten-thousandths of the zone if that is more.
  var watermarkScaleFactor: Int? {
    let low = lowMemory.filter { $0.marks.gap > 0 }
    func fits(_ factor: Int) -> Bool {
      low.allSatisfy { zone, marks in
        let share = zone.managed * factor / 10_000
        return marks.isEstimated ? marks.gap >= share : marks.gap == max(marks.min / 4, share)
      }
    }
    if low.isEmpty || fits(10) { return nil }
    return (1...3000).first(where: fits) ?? likelyScaleFactor(low)
  }

  /// By the largest zone whose gap is more than a quarter of its minimum.
  private func likelyScaleFactor(
    _ low: [(zone: ZoneDescription, marks: RecordedMarks)]
  ) -> Int? {
    let wide = low.filter { $0.marks.gap > $0.marks.min / 4 + 1 }
    guard let (zone, marks) = wide.max(by: { $0.zone.managed < $1.zone.managed }) else {
      return nil
    }
    return min(max((marks.gap * 10_000 + zone.managed - 1) / zone.managed, 1), 3000)
  }

  /// The numbers of the files themselves, for `AllocatorPlan.givenSizes`; what a file does not tell
  /// is as computed.
  public func sizes(_ tunables: AllocatorTunables) -> [ZoneSizes] {
    let rows = computedSizes(tunables)
    return zones.indices.map { index in
      let zone = zones[index]
      var sizes = all.firstIndex(of: zone).map { rows[$0] } ?? ZoneSizes()
      (sizes.min, sizes.low) = (marks[index].min, marks[index].low)
      sizes.high = zone.high - marks[index].boost
      sizes.promo = zone.promo.map { $0 - marks[index].boost } ?? marks[index].promo
      for (kind, pages) in protectionByKind(zone) { sizes.protection[kind.rawValue] = pages }
      if let lists = zone.perCPU.first {
        sizes.batch = min(max(lists.batch, 1), AllocatorTunables.batchMax)
        sizes.highMin = lists.highMin ?? lists.high
        sizes.highMax = max(lists.highMax ?? lists.high, sizes.highMin)
      }
      return sizes
    }
  }
}
