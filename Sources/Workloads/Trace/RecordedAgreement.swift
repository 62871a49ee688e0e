// Whether the files of a recorded machine belong together.

import PageAllocator
import Recordings

extension RecordedMachine {
  /// The free pages of a zone by both of its files.
  public struct Difference: Sendable, Equatable {
    /// Node and zone: `0 Normal`.
    public let zone: String
    /// Pages in the blocks that are listed; pages that zoneinfo counts.
    public let inBlocks: Int
    public let inZoneInfo: Int
  }

  /// Zones whose free blocks are not those of their zoneinfo.
  ///
  /// The files are read one after another, so on a busy machine each differs a little.
  public var differences: [Difference] {
    if buddyInfo == nil && pageTypeInfo == nil { return [] }
    return zones.indices.compactMap { index in
      let pages = freeBlocks(index).reduce(0) { sum, orders in
        sum + orders.enumerated().reduce(0) { $0 + $1.element << $1.offset }
      }
      let zone = zones[index]
      if pages == zone.freePages { return nil }
      return Difference(
        zone: "\(zone.node) \(zone.name)", inBlocks: pages, inZoneInfo: zone.freePages)
    }
  }

  /// The zone that differs most, if the files are not of one machine at one time: a zone differs by
  /// an eighth of its memory, or all of them together by a fiftieth of all memory, and by more than
  /// 8 MiB.
  public var mismatch: Difference? {
    let differences = differences
    let managed = zones.reduce(0) { $0 + $1.managed }
    let sum = differences.reduce(0) { $0 + $1.inBlocks - $1.inZoneInfo }
    let isFar =
      abs(sum) > max(managed / 50, 2048)
      || differences.contains { difference in
        let zone = zones.first { "\($0.node) \($0.name)" == difference.zone }
        return Self.distance(difference) > max((zone?.managed ?? 0) / 8, 2048)
      }
    return isFar ? differences.max { Self.distance($0) < Self.distance($1) } : nil
  }

  /// Differences that are worth a remark, a line each.
  public var differenceRemarks: [String] {
    let listed = pageTypeInfo == nil ? "buddyinfo" : "pagetypeinfo"
    return differences.filter { Self.distance($0) > 64 }.map {
      "\(listed) has \($0.inBlocks) free pages in zone \($0.zone), zoneinfo \($0.inZoneInfo):"
        + " read one after the other on a busy machine"
    }
  }

  private static func distance(_ difference: Difference) -> Int {
    abs(difference.inBlocks - difference.inZoneInfo)
  }
}
