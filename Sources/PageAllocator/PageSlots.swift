// An array of page slots: what bulk allocation fills and callers hold pages in.

import Machine

/// Slots that hold a frame or nothing, in a machine's memory.
///
/// Private to the context that owns it: its accesses are no scheduling points.
public struct PageSlots: BitwiseCopyable, Sendable {
  private let table: Table<UInt32>

  /// `count` empty slots in `arena`.
  public init(in arena: Arena, count: Int) {
    table = arena.table(of: UInt32.self, count: count)
  }

  /// Bytes that `count` slots take in an arena.
  public static func arenaByteCount(count: Int) -> Int {
    Arena.byteCount(of: UInt32.self, count: count)
  }

  private init(_ table: Table<UInt32>) { self.table = table }

  /// How many slots there are.
  public var count: Int { table.count }

  /// The frame in a slot; nil if it is empty.
  public subscript(index: Int) -> PageFrameNumber? {
    @inline(__always) get {
      // 0 is empty, so that fresh memory is; frames are stored one up.
      let value = table[index]
      return value == 0 ? nil : PageFrameNumber(value &- 1)
    }
    @inline(__always) nonmutating set {
      table[index] = newValue.map { $0.rawValue &+ 1 } ?? 0
    }
  }

  /// The frame in a slot of the first `count`, as the allocator reads it; nil if it is empty.
  ///
  /// Reading another slot is a finding: those are not the caller's to give.
  @inline(always) func content(_ cpu: CPU, _ index: Int, of count: Int) -> PageFrameNumber? {
    if index < 0 || index >= min(count, self.count) {
      cpu.bug(Rule(AllocatorRule.slotOutsideArray.rawValue), .slot, index, count)
    }
    return self[index]
  }

  /// The slots from `start`, `count` of them.
  public func slice(from start: Int, count: Int) -> PageSlots {
    PageSlots(table.slice(from: start, count: count))
  }

  /// Empties all slots, whatever they held.
  public func clear() { table.fill(with: 0) }
}
