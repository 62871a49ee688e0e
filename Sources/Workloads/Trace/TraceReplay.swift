// Replays a recording: each recorded CPU's operations in order, on a virtual CPU of its own.
//
// Rule    A free waits for the allocation that it belongs to; nothing else waits for anything.  The
//         free comes later in the recording, so CPUs cannot wait for one another.
//         Batched frees are kept and released together, at the end of their call, as the kernel
//         does. Decay of the per-CPU lists comes at each CPU's own recorded time.

import Machine
import PageAllocator
import Recordings

/// What was done with one recording.
public struct TraceReplayCounts: Sendable, Equatable {
  /// Operations carried out.
  public var replayed: UInt64 = 0
  /// Operations that could not be: the kernel's own failures, blocks that the start state has no
  /// room for, allocations that failed here.
  public var skipped: UInt64 = 0
}

/// A recording on its way through an allocator.
public final class TraceReplay {
  private let allocator: PageAllocator
  private let trace: ResolvedTrace
  private let arena: Arena
  /// What each slot holds: 0 nothing yet, `failed`, or the frame + 1; once the block was split also
  /// `splitMark`, and its pages in the top 16 bits.
  private let slots: Table<UInt64>
  private let preexisting: Table<UInt64>
  private let batches: [PageSlots]
  private let batchCounts: Table<Int>
  private let counts: Table<UInt64>
  private let decayPhase: UInt64?
  private let isCounting: Table<Bool>

  private static let failed = UInt64.max
  private static let splitMark = UInt64(1) << 40
  private static let splitting = UInt64(1) << 41
  private static let batchMax = 1024
  /// vm.stat_interval: decay comes once a second.
  private static let decayInterval: UInt64 = 1_000_000
  /// Decays in one silence of a CPU; a list of a gibibyte is empty after half as many.
  private static let decaysPerGapMax = 1000

  /// A replay of `trace` on `allocator`, whose start state was built with it.
  ///
  /// - Parameter decayPhase: microseconds of recorded time to the first decay; nil for none.
  public init(_ trace: ResolvedTrace, on allocator: PageAllocator, decayPhase: UInt64?) {
    self.trace = trace
    self.allocator = allocator
    self.decayPhase = decayPhase
    let cpus = max(trace.operations.count, 1)
    arena = Arena(byteCount: Self.byteCount(trace))
    slots = arena.table(of: UInt64.self, count: trace.slotCount)
    preexisting = arena.table(of: UInt64.self, count: trace.preexistingBlocks.count)
    let arena = arena
    batches = (0..<cpus * 4).map { _ in PageSlots(in: arena, count: Self.batchMax) }
    batchCounts = arena.table(of: Int.self, count: cpus * 4)
    counts = arena.table(of: UInt64.self, count: cpus * 8)
    isCounting = arena.table(of: Bool.self, count: cpus)
    assignPreexisting()
  }

  /// Bytes that a replay of `trace` takes.
  public static func byteCount(_ trace: ResolvedTrace) -> Int {
    let cpus = max(trace.operations.count, 1)
    return Arena.byteCount(of: UInt64.self, count: trace.slotCount)
      + Arena.byteCount(of: UInt64.self, count: trace.preexistingBlocks.count)
      + cpus * 4 * PageSlots.arenaByteCount(count: batchMax)
      + Arena.byteCount(of: Int.self, count: cpus * 4)
      + Arena.byteCount(of: UInt64.self, count: cpus * 8)
      + Arena.byteCount(of: Bool.self, count: cpus)
  }

  /// CPUs that the recording needs.
  public var cpuCount: Int { trace.operations.count }

  /// Gives each block from before the recording one that the start state has in use: of its zone
  /// and size, and of its type if there is one.
  private func assignPreexisting() {
    // [zone][type][order], what is left to assign, as positions in `preexistingBlocks`.
    var byPlace = [[Int]](repeating: [], count: allocator.zoneCount * 4 * Order.count)
    for (index, block) in trace.preexistingBlocks.enumerated()
    where block.zone < allocator.zoneCount && block.order <= Order.max.rawValue {
      byPlace[place(block.zone, Int(min(block.migratetype, 2)), Int(block.order))].append(index)
    }
    var spare = [[PageFrameNumber]](repeating: [], count: allocator.zoneCount * Order.count)
    for index in 0..<allocator.zoneCount { assign(in: allocator.zone(index), &byPlace, &spare) }
    for (place, blocks) in byPlace.enumerated() {
      let pool = place / (4 * Order.count) * Order.count + place % Order.count
      for block in blocks {
        let frame = spare[pool].popLast()
        preexisting[block] = frame.map { UInt64($0.rawValue) + 1 } ?? Self.failed
      }
    }
    for index in 0..<preexisting.count where preexisting[index] == 0 {
      preexisting[index] = Self.failed
    }
  }

