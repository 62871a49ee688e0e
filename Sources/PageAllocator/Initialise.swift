// Sets an allocator up in a machine's memory: zones, lists, limits, and its first free blocks.
//
// Models  memmap_init(), free_area_init(), build_all_zonelists(), boot pagesets, mm/, 7.3.

import Machine

/// What an allocator is built from.
public struct AllocatorPlan: Sendable {
  /// Zones with memory, ordered by node, then by kind; they do not overlap.
  public var zones: [ZoneLayout]
  /// Nodes, 1 ... `Zone.nodeCountMax`.
  public var nodeCount: Int
  /// The node of each CPU of the machine.
  public var nodeOfCPU: [Int]
  /// Numbers that stay.
  public var tunables: AllocatorTunables
  /// The numbers of each zone, in the order of `zones`; nil for those that follow from its size.
  public var givenSizes: [ZoneSizes]?
  /// Where the memory is at the start; nil for all of it free, in the largest blocks.
  public var start: [ZoneStart]?

  /// A machine with all memory free.
  public init(
    zones: [ZoneLayout], nodeCount: Int, nodeOfCPU: [Int],
    tunables: AllocatorTunables = AllocatorTunables()
  ) {
    self.zones = zones
    self.nodeCount = nodeCount
    self.nodeOfCPU = nodeOfCPU
    self.tunables = tunables
  }

  /// One past the highest frame.
  public var frameCount: Int { zones.map { $0.start.index + $0.spannedPages }.max() ?? 0 }

  var headCount: Int {
    zones.count * (FreeArea.headCount + nodeOfCPU.count * PerCPUPages.headCount)
  }

  /// Pageblocks up to the highest frame, and one more for where it is cut.
  var pageblockCount: Int { frameCount >> tunables.pageblockOrder.index + 1 }

  /// Bytes that the allocator takes in a machine's arena: what its parts take, which are made in
  /// this order.
  public var arenaByteCount: Int {
    let lists = zones.count * nodeOfCPU.count
    return zones.count * Zone.arenaByteCount + lists * PerCPUPages.arenaByteCount
      + Arena.byteCount(of: PerCPUPages.self, count: lists)
      + Arena.byteCount(of: Zone.self, count: Zone.countMax)
      + Arena.byteCount(of: Int.self, count: nodeOfCPU.count)
      + Arena.byteCount(of: Int.self, count: zones.count * ZoneKind.allCases.count)
      + FrameTable.arenaByteCount(frameCount: frameCount, headCount: headCount)
      + Arena.byteCount(of: UInt32.self, count: frameCount)
      + Arena.byteCount(of: UInt32.self, count: pageblockCount)
      + Zonelists.arenaByteCount(
        zoneCount: zones.count, nodeCount: nodeCount, cpuCount: nodeOfCPU.count)
      + PageAllocator.stateByteCount
  }

  /// The derived numbers of each zone, or those given.
  public var sizes: [ZoneSizes] {
    if let givenSizes { return givenSizes }
    let cpus = (0..<nodeCount).map { node in nodeOfCPU.filter { $0 == node }.count }
    return ZoneSizes.compute(
      zones: zones.map { ($0.kind, $0.node, $0.managedPages) }, cpusOfNode: cpus, tunables)
  }
}

extension PageAllocator {
  /// Builds the allocator of `plan` in the memory of `machine`, which was sized for it.
  public init(_ plan: AllocatorPlan, on machine: Machine) {
    precondition(
      plan.zones.count >= 1 && plan.zones.count <= Zone.countMax,
      "1 to \(Zone.countMax) zones with memory")
    precondition(plan.nodeOfCPU.count == machine.cpuCount, "every CPU has a node")
    precondition(
      plan.tunables.perCPUProtection != .uniprocessor || machine.cpuCount == 1,
      "lists without a lock are for a machine of one CPU")
    let arena = machine.arena
    let zones = Self.makeZones(plan, machine)
    let perCPU = Self.makePerCPUPages(plan, machine, zones)
    // As many as a frame's word can name: the lists of a zone are looked for before it is checked.
    let zoneTable = arena.table(of: Zone.self, count: Zone.countMax)
    zoneTable.fill(with: zones[0])
    for zone in zones { zoneTable[zone.index] = zone }
    let nodes = arena.table(of: Int.self, count: machine.cpuCount)
    for (cpu, node) in plan.nodeOfCPU.enumerated() { nodes[cpu] = node }
    let tunables = plan.tunables
    let reserves = Self.makeReserves(plan, arena)
    unsafe state = arena.place(
      AllocatorState(
        frames: FrameTable(in: arena, frameCount: plan.frameCount, headCount: plan.headCount),
        pageblocks: arena.table(of: UInt32.self, count: plan.pageblockCount),
        zones: zoneTable, perCPU: perCPU,
        zonelists: Zonelists(
          in: arena, zones: zones, nodeCount: plan.nodeCount, lowmemReserve: reserves,
          nodeOfCPU: plan.nodeOfCPU, perCPU: perCPU),
        lowmemReserve: reserves, nodeOfCPU: nodes,
        tunables: HotTunables(
          pageblockOrder: tunables.pageblockOrder, batchScaleMax: tunables.batchScaleMax,
          watermarkBoostFactor: tunables.watermarkBoostFactor,
          groupByMobility: tunables.groupByMobility, protection: tunables.perCPUProtection,
          bulkSource: tunables.bulkSource),
        zoneCount: zones.count, nodeCount: plan.nodeCount,
        stamps: arena.table(of: UInt32.self, count: plan.frameCount)))
    nameMemory(of: machine)
    let cpu = machine.cpu(0).at(.initialise)
    for index in 0..<plan.headCount { frames.makeEmpty(cpu, frames.head(index)) }
    for (zone, sizes) in zip(zones, plan.sizes) { setLimits(cpu, zone, sizes, plan) }
    for zone in zones {
      guard let start = plan.start else {
        freeAll(cpu, zone)
        continue
      }
      var placement = StartPlacement(self, cpu, zone, start[zone.index])
      placement.place()
    }
  }

