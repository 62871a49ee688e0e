// The machine that a kernel describes in /proc/zoneinfo, buddyinfo and pagetypeinfo, for the model.
//
// Given   managed, present, spanned and start of each zone; the sum of `min`, from which
//         min_free_kbytes follows; the per-CPU counts and highs, and the free blocks, as they are.
// Derived every other number, by the kernel's formulas; `comparison` holds them against the file.
// Omits   Holes: a zone's frames follow one another from its start, as many as its pageblocks have.

import Machine
import PageAllocator
import Recordings

/// A machine built from what a kernel said of its own.
public struct RecordedMachine: Sendable {
  /// Zones with memory, in the order of the file.
  public let zones: [ZoneDescription]
  /// The same zones for the allocator.
  public let layouts: [ZoneLayout]
  /// CPUs that the zones list.
  public let cpuCount: Int
  /// vm.min_free_kbytes, in KiB.
  public let minFreeKBytes: Int
  /// Every zone of the file, those without memory included.
  private let all: [ZoneDescription]
  private let buddyInfo: [BuddyInfoZone]?
  private let pageTypeInfo: PageTypeInfo?

  /// Frames that a machine may have: 1 TiB of memory.
  public static let frameCountMax = 1 << 28

  /// The machine of these files.
  ///
  /// - Parameters:
  ///   - file: named in errors.
  ///   - buddyInfo: nil to take all free memory in the largest blocks.
  ///   - pageTypeInfo: nil to take all memory as movable.
  public init(
    _ zones: [ZoneDescription], file: String, buddyInfo: [BuddyInfoZone]?,
    pageTypeInfo: PageTypeInfo?
  ) throws(TraceInputError) {
    all = zones
    self.zones = zones.filter { $0.managed > 0 && Self.kind($0.name) != nil }
    self.buddyInfo = buddyInfo
    self.pageTypeInfo = pageTypeInfo
    cpuCount = (self.zones.flatMap { $0.perCPU.map(\.cpu) }.max() ?? -1) + 1
    if self.zones.isEmpty || self.zones.count > Zone.countMax {
      throw TraceInputError(
        file: file, line: 1, expected: "1 to \(Zone.countMax) zones with managed pages")
    }
    if cpuCount < 1 || cpuCount > Machine.workerCountMax {
      throw TraceInputError(
        file: file, line: 1,
        expected: "per-CPU lists of 1 to \(Machine.workerCountMax) CPUs")
    }
    layouts = try Self.makeLayouts(self.zones, pageTypeInfo, file: file)
    minFreeKBytes = Self.findMinFreeKBytes(self.zones)
  }

  /// The kind of a zone by its name; nil for Device and unknown ones.
  static func kind(_ name: String) -> ZoneKind? { ZoneKind.allCases.first { $0.name == name } }

  /// Nodes, 1 ... `Zone.nodeCountMax`.
  public var nodeCount: Int { (zones.map(\.node).max() ?? 0) + 1 }

  private static func makeLayouts(
    _ zones: [ZoneDescription], _ types: PageTypeInfo?, file: String
  ) throws(TraceInputError) -> [ZoneLayout] {
    var layouts: [ZoneLayout] = []
    var end = 0
    for zone in zones {
      let block = types?.pagesPerBlock ?? 512
      let listed = types?.blocks.first { $0.node == zone.node && $0.zone == zone.name }
      let blocks = listed?.blocks.reduce(0, +) ?? 0
      let needed = (zone.managed + block - 1) / block
      let start = max(zone.startPFN & ~(Order.max.pages - 1), end)
      guard let kind = kind(zone.name), zone.node < Zone.nodeCountMax,
        zone.managed < frameCountMax,
        blocks < frameCountMax / block, start < frameCountMax - max(blocks, needed) * block
      else {
        throw TraceInputError(
          file: file, line: 1,
          expected: "frame numbers below 2^28 and nodes 0 to \(Zone.nodeCountMax - 1)")
      }
      let spanned = max(blocks, needed) * block
      layouts.append(
        ZoneLayout(
          node: zone.node, kind: kind, start: PageFrameNumber(UInt32(start)),
          spannedPages: spanned, managedPages: zone.managed))
      end = (start + spanned + Order.max.pages - 1) & ~(Order.max.pages - 1)
    }
    return layouts
  }

  /// The smallest vm.min_free_kbytes that gives every zone the minimum that it has; what the sum of
  /// the minima says if there is none.
  private static func findMinFreeKBytes(_ zones: [ZoneDescription]) -> Int {
    let low = zones.filter { kind($0.name) != .movable }
    let lowmem = low.reduce(0) { $0 + $1.managed }
    let sum = low.reduce(0) { $0 &+ $1.min }
    if lowmem == 0 || sum < 0 || sum > frameCountMax { return 128 }
    for pages in sum...(sum + low.count)
    where low.allSatisfy({ pages * $0.managed / lowmem == $0.min }) { return pages * 4 }
    return sum * 4
  }

