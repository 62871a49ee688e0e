// In which order zones are tried: the own node's from the least restricted down, then the next
// node's.
//
// Models  build_zonelists(), mm/page_alloc.c, 7.3.
// Omits   Distances other than "own" and "other"; rebuilding.

import Machine

/// The zones that an allocation of one node and highest kind may come from.
struct Zonelist: BitwiseCopyable {
  /// The zone that is tried first; any, if the list is empty.
  let preferred: Zone
  /// Zones in the order in which they are tried.
  let zones: Table<Zone>
  /// Pages of the preferred zone that such a request must leave.
  let preferredReserve: Int
  /// The flags of the first pass but for those of the request.
  let fastFlags: AllocFlags
}

/// What a CPU looks at first: the preferred zone of its own node's zonelist, and its lists there.
struct NearestZone: BitwiseCopyable {
  let zone: Zone
  let pcp: PerCPUPages
  /// Pages of the zone that such a request must leave; more than there can be if there is no zone.
  let reserve: Int
  /// The flags of the first pass but for those of the request.
  let fastFlags: AllocFlags
}

/// The zonelists of all nodes.
struct Zonelists: BitwiseCopyable {
  private let lists: Table<Zonelist>
  private let nearest: Table<NearestZone>

  init(
    in arena: Arena, zones: [Zone], nodeCount: Int, lowmemReserve: Table<Int>, nodeOfCPU: [Int],
    perCPU: Table<PerCPUPages>
  ) {
    lists = arena.table(of: Zonelist.self, count: nodeCount * 4)
    for node in 0..<nodeCount {
      for kind in ZoneKind.allCases {
        let order = Self.order(zones, from: node, nodeCount, highest: kind)
        let table = arena.table(of: Zone.self, count: order.count)
        for (position, zone) in order.enumerated() { table[position] = zone }
        let preferred = order.first ?? zones[0]
        var flags = AllocFlags.watermarkLow
        if Self.avoidsFragmentation(preferred, zones, nodeCount) { flags.formUnion(.noFragment) }
        lists[node * 4 + kind.rawValue] = Zonelist(
          preferred: preferred, zones: table,
          preferredReserve: lowmemReserve[preferred.index * 4 + kind.rawValue], fastFlags: flags)
      }
    }
    nearest = Self.makeNearest(in: arena, lists, nodeOfCPU, perCPU, zoneCount: zones.count)
  }

  /// Bytes that the lists take in an arena, if each zone were in all of them.
  static func arenaByteCount(zoneCount: Int, nodeCount: Int, cpuCount: Int) -> Int {
    let lists = nodeCount * ZoneKind.allCases.count
    return Arena.byteCount(of: Zonelist.self, count: lists)
      + lists * Arena.byteCount(of: Zone.self, count: zoneCount)
      + Arena.byteCount(of: NearestZone.self, count: cpuCount * ZoneKind.allCases.count)
  }

  private static func makeNearest(
    in arena: Arena, _ lists: Table<Zonelist>, _ nodeOfCPU: [Int], _ perCPU: Table<PerCPUPages>,
    zoneCount: Int
  ) -> Table<NearestZone> {
    let table = arena.table(of: NearestZone.self, count: nodeOfCPU.count * 4)
    for (cpu, node) in nodeOfCPU.enumerated() {
      for kind in 0..<4 {
        let list = lists[node * 4 + kind]
        table[cpu * 4 + kind] = NearestZone(
          zone: list.preferred, pcp: perCPU[cpu * zoneCount + list.preferred.index],
          reserve: list.zones.count == 0 ? .max / 2 : list.preferredReserve,
          fastFlags: list.fastFlags)
      }
    }
    return table
  }

  /// What CPU `cpu` looks at first for a request of its own node.
  @inline(always) func nearest(cpu: Int, highest: ZoneKind) -> NearestZone {
    nearest[cpu &* 4 &+ highest.rawValue]
  }

  /// The zonelist of a node and the highest kind that may be used.
  @inline(always) func list(node: Int, highest: ZoneKind) -> Zonelist {
    lists[node &* 4 &+ highest.rawValue]
  }

  /// True if types should not mix before lower zones were tried: alloc_flags_nofragment().
  private static func avoidsFragmentation(_ zone: Zone, _ zones: [Zone], _ nodeCount: Int) -> Bool {
    if zone.kind != .normal { return false }
    // Without a lower zone there is no other place to try first.
    return nodeCount == 1 || (zone.index > 0 && zones[zone.index - 1].node == zone.node)
  }

  private static func order(
    _ zones: [Zone], from node: Int, _ nodeCount: Int, highest: ZoneKind
  ) -> [Zone] {
    var order: [Zone] = []
    for step in 0..<nodeCount {
      let here = (node + step) % nodeCount
      let own = zones.filter {
        $0.node == here && $0.kind.rawValue <= highest.rawValue && $0.managedPages > 0
      }
      order += own.sorted { $0.kind.rawValue > $1.kind.rawValue }
    }
    return order
  }
}
