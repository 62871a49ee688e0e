// The flags of a recorded request.
//
// A recording prints them by name, composites included. The bits here are the positions the
// kernel has used from 5.0 to 6.x, so a request that was printed as a number reads the same;
// a number of another numbering is known by bits that do not fit (`checkNumbering`).

/// Request flags the replay can act on.
public struct TraceGFP: OptionSet, Equatable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let dma = TraceGFP(rawValue: 1 << 0)
  public static let highmem = TraceGFP(rawValue: 1 << 1)
  public static let dma32 = TraceGFP(rawValue: 1 << 2)
  public static let movable = TraceGFP(rawValue: 1 << 3)
  public static let reclaimable = TraceGFP(rawValue: 1 << 4)
  public static let high = TraceGFP(rawValue: 1 << 5)
  public static let io = TraceGFP(rawValue: 1 << 6)
  public static let fs = TraceGFP(rawValue: 1 << 7)
  public static let zero = TraceGFP(rawValue: 1 << 8)
  public static let directReclaim = TraceGFP(rawValue: 1 << 10)
  public static let kswapdReclaim = TraceGFP(rawValue: 1 << 11)
  public static let write = TraceGFP(rawValue: 1 << 12)
  public static let nowarn = TraceGFP(rawValue: 1 << 13)
  public static let retryMayfail = TraceGFP(rawValue: 1 << 14)
  public static let nofail = TraceGFP(rawValue: 1 << 15)
  public static let noretry = TraceGFP(rawValue: 1 << 16)
  public static let memalloc = TraceGFP(rawValue: 1 << 17)
  public static let comp = TraceGFP(rawValue: 1 << 18)
  public static let nomemalloc = TraceGFP(rawValue: 1 << 19)
  public static let hardwall = TraceGFP(rawValue: 1 << 20)
  public static let thisnode = TraceGFP(rawValue: 1 << 21)
  public static let account = TraceGFP(rawValue: 1 << 22)

  /// Every flag above.
  public static let all = TraceGFP(rawValue: 0x7f_fdff)

  /// Reclaim by the caller and by kswapd.
  public static let reclaim: TraceGFP = [.directReclaim, .kswapdReclaim]
  static let kernel: TraceGFP = [.reclaim, .io, .fs]
  static let user: TraceGFP = [.kernel, .hardwall]
  static let highuserMovable: TraceGFP = [.user, .highmem, .movable]
  static let hugeLight: TraceGFP = [
    .io, .fs, .hardwall, .highmem, .movable, .comp, .nomemalloc, .nowarn,
  ]

  /// The bits that no kernel has numbered otherwise.
  static let zoneBits: TraceGFP = [.dma, .highmem, .dma32, .movable]

  /// The type that the flags ask for; nil for both movable and reclaimable, which no kernel asks.
  var migratetype: UInt8? {
    if contains(.movable) { return contains(.reclaimable) ? nil : 1 }
    return contains(.reclaimable) ? 2 : 0
  }

  /// Flags of one printed name; nil when the name is none the kernel prints. Names that mean
  /// nothing to a page allocator (sanitizer and lockdep hints) are known and give no flag.
  static func flags(named name: TraceBytes) -> TraceGFP? {
    for entry in nameTable where name.isEqual(to: entry.name) { return entry.flags }
    // Up to 4.4 flags were printed without their underscores.
    for entry in nameTable where name.count + 2 == entry.name.utf8CodeUnitCount {
      if name.isTail(of: entry.name, from: 2) { return entry.flags }
    }
    return nil
  }

  private static let nameTable: [(name: StaticString, flags: TraceGFP)] = [
    ("__GFP_COMP", .comp),
    ("__GFP_NOWARN", .nowarn),
    ("__GFP_NORETRY", .noretry),
    ("__GFP_ZERO", .zero),
    ("__GFP_HIGHMEM", .highmem),
    ("__GFP_MOVABLE", .movable),
    ("__GFP_HARDWALL", .hardwall),
    ("__GFP_WRITE", .write),
    ("__GFP_ACCOUNT", .account),
    ("__GFP_NOMEMALLOC", .nomemalloc),
    ("__GFP_RECLAIMABLE", .reclaimable),
    ("__GFP_THISNODE", .thisnode),
    ("__GFP_NOFAIL", .nofail),
    ("__GFP_RETRY_MAYFAIL", .retryMayfail),
    ("__GFP_REPEAT", .retryMayfail),
    ("__GFP_MEMALLOC", .memalloc),
    ("__GFP_HIGH", .high),
    ("__GFP_ATOMIC", .high),
    ("__GFP_IO", .io),
    ("__GFP_FS", .fs),
    ("__GFP_DMA", .dma),
    ("__GFP_DMA32", .dma32),
    ("__GFP_RECLAIM", .reclaim),
    ("__GFP_DIRECT_RECLAIM", .directReclaim),
    ("__GFP_KSWAPD_RECLAIM", .kswapdReclaim),
    ("__GFP_NOLOCKDEP", []),
    ("__GFP_NO_OBJ_EXT", []),
    ("__GFP_ZEROTAGS", []),
    ("__GFP_SKIP_ZERO", []),
    ("__GFP_SKIP_KASAN", []),
    ("__GFP_COLD", []),
    ("__GFP_NOTRACK", []),
    ("__GFP_WAIT", .reclaim),
    ("__GFP_OTHER_NODE", []),
    ("__GFP_NO_KSWAPD", []),
    ("GFP_TEMPORARY", [.kernel, .reclaimable]),
    ("GFP_HIGHUSER_MOVABLE", .highuserMovable),
    ("GFP_KERNEL_ACCOUNT", [.kernel, .account]),
    ("GFP_KERNEL", .kernel),
    ("GFP_HIGHUSER", [.user, .highmem]),
    ("GFP_USER", .user),
    ("GFP_NOFS", [.reclaim, .io]),
    ("GFP_NOIO", .reclaim),
    ("GFP_NOWAIT", [.kswapdReclaim, .nowarn]),
    ("GFP_ATOMIC", [.high, .kswapdReclaim]),
    ("GFP_TRANSHUGE", [.hugeLight, .directReclaim]),
    ("GFP_TRANSHUGE_LIGHT", .hugeLight),
    ("GFP_DMA", .dma),
    ("GFP_DMA32", .dma32),
    ("none", []),
  ]
}

