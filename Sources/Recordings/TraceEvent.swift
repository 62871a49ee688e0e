// One event of the page allocator as a kernel recorded it.
//
// The reader makes one of these for every line it understands, so a recording of some hundred
// thousand lines stays in memory; hence the 32 bytes.

/// What the recorded kernel did. The names in parentheses are the tracepoints of the kmem group.
public enum TraceEventKind: UInt8, CaseIterable, Sendable {
  /// A block was handed to a caller (`mm_page_alloc`); page frame number 0 is a failed request.
  case alloc
  /// A block was given back (`mm_page_free`).
  case free
  /// A block given back earlier was put on a per-CPU list by a batched free
  /// (`mm_page_free_batched`); it comes in addition to `free`.
  case freeBatched
  /// A block left the buddy lists under the zone lock (`mm_page_alloc_zone_locked`).
  case zoneLocked
  /// A block went from a per-CPU list back to the buddy lists (`mm_page_pcpu_drain`).
  case pcpuDrain
  /// A request was served from another migratetype's lists (`mm_page_alloc_extfrag`).
  case extfrag
}

/// The context the event was recorded in, from the column of flags.
public enum TraceContext: UInt8, CaseIterable, Sendable {
  case task
  case softirq
  /// A hardware interrupt, also one that cut into a softirq.
  case hardirq
  /// A non-maskable interrupt, also one that cut into a hardware interrupt.
  case nmi
}

/// One event, 32 bytes.
public struct TraceEvent: Equatable, Sendable {
  /// Largest CPU number that is accepted: that of the last worker of a machine.
  public static let cpuMax = 239
  /// Largest order that is accepted; kernels use 0...10, some configurations more.
  public static let orderMax = 15
  /// Largest migratetype that is accepted.
  public static let migratetypeMax = 15
  /// Page frame numbers are below this (52 bits of physical address hold no more).
  public static let pfnLimit: UInt64 = 1 << 52

  /// Stands for a time that the recording does not tell, while a line is read.
  static let noTimestamp = UInt64.max

  /// Microseconds on the recorder's clock; finer digits are cut off.
  public var timestamp: UInt64 = 0
  /// First page frame of the block, below `pfnLimit`; 0 for a failed request.
  public var pfn: UInt64 = 0
  /// Flags of the request; empty unless the kind is `alloc`.
  public var gfp: TraceGFP = []
  /// Line of the text, from 1.
  public var line: UInt32 = 0
  /// 0 ... `cpuMax`.
  public var cpu: UInt8 = 0
  public var kind: TraceEventKind
  public var context: TraceContext = .task
  /// 0...15. For `extfrag` the requested order; for `freeBatched` the kernel always prints 0.
  public var order: UInt8 = 0
  /// 0...15; 0 for the kinds that do not print it. For `extfrag` the requested one.
  public var migratetype: UInt8 = 0
  /// Names and bits of the request's flags that `TraceGFP` does not know, at most 255.
  public var unknownGFPCount: UInt8 = 0
  /// For `extfrag` the order of the block that was broken up, 0...15; else 0.
  public var fallbackOrder: UInt8 = 0
  /// For `zoneLocked`: the block went to a per-CPU list (true) or straight to a caller (false).
  public var isPerCPURefill: Bool {
    get { marks & 1 != 0 }
    set { marks = marks & ~1 | (newValue ? 1 : 0) }
  }
  /// True if the recorder's clock gave a whole number of ticks.
  var hasTicks: Bool {
    get { marks & 2 != 0 }
    set { marks = marks & ~2 | (newValue ? 2 : 0) }
  }
  private var marks: UInt8 = 0

  /// An event of the given kind with all else zero.
  public init(kind: TraceEventKind) {
    self.kind = kind
  }

  /// Pages in the block, 1...32768.
  public var pageCount: Int { 1 << Int(order) }
}
