// A zone at the end of a run.

/// A zone at the end of a run, in pages.
public struct ZoneOutcome: Sendable, Codable, Equatable {
  /// Its node.
  public var node: Int
  /// Its name in /proc/zoneinfo.
  public var name: String
  /// Pages that the allocator manages, and those on buddy lists.
  public var managed: Int
  public var free: Int
  /// Watermarks: min, low, high, promo.
  public var watermarks: [Int]
  /// Free blocks of orders 0 ... 10, all types.
  public var freeBlocks: [Int]

  /// A zone's state.
  public init(
    node: Int, name: String, managed: Int, free: Int, watermarks: [Int], freeBlocks: [Int]
  ) {
    self.node = node
    self.name = name
    self.managed = managed
    self.free = free
    self.watermarks = watermarks
    self.freeBlocks = freeBlocks
  }
}
