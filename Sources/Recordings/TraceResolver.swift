// Resolves the frees of a recording to their allocations, before a replay.
//
// Rule  The page frame number joins them, in recorded order. What a frame's events say:
//       - free of an allocated frame: frees its slot, or a part of it;
//       - free of a frame that no event named: the block is older than the recording;
//       - free of a frame that is free already: an allocation is missing. alloc_pages_bulk emits
//         no event, so order-0 pages came from a bulk call. Every page that an event allocates
//         comes from the lists of the CPU that freed or refilled it last, so the call was made
//         on *that* CPU, not on the one that frees (vmalloc'ed stacks are freed by a kernel
//         thread). It is placed at the moment of the free, the latest that is possible. Frees
//         that follow one another on one CPU, with no other operation of that CPU between them,
//         imply one call, at most `bulkPagesMax` pages;
//       - allocation, refill or drain of an allocated frame: its free was lost, the slot leaks.
// Omits Bulk calls whose pages are not freed before the recording ends, and bulk calls that took
//       pages no event named before: they cannot be told from pages older than the recording.

/// One pass over a recording.
public struct TraceResolver {
  /// The most pages that one implied bulk call takes: vmalloc asks for at most 100 at a time.
  public static let bulkPagesMax = 100
  /// Orders that the kernel's per-CPU lists hold: 0...3, and 9 for huge pages.
  public static func isPerCPUOrder(_ order: Int) -> Bool { order <= 3 || order == 9 }

  private struct Slot {
    var pfn: UInt64
    var order: UInt8
    var isLeaked = false
  }
  /// A bulk call that may still grow.
  private struct BulkCall {
    var cpu: Int
    var operation: Int
    var pageCount: Int
    /// Where the list of the CPU that frees the pages ended after the last of these frees.
    var freesEnd: Int
  }
  private struct ImpliedFree {
    var cpu: Int
    var operation: Int
    var call: Int
    var page: Int
  }

  private let zones: [TraceZone]
  private var pages = TracePageTable()
  private var slots: [Slot] = []
  private var matchers: [TraceBatchMatcher]
  private var calls: [BulkCall] = []
  private var lastCall: [Int?]
  private var impliedFrees: [ImpliedFree] = []
  private var trace: ResolvedTrace
  private var isAfterLoss = false
  /// The migratetype of the first allocation seen in a 2 MiB block.
  private var blockTypes: [UInt64: UInt8] = [:]

  /// Resolves `recording`, made on a machine with these zones. Zones may come in any order; the
  /// first that holds a frame counts. Never fails: what does not fit is counted.
  public static func resolve(_ recording: TraceRecording, zones: [TraceZone]) -> ResolvedTrace {
    var resolver = TraceResolver(zones: zones, cpuCount: (recording.cpus.last ?? -1) + 1)
    let firstLossLine = recording.losses.first?.line ?? .max
    for event in recording.events {
      if event.line > firstLossLine {
        resolver.isAfterLoss = true
        resolver.trace.counts.eventsAfterLoss += 1
      }
      resolver.take(event)
    }
    return resolver.finish()
  }

  private init(zones: [TraceZone], cpuCount: Int) {
    self.zones = zones
    let contexts = TraceContext.allCases.count
    matchers = [TraceBatchMatcher](repeating: TraceBatchMatcher(), count: cpuCount * contexts)
    lastCall = [Int?](repeating: nil, count: cpuCount)
    let table = TraceStartTable(cpuCount: cpuCount, zoneCount: zones.count)
    trace = ResolvedTrace(startAllocated: table, startDrained: table, refilled: table)
    trace.operations = [[ResolvedOperation]](repeating: [], count: cpuCount)
    let flow = [TraceZoneFlow](repeating: TraceZoneFlow(), count: zones.count)
    trace.flows = [[TraceZoneFlow]](repeating: flow, count: cpuCount)
  }

