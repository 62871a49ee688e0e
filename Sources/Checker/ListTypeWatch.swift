// Which pageblocks may have pages on per-CPU lists of another type than their own.
//
// A free goes to the list of its pageblock's type, and a refill takes from the lists of that type.
// So a block lies on a list of another type only if its pageblock was retyped while pages of it
// were in use, or if it was stolen.  A pageblock that is retyped while all of it is free starts
// anew.
//
// Rule    Told under the zone lock.  Who has chosen a list for a page has not yet cleared its word.

import Machine
import PageAllocator

/// Remembers pageblocks whose pages may be on lists of two types.
public final class ListTypeWatch: TracepointSubscriber {
  private let allocator: PageAllocator
  private let arena: Arena
  private let mixed: Table<UInt64>

  /// A watch on all pageblocks of `allocator`, whose lists are empty.
  public init(_ allocator: PageAllocator) {
    self.allocator = allocator
    let count = allocator.frameCount >> allocator.pageblockOrder.index + 1
    arena = Arena(byteCount: Self.byteCount(pageblocks: count))
    mixed = arena.table(of: UInt64.self, count: count)
  }

  /// Bytes that a watch on so many pageblocks takes.
  public static func byteCount(pageblocks: Int) -> Int {
    Arena.byteCount(of: UInt64.self, count: pageblocks)
  }

  public override var kinds: [TracepointKind] { [.retyped, .fellBack] }

  public override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    let block = event.frame.index >> allocator.pageblockOrder.index
    if block >= mixed.count { return }
    if event.kind == .retyped {
      mixed[block] = isInUse(event.frame) ? 1 : 0
    } else if allocator.pageblockType(event.frame) == event.type {
      // The block was stolen: its pageblock stays what it is.
      mixed[block] = 1
    }
  }

  /// True if a page of the pageblock around a frame is allocated or on a per-CPU list.
  private func isInUse(_ frame: PageFrameNumber) -> Bool {
    let start = frame.alignedDown(to: allocator.pageblockOrder).index
    let end = min(start + allocator.pageblockOrder.pages, allocator.frameCount)
    return (start..<end).contains { index in
      let state = allocator.frameState(PageFrameNumber(UInt32(truncatingIfNeeded: index)))
      return state.isAllocated || state.isPerCPU
    }
  }

  /// True if a block that starts at a frame may be on per-CPU list `list`.
  func allows(_ frame: PageFrameNumber, list: Int) -> Bool {
    let block = frame.index >> allocator.pageblockOrder.index
    if block >= mixed.count || mixed[block] != 0 { return true }
    let type = allocator.pageblockType(frame)
    let kept = type == .highAtomic ? .movable : type
    let (order, listed) = PageAllocator.perCPUList(list)
    // Huge pages are movable or not.
    if order == .huge { return (listed == .movable) == (kept == .movable) }
    return listed == kept
  }

  /// Forgets all; no CPU is running.
  public func reset() { mixed.fill(with: 0) }
}