  /// The node of each CPU: in equal shares.
  public var nodeOfCPU: [Int] { (0..<cpuCount).map { $0 * nodeCount / cpuCount } }

  /// The tunables that the files imply, over those given.
  public func tunables(_ base: AllocatorTunables) -> AllocatorTunables {
    var tunables = base
    tunables.minFreeKBytes = minFreeKBytes
    if let types = pageTypeInfo { tunables.pageblockOrder = Order(types.pageblockOrder) }
    return tunables
  }
}

extension RecordedMachine {
  /// One number that the model computed, beside the kernel's.
  public struct Comparison: Sendable, Equatable {
    /// Node and zone: `0 Normal`.
    public let zone: String
    /// The number's name in the file.
    public let name: String
    /// What the file says.
    public let kernel: Int
    /// What the formulas give.
    public let model: Int
  }

  /// Every derived number of every zone of the file, beside the file's.
  public func comparison(_ tunables: AllocatorTunables) -> [Comparison] {
    let known = all.filter { Self.kind($0.name) != nil }
    let cpus = (0..<nodeCount).map { node in nodeOfCPU.filter { $0 == node }.count }
    let sizes = ZoneSizes.compute(
      zones: known.map { (Self.kind($0.name) ?? .normal, $0.node, $0.managed) },
      cpusOfNode: cpus, tunables)
    var rows: [Comparison] = []
    for (zone, computed) in zip(known, sizes) {
      let label = "\(zone.node) \(zone.name)"
      func row(_ name: String, _ kernel: Int, _ model: Int) {
        rows.append(Comparison(zone: label, name: name, kernel: kernel, model: model))
      }
      row("min", zone.min, computed.min)
      row("low", zone.low, computed.low)
      row("high", zone.high, computed.high)
      if let promo = zone.promo { row("promo", promo, computed.promo) }
      // The file has one more column, for the device zone; it repeats the last.
      for (kind, kernel) in zone.protection.prefix(computed.protection.count).enumerated() {
        row("protection[\(kind)]", kernel, computed.protection[kind])
      }
      for lists in zone.perCPU where zone.managed > 0 {
        row("cpu \(lists.cpu) batch", lists.batch, computed.batch)
        if let highMin = lists.highMin {
          row("cpu \(lists.cpu) high_min", highMin, computed.highMin)
        }
        if let highMax = lists.highMax {
          row("cpu \(lists.cpu) high_max", highMax, computed.highMax)
        }
      }
    }
    return rows
  }
}

extension RecordedMachine {
  /// The state of all zones at the start, with what a recording tells of the per-CPU lists.
  public func start(_ trace: ResolvedTrace?) -> [ZoneStart] {
    zones.indices.map { index in
      var start = ZoneStart()
      start.free = freeBlocks(index)
      start.perCPU = (0..<cpuCount).map { perCPUBlocks(index, cpu: $0, trace) }
      start.perCPUHigh = (0..<cpuCount).map { cpu in
        let high = zones[index].perCPU.first { $0.cpu == cpu }?.high ?? 0
        return min(max(high, 0), Self.frameCountMax)
      }
      for block in trace?.preexistingBlocks ?? []
      where block.zone == index && block.order <= Order.max.rawValue {
        start.used[Int(min(block.migratetype, 2))][Int(block.order)] += 1
      }
      start.pageblocks = pageblocks(index) ?? likelyPageblocks(index, start)
      return start
    }
  }

  /// The kernel's types that the model has, by the names of /proc/pagetypeinfo.
  private static let typeNames: [(String, Migratetype)] = [
    ("Unmovable", .unmovable), ("Movable", .movable), ("Reclaimable", .reclaimable),
    ("HighAtomic", .highAtomic),
  ]

  /// Pageblocks of each type; nil without pagetypeinfo.
  private func pageblocks(_ index: Int) -> [Int]? {
    let zone = zones[index]
    guard let types = pageTypeInfo,
      let row = types.blocks.first(where: { $0.node == zone.node && $0.zone == zone.name })
    else { return nil }
    var blocks = [Int](repeating: 0, count: Migratetype.count)
    for (name, type) in Self.typeNames {
      if let column = types.types.firstIndex(of: name), column < row.blocks.count {
        blocks[type.index] = row.blocks[column]
      }
    }
    let missing = layouts[index].spannedPages / types.pagesPerBlock - blocks.reduce(0, +)
    blocks[Migratetype.movable.index] += max(missing, 0)
    return blocks
  }