  private func assign(
    in zone: Zone, _ byPlace: inout [[Int]], _ spare: inout [[PageFrameNumber]]
  ) {
    var frame = zone.start
    while frame < zone.end {
      let state = allocator.frameState(frame)
      let isBlock = state.isBuddy || state.isAllocated || state.isPerCPU
      if state.isAllocated {
        let type = allocator.pageblockType(frame).index
        if let block = byPlace[place(zone.index, type, state.order.index)].popLast() {
          preexisting[block] = UInt64(frame.rawValue) + 1
        } else {
          let pool = zone.index * Order.count + state.order.index
          if spare[pool].count < trace.preexistingBlocks.count { spare[pool].append(frame) }
        }
      }
      frame = frame.advanced(by: isBlock ? state.order.pages : 1)
    }
  }

  private func place(_ zone: Int, _ type: Int, _ order: Int) -> Int {
    (zone * 4 + type) * Order.count + order
  }

  /// What was done, at rest.
  public var result: TraceReplayCounts {
    var sum = TraceReplayCounts()
    for cpu in 0..<cpuCount {
      sum.replayed += counts[cpu * 8]
      sum.skipped += counts[cpu * 8 + 1]
    }
    return sum
  }

  /// True while a CPU replays: what its events count.
  func counts(_ cpu: CPU) -> Bool { cpu.id < isCounting.count && isCounting[cpu.id] }

  /// Replays what was recorded of this CPU.
  ///
  /// - Parameter step: called between operations, and while one waits.
  public func run(_ cpu: CPU, step: (CPU) -> Void) {
    let cpu = cpu.at(.traceReplay)
    if cpu.id >= trace.operations.count { return }
    isCounting[cpu.id] = true
    let operations = trace.operations[cpu.id]
    var nextDecay = decayPhase.map { (trace.firstTimestamp ?? 0) + $0 } ?? .max
    for operation in operations {
      if cpu.shouldStop { break }
      step(cpu)
      decay(cpu, &nextDecay, until: operation.timestamp)
      cpu.count(.operations)
      cpu.noteRequest(UInt64(operation.slot) << 8 | UInt64(operation.kind.code))
      perform(cpu, operation, step)
    }
    isCounting[cpu.id] = false
    for context in 0..<4 { releaseBatch(cpu, cpu.id * 4 + context) }
  }

  /// The decays that are due until a time.  After `decaysPerGapMax` in a row the lists are empty:
  /// the rest of a long silence, or of a damaged timestamp, is passed over.
  private func decay(_ cpu: CPU, _ next: inout UInt64, until time: UInt64) {
    var left = Self.decaysPerGapMax
    while next <= time && left > 0 {
      allocator.decay(cpu, target: cpu.id)
      next += Self.decayInterval
      left -= 1
    }
    if next <= time { next += ((time - next) / Self.decayInterval + 1) * Self.decayInterval }
  }

  private func perform(_ cpu: CPU, _ operation: ResolvedOperation, _ step: (CPU) -> Void) {
    // A recorded interrupt may have begun in the middle of what this CPU does between operations.
    if operation.isFree && !waitForBlock(cpu, operation, step) { return skip(cpu) }
    if operation.context == .task {
      carryOut(cpu, operation)
    } else {
      cpu.run(in: operation.context.machineContext) { carryOut($0, operation) }
    }
  }

  private func carryOut(_ cpu: CPU, _ operation: ResolvedOperation) {
    switch operation.kind {
    case .allocate: allocate(cpu, operation)
    case .allocateBulk: allocateBulk(cpu, operation)
    case .allocateFailed: skip(cpu)
    case .free: free(cpu, operation)
    case .freePart: freePart(cpu, operation)
    }
  }