  private mutating func take(_ event: TraceEvent) {
    if event.kind == .freeBatched {
      takeBatched(event)
      return
    }
    if event.kind == .alloc {
      endBatch(cpu: Int(event.cpu), context: event.context)
      if event.pfn == 0 {
        trace.counts.failedAllocations += 1
        if trace.counts.failedAllocationLines.count < TraceResolutionCounts.linesKept {
          trace.counts.failedAllocationLines.append(event.line)
        }
        append(request(.allocateFailed, event), cpu: Int(event.cpu))
        return
      }
    }
    guard let zone = zone(of: event) else {
      trace.counts.outsideZones += 1
      return
    }
    if event.kind == .extfrag {
      trace.flows[Int(event.cpu)][zone].fallbackCount += 1
      return
    }
    guard event.pfn & (UInt64(event.pageCount) - 1) == 0 else {
      trace.counts.misaligned += 1
      return
    }
    switch event.kind {
    case .alloc: takeAllocation(event, zone: zone)
    case .free: takeFree(event, zone: zone)
    case .zoneLocked: takeZoneLocked(event, zone: zone)
    case .pcpuDrain: takeDrain(event, zone: zone)
    case .freeBatched, .extfrag: break
    }
  }

  private func zone(of event: TraceEvent) -> Int? {
    // An event of the fallback names the frame of the block broken up, whatever was asked for.
    let count = event.kind == .extfrag ? 1 : UInt64(event.pageCount)
    return zones.firstIndex { zone in
      event.pfn >= zone.startPFN && event.pfn < zone.endPFN && zone.endPFN - event.pfn >= count
    }
  }

  @discardableResult
  private mutating func append(_ operation: ResolvedOperation, cpu: Int) -> Int {
    var operation = operation
    if isAfterLoss { operation.flags.insert(.afterLoss) }
    trace.operations[cpu].append(operation)
    return trace.operations[cpu].count - 1
  }

  private func request(
    _ kind: ResolvedOperation.Kind, _ event: TraceEvent
  ) -> ResolvedOperation {
    var operation = ResolvedOperation(kind, event)
    operation.gfp = event.gfp
    operation.migratetype = event.migratetype
    return operation
  }

  private mutating func finish() -> ResolvedTrace {
    for cpu in trace.operations.indices {
      for context in TraceContext.allCases { endBatch(cpu: cpu, context: context) }
    }
    numberImpliedSlots()
    for index in trace.preexistingBlocks.indices {
      let block = trace.preexistingBlocks[index].pfn >> 9
      trace.preexistingBlocks[index].migratetype = blockTypes[block] ?? 1
    }
    return trace
  }
}

// MARK: - Events that move pages

extension TraceResolver {
  private mutating func takeAllocation(_ event: TraceEvent, zone: Int) {
    trace.counts.allocations += 1
    let cpu = Int(event.cpu)
    if leakOwners(of: event) { trace.counts.allocatedWhileLive += 1 }
    let before = pages[event.pfn].place
    if before == .unknown {
      trace.startAllocated[cpu, zone, Int(event.order), Int(event.migratetype)] += event.pageCount
    }
    if before != .direct, Self.isPerCPUOrder(Int(event.order)) {
      trace.flows[cpu][zone].allocatedFromPerCPUPages += event.pageCount
    }
    if blockTypes[event.pfn >> 9] == nil { blockTypes[event.pfn >> 9] = event.migratetype }
    var operation = request(.allocate, event)
    operation.slot = UInt32(clamping: slots.count)
    append(operation, cpu: cpu)
    slots.append(Slot(pfn: event.pfn, order: event.order))
    place(event, .live, owner: UInt32(clamping: slots.count))
  }

  private mutating func takeZoneLocked(_ event: TraceEvent, zone: Int) {
    if leakOwners(of: event) { trace.counts.movedWhileLive += 1 }
    if event.isPerCPURefill {
      trace.flows[Int(event.cpu)][zone].refilledPages += event.pageCount
      trace.refilled[Int(event.cpu), zone, Int(event.order), Int(event.migratetype)] +=
        event.pageCount
    } else {
      trace.flows[Int(event.cpu)][zone].directPages += event.pageCount
    }
    place(event, event.isPerCPURefill ? .perCPU : .direct)
  }