  /// As many pageblocks of each type as what is known to be of it needs, the rest movable.
  private func likelyPageblocks(_ index: Int, _ start: ZoneStart) -> [Int] {
    var pages = [Int](repeating: 0, count: Migratetype.count)
    for blocks in start.perCPU {
      for (list, count) in blocks.enumerated() {
        let (order, type) = PageAllocator.perCPUList(list)
        pages[type.index] += count * order.pages
      }
    }
    for (type, counts) in start.used.enumerated() {
      for (order, count) in counts.enumerated() { pages[type] += count << order }
    }
    let all = layouts[index].spannedPages / 512
    var blocks = [0, 0, 0, 0]
    for type in [Migratetype.unmovable, .reclaimable] {
      blocks[type.index] = min((pages[type.index] + 511) / 512, all / 4)
    }
    blocks[Migratetype.movable.index] = all - blocks.reduce(0, +)
    return blocks
  }

  private func freeBlocks(_ index: Int) -> [[Int]] {
    let zone = zones[index]
    var free = [[Int]](
      repeating: [Int](repeating: 0, count: Order.count), count: Migratetype.count)
    if let types = pageTypeInfo {
      for (name, type) in Self.typeNames {
        let row = types.free.first {
          $0.node == zone.node && $0.zone == zone.name && $0.type == name
        }
        for (order, count) in (row?.freeBlocks ?? []).prefix(Order.count).enumerated() {
          free[type.index][order] = min(max(count, 0), Self.frameCountMax >> order)
        }
      }
    } else if let row = buddyInfo?.first(where: { $0.node == zone.node && $0.zone == zone.name }) {
      for (order, count) in row.freeBlocks.prefix(Order.count).enumerated() {
        free[Migratetype.movable.index][order] = min(max(count, 0), Self.frameCountMax >> order)
      }
    } else {
      let pages = min(max(zone.freePages, 0), Self.frameCountMax)
      free[Migratetype.movable.index][Order.max.index] = pages / Order.max.pages
    }
    return free
  }

  /// The first zone whose free blocks are not those of its zoneinfo, with the pages that both say;
  /// nil if the files belong together.
  ///
  /// They are read one after another, so a small difference is none.
  public var mismatch: (zone: String, inBlocks: Int, inZoneInfo: Int)? {
    for index in zones.indices where buddyInfo != nil || pageTypeInfo != nil {
      let zone = zones[index]
      let pages = freeBlocks(index).reduce(0) { sum, orders in
        sum + orders.enumerated().reduce(0) { $0 + $1.element << $1.offset }
      }
      let free = min(max(zone.freePages, 0), Self.frameCountMax)
      if abs(pages - free) > max(zone.managed / 16, 2048) {
        return ("\(zone.node) \(zone.name)", pages, zone.freePages)
      }
    }
    return nil
  }

  /// Blocks on each list of a CPU: what the recording shows of them, and the rest of the file's
  /// count on a list that the recording never refilled.
  ///
  /// A list that was refilled had been empty, so what it held at the start was all seen.
  private func perCPUBlocks(_ index: Int, cpu: Int, _ trace: ResolvedTrace?) -> [Int] {
    var blocks = [Int](repeating: 0, count: PageAllocator.perCPUListCount)
    let listed = zones[index].perCPU.first { $0.cpu == cpu }?.count ?? 0
    var left = min(max(listed, 0), Self.frameCountMax)
    for list in blocks.indices {
      let (order, type) = PageAllocator.perCPUList(list)
      let seen = trace?.startPages(cpu, index, order.index, type.index) ?? 0
      let pages = min(seen, left)
      blocks[list] = pages / order.pages
      left -= blocks[list] * order.pages
    }
    let rest = Self.restLists.first { list in
      let (order, type) = PageAllocator.perCPUList(list)
      return (trace?.refilledPages(cpu, index, order.index, type.index) ?? 0) == 0
    }
    let list = rest ?? Self.restLists[0]
    blocks[list] += left / PageAllocator.perCPUList(list).order.pages
    return blocks
  }

  /// Lists by how likely they are to hold what nobody touches: small movable ones first.
  private static let restLists = [1, 2, 0, 4, 7, 10, 5, 8, 11, 3, 6, 9]
}

extension ResolvedTrace {
  fileprivate func startPages(_ cpu: Int, _ zone: Int, _ order: Int, _ type: Int) -> Int {
    if cpu >= startAllocated.cpuCount || zone >= startAllocated.zoneCount { return 0 }
    return startPerCPU(cpu: cpu, zone: zone, order: order, migratetype: type)
  }

  fileprivate func refilledPages(_ cpu: Int, _ zone: Int, _ order: Int, _ type: Int) -> Int {
    if cpu >= refilled.cpuCount || zone >= refilled.zoneCount { return 0 }
    return refilled[cpu, zone, order, type]
  }
}