  private func skip(_ cpu: CPU) { counts[cpu.id * 8 + 1] += 1 }

  private func done(_ cpu: CPU) { counts[cpu.id * 8] += 1 }

  private func slot(_ operation: ResolvedOperation) -> SharedWord {
    operation.flags.contains(.preexisting)
      ? preexisting.shared(Int(operation.slot)) : slots.shared(Int(operation.slot))
  }
}

extension TraceReplay {
  private func allocate(_ cpu: CPU, _ operation: ResolvedOperation) {
    var gfp = GFP(operation.gfp, operation.migratetype)
    let order = Order(Int(operation.order))
    if order > .zero { gfp.formUnion(.compound) }
    guard order <= .max, let frame = allocator.allocatePages(cpu, order: order, gfp) else {
      cpu.count(.allocationFailed)
      slot(operation).store(Self.failed)
      return skip(cpu)
    }
    slot(operation).store(UInt64(frame.rawValue) + 1)
    done(cpu)
  }

  /// A bulk call that only later frees tell of; what the batch does not give comes singly.
  private func allocateBulk(_ cpu: CPU, _ operation: ResolvedOperation) {
    let count = Int(operation.pageCount)
    let gfp = GFP(TraceGFP(), operation.migratetype).union(.kernel)
    let order = Order(Int(operation.order))
    let first = Int(operation.slot)
    let scratch = batches[cpu.id * 4 + 3]
    var filled = 0
    if order == .zero && count <= scratch.count {
      for index in 0..<count { scratch[index] = nil }
      filled = allocator.allocatePagesBulk(cpu, gfp, into: scratch, count: count)
      cpu.count(filled == count ? .bulkFull : filled == 0 ? .bulkFailed : .bulkPartial)
    }
    for index in 0..<count {
      var frame = index < filled ? scratch[index] : nil
      if frame == nil {
        frame = allocator.allocatePages(
          cpu, order: order, order > .zero ? gfp.union(.compound) : gfp)
      }
      slots.shared(first + index).store(frame.map { UInt64($0.rawValue) + 1 } ?? Self.failed)
      if frame == nil { skip(cpu) } else { done(cpu) }
    }
  }

  /// Waits until the slot is filled; false if it never will be.
  private func waitForBlock(
    _ cpu: CPU, _ operation: ResolvedOperation, _ step: (CPU) -> Void
  ) -> Bool {
    if operation.slot == ResolvedOperation.noSlot { return false }
    let slot = slot(operation)
    while slot.load() == 0 {
      if cpu.shouldStop { return false }
      step(cpu)
      cpu.relax()
    }
    return slot.load() != Self.failed
  }

  private func free(_ cpu: CPU, _ operation: ResolvedOperation) {
    let word = slot(operation).load()
    let frame = PageFrameNumber(UInt32(truncatingIfNeeded: word &- 1))
    let batch = cpu.id * 4 + Int(min(operation.context.rawValue, 2))
    let order = Order(Int(operation.order))
    done(cpu)
    if !operation.flags.contains(.inBatch) {
      return allocator.freePages(cpu, frame, order: order)
    }
    if operation.flags.contains(.batchBegin) { releaseBatch(cpu, batch) }
    if batchCounts[batch] == Self.batchMax { releaseBatch(cpu, batch) }
    batches[batch][batchCounts[batch]] = frame
    batchCounts[batch] += 1
    if operation.flags.contains(.batchEnd) { releaseBatch(cpu, batch) }
  }

  private func releaseBatch(_ cpu: CPU, _ batch: Int) {
    if batchCounts[batch] == 0 { return }
    allocator.releasePages(cpu, batches[batch], count: batchCounts[batch])
    batchCounts[batch] = 0
  }

  /// Frees a part of a block, which is split into single pages by the first to come.
  private func freePart(_ cpu: CPU, _ operation: ResolvedOperation) {
    let slot = slot(operation)
    guard let first = splitBlock(cpu, slot) else { return skip(cpu) }
    let part = first.advanced(by: Int(operation.pageOffset))
    for offset in 0..<Order(Int(operation.order)).pages {
      allocator.freePages(cpu, part.advanced(by: offset), order: .zero)
    }
    done(cpu)
  }

