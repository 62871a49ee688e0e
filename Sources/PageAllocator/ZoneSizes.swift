// The numbers that follow from how much memory a zone has: watermarks, reserves, list lengths.
//
// Models  setup_per_zone_wmarks(), setup_per_zone_lowmem_reserve(), zone_batchsize(),
//         zone_highsize(), calculate_min_free_kbytes(), mm/page_alloc.c, 7.3.
// Omits   Highmem.

/// What is known of a zone before it is set up.
public struct ZoneLayout: Sendable, Equatable {
  /// Its node, 0 ..< `Zone.nodeCountMax`.
  public var node: Int
  /// Its kind.
  public var kind: ZoneKind
  /// Its first frame.
  public var start: PageFrameNumber
  /// Frames from `start`, holes included.
  public var spannedPages: Int
  /// Frames that the allocator manages; at most `spannedPages`.
  public var managedPages: Int

  /// A zone's place and size.
  public init(
    node: Int, kind: ZoneKind, start: PageFrameNumber, spannedPages: Int, managedPages: Int
  ) {
    self.node = node
    self.kind = kind
    self.start = start
    self.spannedPages = spannedPages
    self.managedPages = managedPages
  }
}

/// The derived numbers of one zone, in pages.
public struct ZoneSizes: Sendable, Equatable {
  /// Watermarks.
  public var min = 0
  public var low = 0
  public var high = 0
  public var promo = 0
  /// Pages kept from requests that could have come from each kind: the file's `protection`.
  public var protection = [0, 0, 0, 0]
  /// Pages of a refill.
  public var batch = 1
  /// The bounds of the auto-tuned length of per-CPU lists.
  public var highMin = 0
  public var highMax = 0

  /// Nothing known.
  public init() {}
}

extension ZoneSizes {
  /// The numbers of all zones of a machine, in the order of `managed`.
  ///
  /// - Parameters:
  ///   - zones: kind, node and managed pages of each zone, empty ones included.
  ///   - cpusOfNode: CPUs of each node.
  public static func compute(
    zones: [(kind: ZoneKind, node: Int, managed: Int)], cpusOfNode: [Int],
    _ tunables: AllocatorTunables
  ) -> [ZoneSizes] {
    let lowmem = zones.filter { $0.kind != .movable }.reduce(0) { $0 + $1.managed }
    let minFree = tunables.minFreeKBytes ?? automaticMinFreeKBytes(lowmemPages: lowmem)
    let pagesMin = minFree / 4
    return zones.indices.map { index in
      let zone = zones[index]
      var sizes = ZoneSizes()
      sizes.setWatermarks(
        zone.kind, managed: zone.managed, lowmem: lowmem, pagesMin: pagesMin,
        scaleFactor: tunables.watermarkScaleFactor)
      sizes.protection = ZoneKind.allCases.map {
        protection(of: zone, for: $0, zones, tunables.lowmemReserveRatio)
      }
      let cpus = zone.node < cpusOfNode.count ? cpusOfNode[zone.node] : 1
      sizes.setListLengths(
        managed: zone.managed, cpus: Swift.max(cpus, 1), fraction: tunables.perCPUHighFraction)
      if let batch = tunables.perCPUBatch { sizes.batch = batch }
      if let high = tunables.perCPUHigh {
        sizes.highMin = Swift.min(tunables.perCPUHighMin ?? high, high)
        sizes.highMax = high
      }
      return sizes
    }
  }

  /// vm.min_free_kbytes of a machine: four times the root of its low memory in KiB.
  public static func automaticMinFreeKBytes(lowmemPages: Int) -> Int {
    let root = squareRoot(lowmemPages * 4 * 16)
    return Swift.min(Swift.max(root, 128), 262_144)
  }

  /// The largest integer whose square is not above `value`.
  static func squareRoot(_ value: Int) -> Int {
    if value <= 0 { return 0 }
    var low = 0
    var high = 1 << 31
    while low < high {
      let middle = low + (high - low + 1) / 2
      if middle <= value / middle { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private mutating func setWatermarks(
    _ kind: ZoneKind, managed: Int, lowmem: Int, pagesMin: Int, scaleFactor: Int
  ) {
    let share = lowmem == 0 ? 0 : pagesMin * managed / lowmem
    min = kind == .movable ? Swift.min(Swift.max(managed / 1024, 32), 128) : share
    // A movable zone's gap follows from its share of the whole, not from its small minimum.
    let gap = Swift.max(share / 4, managed * scaleFactor / 10_000)
    low = min + gap
    high = low + gap
    promo = high + gap
  }

  private static func protection(
    of zone: (kind: ZoneKind, node: Int, managed: Int), for kind: ZoneKind,
    _ zones: [(kind: ZoneKind, node: Int, managed: Int)], _ ratios: [Int]
  ) -> Int {
    let ratio = zone.kind.rawValue < ratios.count ? ratios[zone.kind.rawValue] : 0
    if kind.rawValue <= zone.kind.rawValue || ratio == 0 || zone.managed == 0 { return 0 }
    let above = zones.filter {
      $0.node == zone.node && $0.kind.rawValue > zone.kind.rawValue
        && $0.kind.rawValue <= kind.rawValue
    }
    return above.reduce(0) { $0 + $1.managed } / ratio
  }

  private mutating func setListLengths(managed: Int, cpus: Int, fraction: Int) {
    batch = Self.batch(managed: managed)
    let least = batch * 4
    if fraction > 0 {
      highMin = Swift.max(managed / fraction / cpus, least)
      highMax = highMin
    } else {
      highMin = Swift.max(low / cpus, least)
      highMax = Swift.max(managed / 8 / cpus, least)
    }
  }

  /// Pages of a refill: a quarter of a thousandth of the zone, at most 63, one less than a power of
  /// two so that batches do not favour the same cache sets.
  static func batch(managed: Int) -> Int {
    let base = Swift.min(managed >> 12, 64)
    if base <= 1 { return 1 }
    let scaled = base + base / 2
    return (1 << (Int.bitWidth - 1 - scaled.leadingZeroBitCount)) - 1
  }
}
