// The blocks that a zone's free pages would make if all were merged that may be.
//
// Merging never leaves the aligned region of the largest order, so each region is worked out by
// itself: a tree of halves, from single pages up.

import Machine
import PageAllocator

/// The free memory of a zone, merged as far as it goes.
struct Coalescing {
  /// Blocks of each order.
  private(set) var blocks = [Int](repeating: 0, count: Order.count)
  private let scan: ZoneScan
  private let zone: Zone
  /// Node 1 is the region, nodes 2n and 2n+1 are the halves of node n: true if wholly free and one.
  private var isWhole = [Bool](repeating: false, count: Order.max.pages * 2)

  /// Works out `zone`, as `scan` found it.
  init(_ scan: ZoneScan, _ zone: Zone) {
    self.scan = scan
    self.zone = zone
    var region = zone.start.alignedDown(to: .max)
    let regions = (zone.end.index - region.index + Order.max.pages - 1) >> Order.max.index
    for _ in 0..<regions {
      merge(region)
      region = region.advanced(by: Order.max.pages)
    }
  }

  private mutating func merge(_ region: PageFrameNumber) {
    let pages = Order.max.pages
    var freePages = 0
    for offset in 0..<pages {
      let frame = region.advanced(by: offset)
      isWhole[pages + offset] = zone.start <= frame && frame < zone.end && scan.map[frame].isBuddy
      if isWhole[pages + offset] { freePages += 1 }
    }
    if freePages == 0 { return }
    let actual = actualBlocks(region)
    for node in stride(from: pages - 1, through: 1, by: -1) {
      isWhole[node] =
        isWhole[2 * node] && isWhole[2 * node + 1] && mayMerge(region, halvesOf: node)
    }
    var best = [Int](repeating: 0, count: Order.count)
    for node in 1..<pages * 2 where isWhole[node] && (node == 1 || !isWhole[node / 2]) {
      best[Self.order(ofNode: node).index] += 1
    }
    // What left the reserve may be whole or in pageblocks: as it is, then.
    let isExcused =
      scan.hasLeftReserve(region, .max) && inPageblocks(best) == inPageblocks(actual)
    for order in 0..<Order.count { blocks[order] += isExcused ? actual[order] : best[order] }
  }

  private func actualBlocks(_ region: PageFrameNumber) -> [Int] {
    var actual = [Int](repeating: 0, count: Order.count)
    for offset in 0..<Order.max.pages {
      let frame = region.advanced(by: offset)
      if frame < zone.start || frame >= zone.end { continue }
      if let order = scan.map[frame].buddyOrder { actual[order.index] += 1 }
    }
    return actual
  }

  private static func order(ofNode node: Int) -> Order {
    Order(Order.max.index - (Int.bitWidth - 1 - node.leadingZeroBitCount))
  }

  /// Below a pageblock always; above, if the types of both halves merge.
  private func mayMerge(_ region: PageFrameNumber, halvesOf node: Int) -> Bool {
    let half = Self.order(ofNode: node).down
    if half < scan.allocator.pageblockOrder { return true }
    let place = node - (1 << (Order.max.index - half.index - 1))
    let lower = region.advanced(by: place * half.pages * 2)
    let lowerType = scan.allocator.pageblockType(lower)
    let upperType = scan.allocator.pageblockType(lower.advanced(by: half.pages))
    return lowerType.isMergeable == upperType.isMergeable
  }

  /// The blocks with those above a pageblock cut into pageblocks.
  private func inPageblocks(_ counts: [Int]) -> [Int] {
    let pageblock = scan.allocator.pageblockOrder.index
    var cut = counts
    for order in (pageblock + 1)..<max(Order.count, pageblock + 1) {
      cut[pageblock] += counts[order] << (order - pageblock)
      cut[order] = 0
    }
    return cut
  }
}
