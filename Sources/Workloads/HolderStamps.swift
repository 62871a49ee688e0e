// The stamps of those that hold blocks: who it is, in 13 bits, and which of its blocks, in 19.
//
// Rule    No two holders of a run have a number in common, and none is 0, which is no stamp.

/// Stamps by holder: a number to which a holder adds one of its own, within `own`.
enum HolderStamps {
  private static var ownBits: Int { 19 }
  /// The bits that tell the blocks of a holder apart.
  static var own: UInt32 { 1 << UInt32(ownBits) - 1 }
  /// Workers that a run may have.
  static var workersMax: Int { firstHandler - 1 }

  private static var firstHandler: Int { 1 << 12 }
  private static var firstPool: Int { firstHandler + 4 << 8 }
  private static var firstCacheSlot: UInt32 { 0xFFF0_0000 }

  private static func holder(_ number: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: number << ownBits)
  }

  /// Worker number `index` of a run, 0 ..< `workersMax`.
  static func worker(_ index: Int) -> UInt32 { holder(index + 1) }

  /// Handlers of kind `owner`, 0 ... 3, on a CPU.
  static func handler(_ owner: Int, cpuID: Int) -> UInt32 {
    holder(firstHandler + owner << 8 | cpuID)
  }

  /// The page pool of a CPU.
  static func pool(cpuID: Int) -> UInt32 { holder(firstPool | cpuID) }

  /// The CPU whose pool stamped a page; nil if none did.
  static func poolCPU(of stamp: UInt32) -> Int? {
    let number = Int(stamp >> UInt32(ownBits))
    return number >> 8 == firstPool >> 8 ? number & 0xFF : nil
  }

  /// A slot of the page cache, below 2^20: all of its stamp.
  static func cacheSlot(_ slot: Int) -> UInt32 {
    firstCacheSlot | UInt32(truncatingIfNeeded: slot)
  }
}
