// Reads /proc/buddyinfo: how many free blocks of each order the zones of a machine have.

/// One zone's row.
public struct BuddyInfoZone: Equatable, Sendable {
  public let node: Int
  public let zone: String
  /// Free blocks (not pages) by order, 1...16 numbers.
  public let freeBlocks: [Int]
}

/// Reads the text of /proc/buddyinfo.
public enum BuddyInfoReader {
  /// Most orders that are accepted; kernels have 11 unless configured otherwise.
  public static let ordersMax = TraceEvent.orderMax + 1

  /// The zones in the order of the text, at least one, all with the same number of orders.
  /// `file` is for messages only. Throws at the first line that is no such row.
  public static func read(
    _ bytes: [UInt8], file: String
  ) throws(TraceInputError) -> [BuddyInfoZone] {
    var zones: [BuddyInfoZone] = []
    var text = ProcText(file: file)
    try text.forEachLine(of: bytes) { (text, words) throws(TraceInputError) in
      guard let name = ProcZoneName(words) else { throw text.error("`Node N, zone NAME`") }
      guard let counts = words.numbers(from: 4), counts.count >= 1, counts.count <= ordersMax
      else { throw text.error("1 to \(ordersMax) counts, each below 2^52") }
      if let first = zones.first, first.freeBlocks.count != counts.count {
        throw text.error("\(first.freeBlocks.count) counts as in the first row")
      }
      zones.append(BuddyInfoZone(node: name.node, zone: name.zone, freeBlocks: counts))
    }
    guard !zones.isEmpty else { throw text.error("a line `Node N, zone NAME`") }
    return zones
  }
}
