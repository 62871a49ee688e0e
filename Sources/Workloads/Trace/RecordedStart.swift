// What the memory of a recorded machine holds at the start.

import Machine
import PageAllocator
import Recordings

extension RecordedMachine {
  /// The state of all zones at the start, with what a recording tells of the per-CPU lists.
  public func start(_ trace: ResolvedTrace?) -> [ZoneStart] {
    zones.indices.map { index in
      var start = ZoneStart()
      start.free = freeBlocks(index)
      start.watermarkBoost = marks[index].boost
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

  /// The model's type for one of the kernel's, by its name in /proc/pagetypeinfo: what the model
  /// does not have, as CMA, is movable.
  private static func type(named name: String) -> Migratetype {
    switch name {
    case "Unmovable": .unmovable
    case "Reclaimable": .reclaimable
    case "HighAtomic": .highAtomic
    default: .movable
    }
  }

  /// Pageblocks of each type; nil without pagetypeinfo.
  private func pageblocks(_ index: Int) -> [Int]? {
    let zone = zones[index]
    guard let types = pageTypeInfo,
      let row = types.blocks.first(where: { $0.node == zone.node && $0.zone == zone.name })
    else { return nil }
    var blocks = [Int](repeating: 0, count: Migratetype.count)
    for (name, count) in zip(types.types, row.blocks) {
      blocks[Self.type(named: name).index] += count
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

  /// Free blocks, `[type][order]`; a block above the largest order is several of that.
  func freeBlocks(_ index: Int) -> [[Int]] {
    let zone = zones[index]
    var free = [[Int]](
      repeating: [Int](repeating: 0, count: Order.count), count: Migratetype.count)
    func add(_ counts: [Int], _ type: Migratetype) {
      for (order, count) in counts.enumerated() {
        let fitting = min(order, Order.max.index)
        let blocks = min(max(count, 0), Self.frameCountMax >> order) << (order - fitting)
        free[type.index][fitting] += blocks
      }
    }
    if let types = pageTypeInfo {
      // Isolated pages do not count as free.
      for row in types.free
      where row.node == zone.node && row.zone == zone.name && row.type != "Isolate" {
        add(row.freeBlocks, Self.type(named: row.type))
      }
      addCapped(types, zone, &free)
    } else if let row = buddyInfo?.first(where: { $0.node == zone.node && $0.zone == zone.name }) {
      add(row.freeBlocks, .movable)
    } else {
      let pages = min(max(zone.freePages, 0), Self.frameCountMax)
      free[Migratetype.movable.index][Order.max.index] = pages / Order.max.pages
    }
    return free
  }

  /// Where the kernel stopped counting, at 100 000 blocks: as many more as zoneinfo's free pages.
  private func addCapped(_ types: PageTypeInfo, _ zone: ZoneDescription, _ free: inout [[Int]]) {
    let capped = types.free.first {
      $0.node == zone.node && $0.zone == zone.name && !$0.cappedOrders.isEmpty
    }
    guard let capped, let order = capped.cappedOrders.max(), order <= Order.max.index else {
      return
    }
    let pages = free.reduce(0) { sum, orders in
      sum + orders.enumerated().reduce(0) { $0 + $1.element << $1.offset }
    }
    free[Self.type(named: capped.type).index][order] += max(zone.freePages - pages, 0) >> order
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

  /// Lists by how likely they are to hold pages that no event names: small movable ones first.
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