/// The flags of a whole printed expression, names and numbers joined by `|`.
struct TraceGFPExpression {
  var flags: TraceGFP = []
  /// Names and numbers with bits that are not known, at most 255.
  var unknownCount: UInt8 = 0
  /// True if it is one number.
  private var isNumber = false

  init(parsing text: TraceBytes) {
    var start = 0
    for index in 0...text.count where index == text.count || text[index] == UInt8(ascii: "|") {
      add(text.part(start..<index))
      start = index + 1
    }
    isNumber = TraceBytes.isDigit(text.first) && text.endOfWord(from: 0, or: 0x7C) == text.count
  }

  /// For a number that is not of this numbering, by unknown bits or because it asks for another
  /// type than the event tells: only the bits that all kernels share, in an ordinary request.
  mutating func checkNumbering(migratetype: UInt8) {
    if !isNumber { return }
    let isOwn = unknownCount == 0 && (migratetype > 2 || flags.migratetype == migratetype)
    if isOwn { return }
    unknownCount = max(unknownCount, 1)
    flags = flags.intersection(.zoneBits).union(.kernel)
  }

  private mutating func add(_ part: TraceBytes) {
    if let known = TraceGFP.flags(named: part) {
      flags.formUnion(known)
      return
    }
    var unknown = true
    if TraceBytes.isDigit(part.first) {
      if let number = part.number(below: 1 << 32) {
        let bits = TraceGFP(rawValue: UInt32(truncatingIfNeeded: number))
        flags.formUnion(bits.intersection(.all))
        unknown = !bits.isSubset(of: .all)
      }
    }
    if unknown, unknownCount < .max { unknownCount += 1 }
  }
}