  private mutating func takeDrain(_ event: TraceEvent, zone: Int) {
    let cpu = Int(event.cpu)
    if leakOwners(of: event) { trace.counts.movedWhileLive += 1 }
    if pages[event.pfn].place == .unknown {
      trace.startDrained[cpu, zone, Int(event.order), Int(event.migratetype)] += event.pageCount
    }
    trace.flows[cpu][zone].drainedPages += event.pageCount
    place(event, .buddy)
  }

  private mutating func place(_ event: TraceEvent, _ place: TracePlace, owner: UInt32 = 0) {
    let state = TracePageState(owner: owner, place: place, holder: event.cpu)
    for offset in 0..<UInt64(event.pageCount) { pages[event.pfn + offset] = state }
  }

  /// Marks the slots that the block's frames belong to as leaked and parts the frames from them;
  /// false when there are none.
  private mutating func leakOwners(of event: TraceEvent) -> Bool {
    var found = false
    for offset in 0..<UInt64(event.pageCount) {
      let owner = pages[event.pfn + offset].owner
      guard owner != 0 else { continue }
      found = true
      pages[event.pfn + offset].owner = 0
      leak(slot: Int(owner) - 1)
    }
    return found
  }

  private mutating func leak(slot: Int) {
    guard !slots[slot].isLeaked else { return }
    slots[slot].isLeaked = true
    trace.counts.leakedSlots += 1
  }
}

// MARK: - Frees

extension TraceResolver {
  private mutating func takeFree(_ event: TraceEvent, zone: Int) {
    trace.counts.frees += 1
    let cpu = Int(event.cpu)
    if let operation = freeOperation(for: event, zone: zone) {
      let index = append(operation.operation, cpu: cpu)
      if let call = operation.call {
        let page = calls[call].pageCount - 1
        impliedFrees.append(ImpliedFree(cpu: cpu, operation: index, call: call, page: page))
        calls[call].freesEnd = index + 1
      }
      markBatch(matchers[matcher(cpu, event.context)].free(event.pfn, operation: index), cpu, event)
    }
    _ = leakOwners(of: event)
    let isPerCPU = Self.isPerCPUOrder(Int(event.order))
    if isPerCPU { trace.flows[cpu][zone].freedToPerCPUPages += event.pageCount }
    place(event, isPerCPU ? .perCPU : .buddy)
  }

  /// The operation of a free, and the implied call that its page came from; nil when the free
  /// cannot be replayed. Parts the frames it frees from their slot.
  private mutating func freeOperation(
    for event: TraceEvent, zone: Int
  ) -> (operation: ResolvedOperation, call: Int?)? {
    let state = pages[event.pfn]
    if state.owner != 0 {
      return freeSlot(Int(state.owner) - 1, event).map { ($0, nil) }
    }
    if state.place == .unknown {
      return (freePreexisting(event, zone: zone), nil)
    }
    let call = impliedCall(for: event, holder: Int(state.holder), zone: zone)
    return (ResolvedOperation(.free, event), call)
  }

  private mutating func freeSlot(_ index: Int, _ event: TraceEvent) -> ResolvedOperation? {
    let slot = slots[index]
    var operation = ResolvedOperation(.free, event)
    operation.slot = UInt32(clamping: index)
    operation.order = min(event.order, slot.order)
    var isComplete = true
    for offset in 0..<(UInt64(1) << UInt64(operation.order)) {
      if pages[event.pfn + offset].owner == UInt32(clamping: index + 1) {
        pages[event.pfn + offset].owner = 0
      } else {
        isComplete = false
      }
    }
    guard isComplete else {
      trace.counts.overlappingFrees += 1
      leak(slot: index)
      return nil
    }
    if event.order > slot.order { trace.counts.oversizedFrees += 1 }
    if operation.order < slot.order {
      operation.kind = .freePart
      operation.pageOffset = UInt16(clamping: event.pfn - slot.pfn)
      trace.counts.partialFrees += 1
      if trace.counts.partialFreeLines.count < TraceResolutionCounts.linesKept {
        trace.counts.partialFreeLines.append(event.line)
      }
    }
    return operation
  }

