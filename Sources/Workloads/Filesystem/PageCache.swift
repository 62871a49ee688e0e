// A reader and writer of files: readahead, lookups without locks, write-back, eviction.
//
// Models  page_cache_ra_order(), filemap_get_pages(), mm/readahead.c, mm/filemap.c;
//         folio_end_writeback(); shrink_folio_list(), mm/vmscan.c, 7.0.
// Omits   LRU order: what is evicted is drawn.
// Rule    Large folios are asked for without retries, and the next smaller order if there is none.

import Machine
import PageAllocator

/// One reader on the shared cache.
final class PageCache: Workload {
  /// A folio that the reader refers to for some operations more.
  private struct Reference: BitwiseCopyable {
    var frame: PageFrameNumber
    var operationsLeft: Int
  }

  /// What one operation asks for, all drawn before it starts.
  private struct Request {
    var action: Int
    var slot: Int
    var order: Int
    var hold: Int
    var batch: Int
    var target: Int
  }

  private static var batchMax: Int { 31 }
  private let cache: SharedPageCache
  private let references: Table<Reference>
  private var referenceCount = 0
  private let batch: PageSlots
  private let orderMax: Int
  private let holdOperations: Int

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpu: Int, index: Int) {
    guard let cache = environment.pageCache else {
      preconditionFailure("a reader of files needs a page cache")
    }
    self.cache = cache
    references = environment.privateArena.table(of: Reference.self, count: values["references"])
    batch = PageSlots(in: environment.privateArena, count: Self.batchMax)
    orderMax = values["orderMax"]
    holdOperations = values["holdOperations"]
    super.init(environment, cpuID: cpu, index: index)
  }

  /// Bytes that a worker takes in the workers' own memory.
  static func privateByteCount(_ values: WorkloadValues) -> Int {
    Arena.byteCount(of: Reference.self, count: values["references"])
      + PageSlots.arenaByteCount(count: batchMax)
  }

  override var pagesHeldMax: Int { (references.count + 1) << orderMax }

  override func begin(_ cpu: CPU) { referenceCount = 0 }

  override func operate(_ cpu: CPU) {
    let request = draw(cpu)
    environment.mailboxes.freeReceived(cpu, allocator, most: 8)
    age(cpu)
    switch request.action {
    case 0..<10: read(cpu, request)
    case 10..<13: writeBack(cpu, request)
    default: evict(cpu, from: request.slot, most: request.batch)
    }
  }

  private func draw(_ cpu: CPU) -> Request {
    let request = Request(
      action: cpu.draw(.workload, below: 16),
      slot: cpu.draw(.workload, below: cache.slotCount),
      order: cpu.draw(.workload, below: orderMax + 1),
      hold: cpu.draw(.workload, below: holdOperations + 1),
      batch: 1 + cpu.draw(.workload, below: Self.batchMax),
      target: cpu.draw(.workload, below: environment.workerCPUs))
    cpu.noteRequest(
      UInt64(request.action) << 48 | UInt64(request.slot) << 24 | UInt64(request.order) << 20
        | UInt64(request.batch) << 12 | UInt64(request.hold))
    return request
  }

  override func finish(_ cpu: CPU) {
    while referenceCount > 0 { drop(cpu, referenceCount - 1) }
    environment.mailboxes.freeReceived(cpu, allocator, most: 256)
  }

  /// Drops a reference, whoever else has one.
  private func drop(_ cpu: CPU, _ index: Int) {
    let frame = references[index].frame
    referenceCount -= 1
    references[index] = references[referenceCount]
    allocator.put(cpu, frame)
  }
}

extension PageCache {
  /// Looks a page up; reads ahead if it is not there.
  private func read(_ cpu: CPU, _ request: Request) {
    // A folio that goes between the two looks is looked for once more, as the kernel does.
    for _ in 0..<2 {
      switch cache.find(cpu, allocator, request.slot) {
      case .found(let folio):
        cpu.count(.cacheHits)
        return hold(cpu, folio.frame, operations: request.hold)
      case .lost: cpu.count(.cacheSpeculativeMiss)
      case .absent:
        cpu.count(.cacheMisses)
        return readAhead(cpu, request.slot, order: Order(request.order))
      }
    }
  }

  /// Puts one folio around a page into the cache, as large as asked for or as there is memory for.
  @inline(never) private func readAhead(_ cpu: CPU, _ slot: Int, order asked: Order) {
    let cpu = cpu.at(.pageCacheRead)
    var order = asked
    while true {
      let first = slot & ~(order.pages - 1)
      if cache.fits(first, order) {
        if let frame = allocator.allocatePages(cpu, order: order, gfp(order)) {
          return insert(cpu, CachedFolio(frame: frame, order: order), at: first)
        }
        cpu.count(.allocationFailed)
      }
      if order == .zero { return evict(cpu, from: slot, most: Self.batchMax) }
      order = order.down
    }
  }

  /// The gfp of a mapping that must not call into its filesystem.
  private func gfp(_ order: Order) -> GFP {
    let mapping = GFP.highUserMovable.subtracting(.fs).union(.compound)
    return order > .zero ? mapping.union([.noRetry, .noWarn]) : mapping
  }

  private func insert(_ cpu: CPU, _ folio: CachedFolio, at slot: Int) {
    if cache.insert(cpu, allocator, folio, at: slot) { return }
    // Somebody else read a page of it in meanwhile.
    allocator.freePages(cpu, folio.frame, order: folio.order)
  }

  /// Keeps a reference for some operations more; drops another if there is no room.
  private func hold(_ cpu: CPU, _ frame: PageFrameNumber, operations: Int) {
    if operations == 0 { return allocator.put(cpu, frame) }
    if referenceCount == references.count { drop(cpu, 0) }
    references[referenceCount] = Reference(frame: frame, operationsLeft: operations)
    referenceCount += 1
  }

  /// Drops the references whose time has come.
  private func age(_ cpu: CPU) {
    let cpu = cpu.at(.pageCacheLookup)
    var index = 0
    while index < referenceCount {
      references[index].operationsLeft -= 1
      if references[index].operationsLeft <= 0 { drop(cpu, index) } else { index += 1 }
    }
  }

  /// Hands a folio to another CPU, which drops the reference when its write has ended.
  private func writeBack(_ cpu: CPU, _ request: Request) {
    let cpu = cpu.at(.pageCacheWriteback)
    guard case .found(let folio) = cache.find(cpu, allocator, request.slot) else {
      return cpu.count(.cacheMisses)
    }
    if request.hold & 1 == 0, cache.completions.add(cpu, folio.frame, to: request.target) {
      return cpu.count(.handedOver)
    }
    // The stamp is the cache's: whoever drops the reference does not check it.
    let block = HeldBlock(frame: folio.frame, order: folio.order, stamp: 0)
    if environment.mailboxes.send(cpu, block, to: request.target) {
      return cpu.count(.handedOver)
    }
    cpu.count(.handOverRefused)
    allocator.put(cpu, folio.frame)
  }

  /// Takes folios out of the cache and drops its references, together or one by one.
  private func evict(_ cpu: CPU, from slot: Int, most: Int) {
    let cpu = cpu.at(.pageCacheEvict)
    let count = cache.remove(cpu, allocator, from: slot, into: batch.slice(from: 0, count: most))
    cpu.count(.cacheEvictions, count)
    if count > 1 { return allocator.releasePages(cpu, batch, count: count) }
    if count == 1, let frame = batch[0] { allocator.put(cpu, frame) }
  }
}
