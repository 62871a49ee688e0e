// Which pageblocks went to or from the high-atomic reserve: only their neighbours may be left
// unmerged.
//
// A free pageblock of the reserve does not merge with ordinary ones beside it.  When it leaves the
// reserve nobody merges it: it stays apart until one of the two is used and freed again.

import Machine
import PageAllocator

/// Remembers pageblocks that the reserve took or gave back.
public final class ReserveWatch: TracepointSubscriber {
  private let arena: Arena
  private let moved: Table<UInt64>
  private let touched: Table<UInt64>
  /// Elements of `touched` in use.
  private let touchedCount: Table<UInt64>
  private let pageblockOrder: Order

  /// A watch on all pageblocks of `allocator`.
  public init(_ allocator: PageAllocator) {
    pageblockOrder = allocator.pageblockOrder
    let count = allocator.frameCount >> pageblockOrder.index + 1
    arena = Arena(byteCount: Self.byteCount(pageblocks: count))
    moved = arena.table(of: UInt64.self, count: count)
    touched = arena.table(of: UInt64.self, count: count)
    touchedCount = arena.table(of: UInt64.self, count: 1)
  }

  /// Bytes that a watch on so many pageblocks takes.
  public static func byteCount(pageblocks: Int) -> Int {
    2 * Arena.byteCount(of: UInt64.self, count: pageblocks)
      + Arena.byteCount(of: UInt64.self, count: 1)
  }

  public override var kinds: [TracepointKind] { [.retyped] }

  public override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    let old = Migratetype(rawValue: UInt8(truncatingIfNeeded: event.value))
    if event.type != .highAtomic && old != .highAtomic { return }
    let block = event.frame.index >> pageblockOrder.index
    if block >= moved.count || moved.shared(block).exchange(expected: 0, desired: 1) != 0 { return }
    // Zones have locks of their own, so two CPUs may be here.
    touched[Int(touchedCount.shared(0).add(1))] = UInt64(block)
  }

  /// True if the pageblock around a frame went to or from the reserve since the start.
  public func hasMoved(_ frame: PageFrameNumber) -> Bool {
    let block = frame.index >> pageblockOrder.index
    return block < moved.count && moved[block] != 0
  }

  /// True if a pageblock of a block did.
  func hasMoved(_ frame: PageFrameNumber, _ order: Order) -> Bool {
    var offset = 0
    while offset < order.pages {
      if hasMoved(frame.advanced(by: offset)) { return true }
      offset += pageblockOrder.pages
    }
    return false
  }

  /// Forgets all, at the cost of what moved; no CPU is running.
  public func reset() {
    for position in 0..<Int(touchedCount[0]) { moved[Int(touched[position])] = 0 }
    touchedCount[0] = 0
  }
}