  private mutating func freePreexisting(_ event: TraceEvent, zone: Int) -> ResolvedOperation {
    trace.counts.preexistingFrees += 1
    var operation = ResolvedOperation(.free, event)
    operation.slot = UInt32(clamping: trace.preexistingBlocks.count)
    operation.flags.insert(.preexisting)
    trace.preexistingBlocks.append(
      TracePreexistingBlock(pfn: event.pfn, order: event.order, zone: zone, migratetype: 1))
    return operation
  }
}

// MARK: - Implied allocations

extension TraceResolver {
  /// The call that a free of a free frame implies: a new one, or the last one with a page more.
  private mutating func impliedCall(for event: TraceEvent, holder: Int, zone: Int) -> Int {
    let cpu = Int(event.cpu)
    if Self.isPerCPUOrder(Int(event.order)) {
      trace.flows[holder][zone].allocatedFromPerCPUPages += event.pageCount
    }
    guard event.order == 0 else {
      trace.counts.impliedBlocks += 1
      return beginCall(for: event, holder: holder)
    }
    trace.counts.impliedBulkPages += 1
    if let last = lastCall[cpu], calls[last].cpu == holder,
      calls[last].freesEnd == trace.operations[cpu].count,
      calls[last].pageCount < Self.bulkPagesMax
    {
      calls[last].pageCount += 1
      return last
    }
    trace.counts.impliedBulkCalls += 1
    let call = beginCall(for: event, holder: holder)
    lastCall[cpu] = call
    return call
  }

  private mutating func beginCall(for event: TraceEvent, holder: Int) -> Int {
    var operation = ResolvedOperation(.allocateBulk, event)
    operation.context = .task
    operation.migratetype = blockTypes[event.pfn >> 9] ?? 0
    let index = append(operation, cpu: holder)
    calls.append(BulkCall(cpu: holder, operation: index, pageCount: 1, freesEnd: 0))
    return calls.count - 1
  }

  /// Gives the implied allocations their slots, behind those of the events: only now it is known
  /// how many pages each call has.
  private mutating func numberImpliedSlots() {
    var firstSlots: [Int] = []
    var next = slots.count
    for call in calls {
      firstSlots.append(next)
      trace.operations[call.cpu][call.operation].slot = UInt32(clamping: next)
      trace.operations[call.cpu][call.operation].pageCount = UInt16(clamping: call.pageCount)
      next += call.pageCount
    }
    for free in impliedFrees {
      let slot = UInt32(clamping: firstSlots[free.call] + free.page)
      trace.operations[free.cpu][free.operation].slot = slot
    }
    trace.slotCount = next
  }
}

// MARK: - Batches

extension TraceResolver {
  private func matcher(_ cpu: Int, _ context: TraceContext) -> Int {
    cpu * TraceContext.allCases.count + Int(context.rawValue)
  }

  private mutating func takeBatched(_ event: TraceEvent) {
    if !matchers[matcher(Int(event.cpu), event.context)].batched(event.pfn) {
      trace.counts.unmatchedBatched += 1
    }
  }

  private mutating func endBatch(cpu: Int, context: TraceContext) {
    mark(matchers[matcher(cpu, context)].end(), cpu: cpu, context: context)
  }

  private mutating func markBatch(_ range: ClosedRange<Int>?, _ cpu: Int, _ event: TraceEvent) {
    mark(range, cpu: cpu, context: event.context)
  }

  private mutating func mark(_ range: ClosedRange<Int>?, cpu: Int, context: TraceContext) {
    guard let range else { return }
    trace.counts.batches += 1
    trace.operations[cpu][range.lowerBound].flags.insert(.batchBegin)
    trace.operations[cpu][range.upperBound].flags.insert(.batchEnd)
    for index in range where trace.operations[cpu][index].context == context {
      guard trace.operations[cpu][index].isFree else { continue }
      trace.operations[cpu][index].flags.insert(.inBatch)
      trace.counts.batchedFrees += 1
    }
  }
}

extension ResolvedOperation {
  /// Whether the operation gives memory back.
  public var isFree: Bool { kind == .free || kind == .freePart }
}