  private func splitBlock(_ cpu: CPU, _ slot: SharedWord) -> PageFrameNumber? {
    while true {
      let word = slot.load()
      if word == Self.failed { return nil }
      let frame = PageFrameNumber(UInt32(truncatingIfNeeded: word &- 1))
      if word & Self.splitMark != 0 { return frame }
      if word & Self.splitting != 0 {
        cpu.relax()
        continue
      }
      if slot.exchange(expected: word, desired: word | Self.splitting) != word { continue }
      let order = allocator.frameState(frame).order
      allocator.split(cpu, frame, order: order)
      slot.store(word | Self.splitMark | UInt64(order.pages) << 48)
      return frame
    }
  }
}

extension TraceReplay {
  /// Frees what the recording left allocated, whole or in part; on CPU 0, alone.
  public func finish(_ cpu: CPU) {
    var freedPages = [Int: [Bool]]()
    var freed = [Bool](repeating: false, count: trace.slotCount)
    for operations in trace.operations {
      for operation in operations where operation.isFree {
        let index = Int(operation.slot)
        if operation.flags.contains(.preexisting) || index >= freed.count { continue }
        if operation.kind == .free {
          freed[index] = true
          continue
        }
        var pages = freedPages[index] ?? [Bool](repeating: false, count: Order.max.pages)
        let first = Int(operation.pageOffset)
        for page in first..<first + Order(Int(operation.order)).pages where page < pages.count {
          pages[page] = true
        }
        freedPages[index] = pages
      }
    }
    for index in 0..<trace.slotCount where !freed[index] {
      freeRest(cpu, slots.shared(index).load(), freedPages[index])
    }
  }

  private func freeRest(_ cpu: CPU, _ word: UInt64, _ freedPages: [Bool]?) {
    if word == 0 || word == Self.failed { return }
    let frame = PageFrameNumber(UInt32(truncatingIfNeeded: word &- 1))
    guard let freedPages, word & Self.splitMark != 0 else {
      return allocator.freePages(cpu, frame, order: allocator.frameState(frame).order)
    }
    for page in freedPages.indices where !freedPages[page] {
      let part = frame.advanced(by: page)
      if page < Int(word >> 48) { allocator.freePages(cpu, part, order: .zero) }
    }
  }
}

extension ResolvedTrace {
  /// The earliest timestamp of an operation, in microseconds; nil if there is none.
  var firstTimestamp: UInt64? { operations.compactMap { $0.first?.timestamp }.min() }
}

extension ResolvedOperation.Kind {
  fileprivate var code: UInt8 {
    switch self {
    case .allocate: 0
    case .allocateBulk: 1
    case .allocateFailed: 2
    case .free: 3
    case .freePart: 4
    }
  }
}

extension TraceContext {
  fileprivate var machineContext: ContextKind {
    switch self {
    case .task: .task
    case .softirq: .softirq
    case .hardirq: .hardirq
    case .nmi: .hardirq
    }
  }
}

extension GFP {
  /// The model's flags of a recorded request; the recorded type wins over the flags.
  fileprivate init(_ recorded: TraceGFP, _ migratetype: UInt8) {
    self = []
    func copy(_ theirs: TraceGFP, _ ours: GFP) {
      if recorded.contains(theirs) { formUnion(ours) }
    }
    copy(.dma, .dma)
    copy(.dma32, .dma32)
    copy(.highmem, .highmem)
    copy(.high, .high)
    copy(.io, .io)
    copy(.fs, .fs)
    copy(.zero, .zero)
    copy(.directReclaim, .directReclaim)
    copy(.kswapdReclaim, .kswapdReclaim)
    copy(.write, .write)
    copy(.nowarn, .noWarn)
    copy(.retryMayfail, .retryMayFail)
    copy(.nofail, .noFail)
    copy(.noretry, .noRetry)
    copy(.memalloc, .memAlloc)
    copy(.comp, .compound)
    copy(.nomemalloc, .noMemAlloc)
    copy(.hardwall, .hardwall)
    copy(.thisnode, .thisNode)
    copy(.account, .account)
    switch migratetype {
    case 1: formUnion(.movable)
    case 2: formUnion(.reclaimable)
    default: break
    }
  }
}
