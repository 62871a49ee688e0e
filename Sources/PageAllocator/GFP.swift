// What a caller asks of an allocation besides its size: the GFP flags that matter to the model.

/// Flags of an allocation.
public struct GFP: OptionSet, Sendable, BitwiseCopyable {
  /// One bit a flag.
  public let rawValue: UInt32

  /// The flags with these bits.
  @inline(__always) public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// From ZONE_DMA only.
  public static var dma: GFP { GFP(rawValue: 1 << 0) }
  /// From ZONE_DMA32 or below.
  public static var dma32: GFP { GFP(rawValue: 1 << 1) }
  /// Also from zones that the kernel does not map: needed for ZONE_MOVABLE.
  public static var highmem: GFP { GFP(rawValue: 1 << 2) }
  /// Can be migrated or reclaimed.
  public static var movable: GFP { GFP(rawValue: 1 << 3) }
  /// Slab that shrinks.
  public static var reclaimable: GFP { GFP(rawValue: 1 << 4) }
  /// May use half of the reserve.
  public static var high: GFP { GFP(rawValue: 1 << 5) }
  /// May start I/O.
  public static var io: GFP { GFP(rawValue: 1 << 6) }
  /// May call into the filesystem.
  public static var fs: GFP { GFP(rawValue: 1 << 7) }
  /// May reclaim itself, so may sleep.
  public static var directReclaim: GFP { GFP(rawValue: 1 << 8) }
  /// Wakes kswapd.
  public static var kswapdReclaim: GFP { GFP(rawValue: 1 << 9) }
  /// No report on failure.
  public static var noWarn: GFP { GFP(rawValue: 1 << 10) }
  /// One round of reclaim at most.
  public static var noRetry: GFP { GFP(rawValue: 1 << 11) }
  /// Tries hard, but may fail.
  public static var retryMayFail: GFP { GFP(rawValue: 1 << 12) }
  /// Must not fail.
  public static var noFail: GFP { GFP(rawValue: 1 << 13) }
  /// Cleared pages.
  public static var zero: GFP { GFP(rawValue: 1 << 14) }
  /// A compound page: one reference count for the whole block.
  public static var compound: GFP { GFP(rawValue: 1 << 15) }
  /// Charged to a memory cgroup.
  public static var account: GFP { GFP(rawValue: 1 << 16) }
  /// May use all of the reserve.
  public static var memAlloc: GFP { GFP(rawValue: 1 << 17) }
  /// Must not use the reserve.
  public static var noMemAlloc: GFP { GFP(rawValue: 1 << 18) }
  /// From this node only.
  public static var thisNode: GFP { GFP(rawValue: 1 << 19) }
  /// From the nodes of the cpuset only.
  public static var hardwall: GFP { GFP(rawValue: 1 << 20) }
  /// The page will be written to.
  public static var write: GFP { GFP(rawValue: 1 << 21) }

  /// From interrupts and under spinlocks: GFP_ATOMIC.
  public static var atomic: GFP { .high | .kswapdReclaim }
  /// Without sleeping and without the reserve: GFP_NOWAIT.
  public static var noWait: GFP { .kswapdReclaim | .noWarn }
  /// Direct and background reclaim: __GFP_RECLAIM.
  public static var reclaim: GFP { .directReclaim | .kswapdReclaim }
  /// The kernel's own memory: GFP_KERNEL.
  public static var kernel: GFP { .directReclaim | .kswapdReclaim | .io | .fs }
  /// From within a filesystem: GFP_NOFS.
  public static var noFS: GFP { .directReclaim | .kswapdReclaim | .io }
  /// A user's page that can move: GFP_HIGHUSER_MOVABLE.
  public static var highUserMovable: GFP {
    .directReclaim | .kswapdReclaim | .io | .fs | .hardwall | .highmem | .movable
  }
  /// A huge page of a user, without direct reclaim: GFP_TRANSHUGE_LIGHT.
  public static var transparentHugeLight: GFP {
    .io | .fs | .hardwall | .highmem | .movable | .compound | .noMemAlloc | .noWarn
  }

  /// Both: unlike a literal of a set, without an array.
  @inline(__always) public static func | (left: GFP, right: GFP) -> GFP {
    GFP(rawValue: left.rawValue | right.rawValue)
  }

  /// The lists that the allocation comes from: gfp_migratetype().
  @inline(__always) public var migratetype: Migratetype {
    if contains(.movable) { return .movable }
    return contains(.reclaimable) ? .reclaimable : .unmovable
  }

  /// The least restricted zone it may come from: gfp_zone().
  @inline(__always) public var highestZone: ZoneKind {
    if rawValue & (GFP.dma.rawValue | GFP.dma32.rawValue) != 0 {
      return contains(.dma) ? .dma : .dma32
    }
    return contains(.highmem | .movable) ? .movable : .normal
  }
}

/// How one pass over the zonelist may go: the kernel's ALLOC_* flags.
struct AllocFlags: OptionSet, BitwiseCopyable {
  let rawValue: UInt16

  /// Down to the low watermark; without it and `watermarkHigh`, down to min.
  static var watermarkLow: AllocFlags { AllocFlags(rawValue: 1 << 0) }
  /// Down to the high watermark.
  static var watermarkHigh: AllocFlags { AllocFlags(rawValue: 1 << 1) }
  /// Without watermarks.
  static var noWatermarks: AllocFlags { AllocFlags(rawValue: 1 << 2) }
  /// Half of min is reserve that this may use: __GFP_HIGH.
  static var minReserve: AllocFlags { AllocFlags(rawValue: 1 << 3) }
  /// Cannot sleep: a quarter more.
  static var nonBlock: AllocFlags { AllocFlags(rawValue: 1 << 4) }
  /// May use the high-atomic reserve.
  static var highAtomic: AllocFlags { AllocFlags(rawValue: 1 << 5) }
  /// Must not mix types within a pageblock.
  static var noFragment: AllocFlags { AllocFlags(rawValue: 1 << 6) }
  /// Wakes kswapd.
  static var kswapd: AllocFlags { AllocFlags(rawValue: 1 << 7) }
  /// Waits for no lock: ALLOC_NOLOCK.
  static var noLock: AllocFlags { AllocFlags(rawValue: 1 << 8) }
  /// No flag.
  static var none: AllocFlags { AllocFlags(rawValue: 0) }

  /// Both: unlike a literal of a set, without an array.
  @inline(always) static func | (left: AllocFlags, right: AllocFlags) -> AllocFlags {
    AllocFlags(rawValue: left.rawValue | right.rawValue)
  }
}
