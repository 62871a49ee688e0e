// Where a scan found each frame: one byte a frame.

import Machine
import PageAllocator

/// What a scan found a frame to be.
struct FrameCell: Equatable, BitwiseCopyable {
  let rawValue: UInt8

  /// Nowhere, as far as the scan has come.
  static var nowhere: FrameCell { FrameCell(rawValue: 0) }
  /// In a block on a buddy list, not its first frame.
  static var inBuddy: FrameCell { FrameCell(rawValue: 1) }
  /// In a block on a per-CPU list.
  static var perCPU: FrameCell { FrameCell(rawValue: 2) }
  /// In a block that a caller holds.
  static var allocated: FrameCell { FrameCell(rawValue: 3) }
  /// Out of service.
  static var offlined: FrameCell { FrameCell(rawValue: 4) }
  /// Not memory of the allocator.
  static var reserved: FrameCell { FrameCell(rawValue: 5) }
  /// In a block that waits to be freed.
  static var parked: FrameCell { FrameCell(rawValue: 6) }
  /// The first of a block on a buddy list.
  static func buddyHead(_ order: Order) -> FrameCell {
    FrameCell(rawValue: 0x40 | order.rawValue)
  }

  /// The order of the buddy block that starts here; nil if none does.
  var buddyOrder: Order? { rawValue & 0x40 == 0 ? nil : Order(Int(rawValue & 15)) }
  /// In or at the start of a block on a buddy list.
  var isBuddy: Bool { rawValue == 1 || rawValue & 0x40 != 0 }
  /// On a list of any kind.
  var isFree: Bool { isBuddy || rawValue == 2 || rawValue == 6 }
}

/// The cells of all frames.
final class FrameMap {
  private let arena: Arena
  private let cells: Table<UInt8>

  init(frameCount: Int) {
    arena = Arena(byteCount: Self.byteCount(frameCount: frameCount))
    cells = arena.table(of: UInt8.self, count: frameCount)
  }

  static func byteCount(frameCount: Int) -> Int {
    Arena.byteCount(of: UInt8.self, count: frameCount)
  }

  /// Frames that it has room for.
  var count: Int { cells.count }

  /// The cell of a frame; frames outside are nowhere.
  subscript(frame: PageFrameNumber) -> FrameCell {
    @inline(__always) get {
      frame.index < cells.count ? FrameCell(rawValue: cells[frame.index]) : .nowhere
    }
    @inline(__always) set {
      if frame.index < cells.count { cells[frame.index] = newValue.rawValue }
    }
  }

  /// Puts all frames nowhere.
  func clear() { cells.fill(with: 0) }

  /// Marks a block of which no frame has been found yet; the first frame that has been, else nil.
  func mark(
    _ frame: PageFrameNumber, pages: Int, head: FrameCell, body: FrameCell
  ) -> PageFrameNumber? {
    for offset in 0..<pages where self[frame.advanced(by: offset)] != .nowhere {
      return frame.advanced(by: offset)
    }
    self[frame] = head
    for offset in 1..<max(pages, 1) { self[frame.advanced(by: offset)] = body }
    return nil
  }
}