  private static func makeZones(_ plan: AllocatorPlan, _ machine: Machine) -> [Zone] {
    plan.zones.enumerated().map { index, layout in
      Zone(
        layout, on: machine, index: index, firstHead: plan.frameCount + index * FreeArea.headCount)
    }
  }

  private static func makePerCPUPages(
    _ plan: AllocatorPlan, _ machine: Machine, _ zones: [Zone]
  ) -> Table<PerCPUPages> {
    let count = machine.cpuCount * zones.count
    let table = machine.arena.table(of: PerCPUPages.self, count: count)
    for zone in zones {
      for cpu in 0..<machine.cpuCount {
        let index = cpu * zones.count + zone.index
        table[index] = PerCPUPages(
          on: machine, index: index,
          firstHead: plan.frameCount + zones.count * FreeArea.headCount
            + index * PerCPUPages.headCount)
      }
      zone.setPerCPUPages(table[zone.index])
    }
    return table
  }

  private static func makeReserves(_ plan: AllocatorPlan, _ arena: Arena) -> Table<Int> {
    let table = arena.table(of: Int.self, count: plan.zones.count * 4)
    for (index, sizes) in plan.sizes.enumerated() {
      for kind in 0..<4 { table[index * 4 + kind] = sizes.protection[kind] }
    }
    return table
  }

  private func setLimits(_ cpu: CPU, _ zone: Zone, _ sizes: ZoneSizes, _ plan: AllocatorPlan) {
    zone.watermark(.min).write(cpu, sizes.min)
    zone.watermark(.low).write(cpu, sizes.low)
    zone.watermark(.high).write(cpu, sizes.high)
    zone.watermark(.promo).write(cpu, sizes.promo)
    for id in 0..<plan.nodeOfCPU.count {
      let pcp = perCPUPages(cpu: id, zone: zone.index)
      pcp.batch.write(cpu, sizes.batch)
      pcp.highMin.write(cpu, sizes.highMin)
      pcp.highMax.write(cpu, sizes.highMax)
      let flag = plan.tunables.freeHighBatch ? PerCPUPages.Flag.freeHighBatch : 0
      pcp.flags.write(cpu, flag)
    }
  }

  /// Frees all memory of a zone in the largest blocks, all pageblocks movable, as at boot.
  private func freeAll(_ cpu: CPU, _ zone: Zone) {
    markReserved(cpu, zone, from: zone.managedPages)
    var offset = 0
    while offset < zone.managedPages {
      let frame = zone.start.advanced(by: offset)
      var order = Order.max
      while frame.alignedDown(to: order) != frame || offset + order.pages > zone.managedPages {
        order = order.down
      }
      putFree(cpu, zone, frame, order, .movable)
      offset += order.pages
    }
  }

  /// Puts a block of the start state on its list, writing only its first frame's word.
  func putFree(
    _ cpu: CPU, _ zone: Zone, _ frame: PageFrameNumber, _ order: Order, _ type: Migratetype
  ) {
    setZone(cpu, zone, frame, pages: order.pages)
    let area = zone.area(of: frame).atBoot
    if frame.alignedDown(to: tunables.pageblockOrder) == frame && order >= tunables.pageblockOrder {
      setBlockTypes(cpu, area, frame, order, type)
    } else {
      setBlockType(cpu, area, frame, type)
    }
    addToList(cpu, area, frame, order, type, atTail: true)
    account(cpu, area, order.pages, type)
  }

  /// Writes the zone's number into the words of frames; zone 0 is what fresh memory says.
  func setZone(_ cpu: CPU, _ zone: Zone, _ frame: PageFrameNumber, pages: Int) {
    if zone.index == 0 { return }
    for offset in 0..<pages {
      frames.word(frame.advanced(by: offset)).write(cpu, FrameWord.ofZone(zone.index, 0))
    }
  }

  /// Marks frames from an offset to the zone's end as not managed.
  func markReserved(_ cpu: CPU, _ zone: Zone, from offset: Int) {
    for index in offset..<max(zone.spannedPages, offset) {
      frames.word(zone.start.advanced(by: index))
        .write(cpu, FrameWord.ofZone(zone.index, FrameWord.reserved))
    }
  }
}
