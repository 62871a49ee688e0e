// Allocation of one block: the fast pass down to the low watermark, then the slow path.
//
// Models  __alloc_frozen_pages(), get_page_from_freelist(), prep_new_page(), mm/page_alloc.c, 7.3.
// Omits   cpusets, dirty limits, node reclaim, memcg, fault injection.
// Rule    From any context but NMI (`AllocatePagesNoLock.swift`); takes locks only by the rules of
//         `RemoveFromZone`.

import Machine

/// What stays the same during one allocation: the kernel's alloc_context.
struct AllocationRequest: BitwiseCopyable {
  let gfp: GFP
  let order: Order
  let node: Int

  @inline(always) init(_ gfp: GFP, _ order: Order, node: Int) {
    self.gfp = gfp
    self.order = order
    self.node = node
  }

  @inline(always) var type: Migratetype { gfp.migratetype }
  @inline(always) var highest: ZoneKind { gfp.highestZone }
}

extension PageAllocator {
  /// Where a request may be served from.
  @inline(always) func zonelist(_ request: AllocationRequest) -> Zonelist {
    zonelists.list(node: request.node, highest: request.highest)
  }

  /// The flags of the first pass.
  @inline(always) private func fastFlags(_ gfp: GFP, _ ofList: AllocFlags) -> AllocFlags {
    gfp.contains(.kswapdReclaim) ? ofList.union(.kswapd) : ofList
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
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func allocatePages(
    _ cpu: CPU, order: Order, _ gfp: GFP, node: Int? = nil
  ) -> PageFrameNumber? {
    if let node { return allocateAmongPoints(cpu, order, gfp, node) }
    if !cpu.maySkipPoints { return allocateAmongPoints(cpu, order, gfp, nil) }
    if order > .zero { return allocateLarge(cpu, order, gfp) }
    return allocate(cpu.skippingPoints, .zero, gfp, nil)
  }

  /// The same code for more than a page, kept apart so that it does not slow the other copy.
  @inline(never) private func allocateLarge(
    _ cpu: CPU, _ order: Order, _ gfp: GFP
  ) -> PageFrameNumber? {
    allocate(cpu.skippingPoints, order, gfp, nil)
  }

  /// The same code with its points, kept apart so that it does not slow the other copy.
  @inline(never) private func allocateAmongPoints(
    _ cpu: CPU, _ order: Order, _ gfp: GFP, _ node: Int?
  ) -> PageFrameNumber? {
    allocate(cpu, order, gfp, node)
  }

  @inline(always) private func allocate(
    _ caller: CPU, _ order: Order, _ gfp: GFP, _ node: Int?
  ) -> PageFrameNumber? {
    let cpu = caller.at(.allocPages)
    var taken: PageFrameNumber?
    if node == nil { taken = fromNearestZone(cpu, order, gfp) }
    guard let frame = taken ?? fromElsewhere(cpu.takingPoints, order, gfp, node) else {
      return nil
    }
    prepare(cpu, frame, order, gfp, for: caller)
    return frame
  }

  /// From the zone that a request of the own node would like best: what most come to.
  @inline(always) private func fromNearestZone(
    _ cpu: CPU, _ order: Order, _ gfp: GFP
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.getPageFromFreelist)
    let nearest = zonelists.nearest(cpu: cpu.id, highest: gfp.highestZone)
    if !isPlentiful(cpu, nearest, order) { return nil }
    let request = AllocationRequest(gfp, order, node: node(ofCPU: cpu.id))
    let flags = fastFlags(gfp, nearest.fastFlags)
    return removeFromZone(cpu, nearest.zone, nearest.pcp, request, flags)
  }

  /// The whole first pass, for what is not that simple, then the slow path.
  @inline(never) private func fromElsewhere(
    _ cpu: CPU, _ order: Order, _ gfp: GFP, _ node: Int?
  ) -> PageFrameNumber? {
    let request = AllocationRequest(gfp, order, node: node ?? self.node(ofCPU: cpu.id))
    let asked = Int(gfp.rawValue) | request.node << 32
    emit(cpu, .scanBegins, PageFrameNumber(0), order, request.type, asked)
    let list = zonelist(request)
    let flags = fastFlags(gfp, list.fastFlags)
    if list.zones.count > 0,
      let frame = fromFreeLists(cpu, request, flags) ?? fromSlowPath(cpu, request)
    {
      return frame
    }
    emit(cpu, .failed, PageFrameNumber(0), order, request.type, asked)
    if list.zones.count > 0 { cpu.count(.pathOutOfMemory) }
    return nil
  }

  /// The first zone of the list that may give a block, and does: get_page_from_freelist().
  @inline(always) func fromFreeLists(
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
    let list = zonelist(request)
    let zones = list.zones
    let preferredNode = list.preferred.node
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
      if let frame = removeFromZone(cpu, zone, zone.perCPUPages(cpu), request, flags) {
        countPlace(cpu, zone, request)
        return frame
      }
    }
    return nil
  }

  /// True if the zone is above its high watermark, and so above any that a first pass keeps.
  @inline(always) private func isPlentiful(
    _ cpu: CPU, _ nearest: NearestZone, _ order: Order
  ) -> Bool {
    let zone = nearest.zone
    if isBelowHigh(cpu, zone) { return false }
    let kept = boosted(cpu, zone, .high) &+ nearest.reserve
    let unusable = order.pages &- 1 &+ zone.freeHighAtomic.read(cpu)
    if zone.freePages.read(cpu) &- unusable <= kept { return false }
    return order == .zero || hasFreeBlock(cpu.takingPoints, zone, order, .none)
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

  @inline(always) private func countPlace(
    _ cpu: CPU, _ zone: Zone, _ request: AllocationRequest
  ) {
    let preferred = zonelist(request).preferred
    if zone.index == preferred.index { return }
    cpu.count(zone.node == preferred.node ? .pathZoneFallback : .pathNodeFallback)
  }

  /// Makes a block that was taken off the lists the caller's: prep_new_page().
  ///
  /// - Parameter caller: at the site that asked for the block, for those who listen.
  @inline(always) func prepare(
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
