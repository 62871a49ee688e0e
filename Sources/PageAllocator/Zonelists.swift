// In which order zones are tried: the own node's from the least restricted down, then the next
// node's.
//
// Models  build_zonelists(), mm/page_alloc.c, 7.3.
// Omits   Distances other than "own" and "other"; rebuilding.

import Machine

/// The zonelists of all nodes.
struct Zonelists: BitwiseCopyable {
  private let entries: Table<UInt8>
  /// Bytes of a row: its length, then at most 16 zones.
  private static var stride: Int { 32 }

  init(in arena: Arena, zones: [Zone], nodeCount: Int) {
    entries = arena.table(of: UInt8.self, count: nodeCount * 4 * Self.stride)
    for node in 0..<nodeCount {
      for kind in ZoneKind.allCases {
        let base = (node * 4 + kind.rawValue) * Self.stride
        let order = Self.order(zones, from: node, nodeCount, highest: kind)
        entries[base] = UInt8(order.count)
        for (position, zone) in order.enumerated() { entries[base + 1 + position] = UInt8(zone) }
      }
    }
  }

  /// How many zones an allocation of `highest` from `node` may come from.
  @inline(__always) func count(node: Int, highest: ZoneKind) -> Int {
    Int(entries[(node &* 4 &+ highest.rawValue) &* Self.stride])
  }

  /// The number of the zone tried at `position`.
  @inline(__always) func zone(node: Int, highest: ZoneKind, _ position: Int) -> Int {
    Int(entries[(node &* 4 &+ highest.rawValue) &* Self.stride &+ 1 &+ position])
  }

  private static func order(
    _ zones: [Zone], from node: Int, _ nodeCount: Int, highest: ZoneKind
  ) -> [Int] {
    var order: [Int] = []
    for step in 0..<nodeCount {
      let here = (node + step) % nodeCount
      let own = zones.filter {
        $0.node == here && $0.kind.rawValue <= highest.rawValue && $0.managedPages > 0
      }
      order += own.sorted { $0.kind.rawValue > $1.kind.rawValue }.map(\.index)
    }
    return order
  }
}
