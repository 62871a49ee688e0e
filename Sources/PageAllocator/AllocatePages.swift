// Allocation of one block: the fast pass down to the low watermark, then the slow path.
//
// Models  __alloc_frozen_pages(), get_page_from_freelist(), prep_new_page(), mm/page_alloc.c, 7.3.
// Omits   cpusets, dirty limits, node reclaim, memcg, fault injection.
// Rule    From any context but NMI (`AllocatePagesNoLock.swift`); takes locks only by the rules of
//         `RemoveFromZone`.

import Machine

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
    if order == .zero && node == nil {
      return perform(Allocate(AllocationRequest(self, cpu, gfp, .zero, node: nil)), cpu)
    }
    return allocateBlock(cpu, order, gfp, node: node)
  }

  /// The same for more than a page or a certain node, kept apart so that it does not slow the rest.
  @inline(never) private func allocateBlock(
    _ cpu: CPU, _ order: Order, _ gfp: GFP, node: Int?
  ) -> PageFrameNumber? {
    perform(Allocate(AllocationRequest(self, cpu, gfp, order, node: node)), cpu)
  }

  @inline(always) fileprivate func allocate<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _: P.Type
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.allocPages)
    var taken: PageFrameNumber?
    if request.isLocal { taken = fromNearestZone(cpu, request, P.self) }
    guard let frame = taken ?? fromElsewhere(cpu.takingPoints, request, P.self) else {
      return nil
    }
    prepare(cpu, frame, request)
    return frame
  }

  /// From the zone that a request of the own node would like best: what most come to.
  @inline(always) private func fromNearestZone<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _: P.Type
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.getPageFromFreelist)
    let nearest = zonelists.nearest(cpu: cpu.id, highest: request.highest)
    if !isPlentiful(cpu, nearest, request.order) { return nil }
    let flags = fastFlags(request.gfp, nearest.fastFlags)
    return removeFromZone(cpu, nearest.zone, nearest.pcp, request, flags, P.self)
  }

  /// The flags of the first pass.
  @inline(always) private func fastFlags(_ gfp: GFP, _ ofList: AllocFlags) -> AllocFlags {
    gfp.contains(.kswapdReclaim) ? ofList.union(.kswapd) : ofList
  }

  /// The whole first pass, for what is not that simple, then the slow path.
  @inline(never) private func fromElsewhere<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _: P.Type
  ) -> PageFrameNumber? {
    let asked = Int(request.gfp.rawValue) | request.node << 32
    emit(cpu, .scanBegins, PageFrameNumber(0), request.order, request.type, asked)
    let list = request.zonelist(self)
    let flags = fastFlags(request.gfp, list.fastFlags)
    if list.zones.count > 0,
      let frame = fromFreeLists(cpu, request, flags, P.self) ?? fromSlowPath(cpu, request, P.self)
    {
      return frame
    }
    emit(cpu, .failed, PageFrameNumber(0), request.order, request.type, asked)
    if list.zones.count > 0 { cpu.count(.pathOutOfMemory) }
    return nil
  }

  /// The first zone of the list that may give a block, and does: get_page_from_freelist().
  @inline(always) func fromFreeLists<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags, _: P.Type
  ) -> PageFrameNumber? {
    let cpu = cpu.at(.getPageFromFreelist)
    if let frame = scanZones(cpu, request, flags, P.self) { return frame }
    if !flags.contains(.noFragment) { return nil }
    // Better a mixed pageblock than a slow path.
    cpu.count(.pathNoFragmentDropped)
    return scanZones(cpu, request, flags.subtracting(.noFragment), P.self)
  }

  @inline(never) private func scanZones<P: ListProtection>(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags, _: P.Type
  ) -> PageFrameNumber? {
    let list = request.zonelist(self)
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
      if let frame = removeFromZone(
        cpu, zone, zone.perCPUPages(cpu), request, flags, P.self)
      {
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
    let preferred = request.zonelist(self).preferred
    if zone.index == preferred.index { return }
    cpu.count(zone.node == preferred.node ? .pathZoneFallback : .pathNodeFallback)
  }

  /// Makes a block that was taken off the lists the caller's: prep_new_page().
  @inline(always) func prepare(
    _ cpu: CPU, _ frame: PageFrameNumber, _ request: AllocationRequest
  ) {
    let (gfp, order) = (request.gfp, request.order)
    // Told before it is checked: a ledger says whose the frame is, its word only that it is taken.
    emit(cpu.at(request.asker), .allocated, frame, order, gfp.migratetype, Int(gfp.rawValue))
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

/// One block for one request.
struct Allocate: ListOperation {
  private let request: AllocationRequest

  @inline(always) init(_ request: AllocationRequest) { self.request = request }

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) -> PageFrameNumber? {
    allocator.allocate(cpu, request, P.self)
  }
}
