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
  /// The zone that the request would like best.
  let preferred: Int

  @inline(__always)
  init(_ allocator: PageAllocator, _ gfp: GFP, _ order: Order, node: Int) {
    self.gfp = gfp
    self.order = order
    self.node = node
    type = gfp.migratetype
    highest = gfp.highestZone
    preferred = allocator.zonelists.zone(node: node, highest: highest, 0)
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
    let caller = cpu
    let cpu = cpu.at(.allocPages)
    let request = AllocationRequest(self, gfp, order, node: node ?? self.node(ofCPU: cpu.id))
    if zonelists.count(node: request.node, highest: request.highest) == 0 { return nil }
    let flags = fastFlags(request)
    guard
      let frame = fromFreeLists(cpu, request, flags) ?? fromSlowPath(cpu, request)
    else {
      cpu.count(.pathOutOfMemory)
      return nil
    }
    prepare(cpu, frame, order, gfp, for: caller)
    return frame
  }

  /// The flags of the first pass.
  @inline(__always) private func fastFlags(_ request: AllocationRequest) -> AllocFlags {
    var flags: AllocFlags = [.watermarkLow]
    if request.gfp.contains(.kswapdReclaim) { flags.formUnion(.kswapd) }
    if avoidsFragmentation(request) { flags.formUnion(.noFragment) }
    return flags
  }

  /// True if types should not mix before lower zones were tried: alloc_flags_nofragment().
  @inline(__always) func avoidsFragmentation(_ request: AllocationRequest) -> Bool {
    let zone = zone(request.preferred)
    if zone.kind != .normal { return false }
    // Without a lower zone there is no other place to try first.
    return nodeCount == 1 || (zone.index > 0 && self.zone(zone.index &- 1).node == zone.node)
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

  @inline(__always) private func scanZones(
    _ cpu: CPU, _ request: AllocationRequest, _ flags: AllocFlags
  ) -> PageFrameNumber? {
    let count = zonelists.count(node: request.node, highest: request.highest)
    let preferredNode = zone(request.preferred).node
    var position = 0
    while position < count {
      let zone = zone(zonelists.zone(node: request.node, highest: request.highest, position))
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

  /// True if the zone's watermarks let this pass have a block.
  @inline(__always) private func mayTake(
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
    if zone.index == request.preferred { return }
    cpu.count(
      zone.node == self.zone(request.preferred).node ? .pathZoneFallback : .pathNodeFallback)
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
