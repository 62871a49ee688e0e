// What the ledger knows of one frame, in one word, so that it changes in one step.

import Machine
import PageAllocator

/// Whose a frame is.
public enum FrameOwnership: UInt8, CaseIterable, Sendable {
  /// The allocator's: on a list, or on its way to one.
  case free
  /// A caller's.
  case allocated
  /// Nobody's: out of service.
  case offlined
}

/// Who has, or last had, a frame.
public struct FrameOwner: Sendable, Equatable {
  /// Whose it is.
  public var ownership: FrameOwnership
  /// False if nothing has happened to it since the start.
  public var hasMoved: Bool
  /// The CPU of the last transition; 0 if there was none.
  public var cpu: Int
  /// The context of the last transition.
  public var context: ContextKind
  /// The order of the block that it was part of.
  public var order: Order
  /// Where the last transition was.
  public var site: Site
}

/// Bits 0-1 ownership, 2-3 ownership at the start, 4 moved, 8-15 CPU, 16-17 context, 20-23 order,
/// 24-31 site.  Fresh memory is a frame free from the start.
struct LedgerWord: BitwiseCopyable {
  var bits: UInt32

  @inline(__always) init(_ bits: UInt32) { self.bits = bits }

  /// A frame that was this at the start.
  static func atStart(_ ownership: FrameOwnership) -> LedgerWord {
    LedgerWord(UInt32(ownership.rawValue) | UInt32(ownership.rawValue) << 2)
  }

  /// What a transition writes, but for `startBits`.
  @inline(__always)
  static func mark(_ ownership: FrameOwnership, _ cpu: CPU, _ order: Order) -> UInt32 {
    let who = UInt32(truncatingIfNeeded: cpu.id) << 8 | UInt32(cpu.context.rawValue) << 16
    let place = UInt32(order.rawValue) << 20 | UInt32(cpu.site.rawValue) << 24
    return UInt32(ownership.rawValue) | moved | who | place
  }

  static var moved: UInt32 { 1 << 4 }

  @inline(__always) var startBits: UInt32 { bits & 0b1100 }
  @inline(__always) var hasMoved: Bool { bits & Self.moved != 0 }
  @inline(__always) func isOwned(_ ownership: FrameOwnership) -> Bool {
    bits & 3 == UInt32(ownership.rawValue)
  }

  /// The word as it was at the start.
  var restored: LedgerWord { LedgerWord(startBits | startBits >> 2) }

  var owner: FrameOwner {
    FrameOwner(
      ownership: FrameOwnership(rawValue: UInt8(truncatingIfNeeded: bits & 3)) ?? .free,
      hasMoved: hasMoved, cpu: Int(bits >> 8 & 0xFF),
      context: ContextKind(rawValue: UInt8(truncatingIfNeeded: bits >> 16 & 3)) ?? .task,
      order: Order(Int(bits >> 20 & 15)), site: Site(UInt16(truncatingIfNeeded: bits >> 24 & 0xFF)))
  }
}
