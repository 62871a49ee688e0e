// One step of a recorded CPU, in the form that a replay carries out.

/// One operation of one CPU, fixed size, no references.
///
/// A slot is where a replay keeps the block it got, so that the free that belongs to it finds
/// it. Slots are numbered from 0 in two ranges: those that the recording allocates
/// (`ResolvedTrace.slotCount`), and those that were allocated before it began
/// (`ResolvedTrace.preexistingBlocks`), which `Flags.preexisting` marks.
public struct ResolvedOperation: Equatable, Sendable {
  public enum Kind: UInt8, Sendable {
    /// Allocate one block of `order` into `slot`.
    case allocate
    /// Allocate `pageCount` blocks of `order` into `slot` and the slots after it. No event says
    /// so; later frees do (see `TraceResolver`). More than one block only for order 0: one bulk
    /// call. The flags of the request are not known.
    case allocateBulk
    /// A request that the recorded kernel could not serve; it has no slot.
    case allocateFailed
    /// Free the whole of `slot`, which holds one block of `order`.
    case free
    /// Free the block of `order` that begins `pageOffset` pages into `slot`.
    case freePart
  }

  public struct Flags: OptionSet, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The slot counts in `ResolvedTrace.preexistingBlocks`.
    public static let preexisting = Flags(rawValue: 1)
    /// A free that was part of one batched call.
    public static let inBatch = Flags(rawValue: 2)
    /// The first of the call. The operations of the call are those `inBatch` from here to
    /// `batchEnd` in the same context; only operations of other contexts can lie between.
    public static let batchBegin = Flags(rawValue: 4)
    /// The last of the call; a call of one free has both marks.
    public static let batchEnd = Flags(rawValue: 8)
    /// Recorded after events had been lost.
    public static let afterLoss = Flags(rawValue: 16)
  }

  /// The slot of operations that have none.
  public static let noSlot = UInt32.max

  /// Microseconds on the recorder's clock. Of an implied allocation: of the free that implies it.
  public var timestamp: UInt64
  public var slot: UInt32 = ResolvedOperation.noSlot
  /// Flags of the request; empty for frees and for implied allocations.
  public var gfp: TraceGFP = []
  /// Pages into the slot's block, below 32768; 0 unless `freePart`.
  public var pageOffset: UInt16 = 0
  /// Blocks of `allocateBulk`, 1...`TraceResolver.bulkPagesMax`; else 1.
  public var pageCount: UInt16 = 1
  public var kind: Kind
  /// 0...15.
  public var order: UInt8
  /// 0...15, as requested; 0 for frees, which do not record it; of implied allocations that of the
  /// first allocation seen in their pageblock.
  public var migratetype: UInt8 = 0
  public var context: TraceContext
  public var flags: Flags = []

  init(_ kind: Kind, _ event: TraceEvent) {
    self.kind = kind
    timestamp = event.timestamp
    order = event.order
    context = event.context
  }
}
