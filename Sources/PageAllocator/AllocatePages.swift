// Allocation of one block: the fast pass down to the low watermark, then the slow path.
//
// Models  __alloc_frozen_pages(), get_page_from_freelist(), prep_new_page(), mm/page_alloc.c, 7.3.
// Omits   cpusets, dirty limits, node reclaim, memcg, fault injection.
// Rule    From any context but NMI; takes locks only by the rules of `RemoveFromZone`.

import Machine

/// What stays the same during one allocation: the kernel's alloc_context.
struct AllocationRequest: BitwiseCopyable {
  let gfp: GFP
  let order: Order
  let type: Migratetype
  let highest: ZoneKind
  let node: Int
  let zonelist: Zonelist

  @inline(__always)
  init(_ allocator: PageAllocator, _ gfp: GFP, _ order: Order, node: Int) {
    self.gfp = gfp
    self.order = order
    self.node = node
    type = gfp.migratetype
    highest = gfp.highestZone
    zonelist = allocator.zonelists.list(node: node, highest: highest)
  }

  /// The zone that the request would like best.
  @inline(__always) var preferred: Zone { zonelist.preferred }

  /// The flags of the first pass.
  @inline(__always) var fastFlags: AllocFlags {
    gfp.contains(.kswapdReclaim) ? zonelist.fastFlags.union(.kswapd) : zonelist.fastFlags
  }
}

extension PageAllocator {
  /// Allocates 2^order contiguous frames.
  ///
  /// - Parameters:
  ///   - order: 0 ... 10.
  ///   - node: where to look first; nil for the CPU's own.
  /// - Returns: the first frame, with one reference; nil if there is no memory to be had this way.
  ///
  /// From task, softirq or hardirq; may be called with interrupts off.
  public func allocatePages(
    _ cpu: CPU, order: Order, _ gfp: GFP, node: Int? = nil
  ) -> PageFrameNumber? {
    let node = node ?? self.node(ofCPU: cpu.id)
    if cpu.maySkipPoints { return allocate(cpu.skippingPoints, order, gfp, node) }
    return allocateAmongPoints(cpu, order, gfp, node)
  }

  /// The same code with its points, kept apart so that it does not slow the other copy.
  @inline(never) private func allocateAmongPoints(
    _ cpu: CPU, _ order: Order, _ gfp: GFP, _ node: Int
  ) -> PageFrameNumber? {
    allocate(cpu, order, gfp, node)
  }

  @inline(__always) private func allocate(
    _ caller: CPU, _ order: Order, _ gfp: GFP, _ node: Int
  ) -> PageFrameNumber? {
    let cpu = caller.at(.allocPages)
    let request = AllocationRequest(self, gfp, order, node: node)
    guard
      let frame = fromPreferredZone(cpu, request) ?? fromElsewhere(cpu.takingPoints, request)
    else { return nil }
    prepare(cpu, frame, order, gfp, for: caller)
    return frame
  }

  /// From the zone that the request would like best: what most allocations come to.
  @inline(__always) private func fromPreferredZone(
    _ cpu: CPU, _ request: AllocationRequest
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.getPageFromFreelist)
    let zone = request.preferred
    if !isPlentiful(cpu, zone, request) { return nil }
    return removeFromZone(cpu, zone, request, request.fastFlags)
  }

  /// The whole first pass, for what is not that simple, then the slow path.
  @inline(never) private func fromElsewhere(
    _ cpu: CPU, _ request: AllocationRequest
  ) -> PageFrameNumber? {
    if request.zonelist.zones.count == 0 { return nil }
    if let frame = fromFreeLists(cpu, request, request.fastFlags) ?? fromSlowPath(cpu, request) {
      return frame
    }
    cpu.count(.pathOutOfMemory)
    return nil
  }

  /// The first zone of the list that may give a block, and does: get_page_from_freelist().
  @inline(__always) func fromFreeLists(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.getPageFromFreelist)
    if let frame = scanZones(cpu, request, flags) { return frame }
    if !flags.contains(.noFragment) { return nil }
    // Better a mixed pageblock than a slow path.
    cpu.count(.pathNoFragmentDropped)
    return scanZones(cpu, request, flags.subtracting(.noFragment))
  }

  @inline(never) private func scanZones(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    let zones = request.zonelist.zones
    let preferredNode = request.preferred.node
    var position = 0
    while position < zones.count {
      let zone = zones[position]
      position &+= 1
      if zone.node != preferredNode {
        if request.gfp.contains(.thisNode) { return nil }
        // A remote node is worse than a mixed pageblock.
        if flags.contains(.noFragment) { return nil }
      }
      if !mayTake(cpu, zone, request, flags) { continue }
      if let frame = removeFromZone(cpu, zone, request, flags) {
        countPlace(cpu, zone, request)
        return frame
      }
    }
    return nil
  }

  /// True if so much is free that a single page may be had whatever the low watermark: the zone is
  /// above its high one.
  @inline(__always) private func isPlentiful(
    _ cpu: CPU, _ zone: Zone, _ request: AllocationRequest
  ) -> Bool {
    if request.order != .zero || request.zonelist.zones.count == 0 || isBelowHigh(cpu, zone) {
      return false
    }
    let kept = boosted(cpu, zone, .high) &+ request.zonelist.preferredReserve
    let usable = zone.freePages.read(cpu) &- zone.freeHighAtomic.read(cpu)
    return usable > kept
  }

  /// True if the zone's watermarks let this pass have a block.
  private func mayTake(
    _ cpu: CPU, _ zone: Zone, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> Bool {
    if flags.contains(.noWatermarks) { return true }
    if !isBelowHigh(cpu, zone) {
      let high = boosted(cpu, zone, .high)
      if isAbove(cpu, zone, mark: high, request.order, highest: request.highest, flags) {
        return true
      }
      if zone.flags.setBits(cpu, Zone.Flag.belowHigh) { cpu.count(.pathBelowHigh) }
    }
    let mark = mark(cpu, zone, flags)
    return isAbove(cpu, zone, mark: mark, request.order, highest: request.highest, flags)
  }

  @inline(__always) private func countPlace(
    _ cpu: CPU, _ zone: Zone, _ request: AllocationRequest
  ) {
    if zone.index == request.preferred.index { return }
    cpu.count(
      zone.node == request.preferred.node ? .pathZoneFallback : .pathNodeFallback)
  }

  /// Makes a block that was taken off the lists the caller's: prep_new_page().
  ///
  /// - Parameter caller: at the site that asked for the block, for those who listen.
  @inline(__always) func prepare(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ gfp: GFP, for caller: CPU
  ) {
    // Told before it is checked: a ledger says whose the frame is, its word only that it is taken.
    emit(caller, .allocated, frame, order, gfp.migratetype, Int(gfp.rawValue))
    let cpu = cpu.at(.prepNewPage)
    let word = frames.word(frame)
    let old = FrameWord(word.read(cpu))
    if old.bits & (FrameWord.buddy | FrameWord.allocated) != 0 {
      cpu.bug(.badPageState, frame, Int(old.bits), 0)
    }
    var flags = FrameWord.allocated
    if gfp.contains(.compound) && order > .zero { flags |= FrameWord.compoundHead }
    if gfp.contains(.movable) { flags |= FrameWord.movable }
    word.write(cpu, old.with(flags, order))
    frames.references(frame).write(cpu, 1)
  }
}
