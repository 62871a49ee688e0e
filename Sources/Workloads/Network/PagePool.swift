// The page_pool of one receive queue: pages for packets, asked of the allocator 64 at a time.
//
// Models  page_pool_alloc_pages(), __page_pool_alloc_netmems_slow(), page_pool_put_page(),
//         net/core/page_pool.c, 7.0.
// Omits   DMA mapping, fragments, pools of large pages.
// Rule    The cache belongs to the softirq of its CPU, or its task with softirqs held off.  Others
//         give pages back through the ring.  A page keeps the pool's stamp for as long as it is of
//         the pool: in the cache, in the ring, in a packet.

import Machine
import PageAllocator

/// A view of one pool; copying it copies no state.
struct PagePool: BitwiseCopyable, Sendable {
  /// PP_ALLOC_CACHE_SIZE.
  static var cacheSize: Int { 128 }
  /// PP_ALLOC_CACHE_REFILL.
  static var refillMax: Int { 64 }

  private let cache: PageSlots
  private let words: Table<Int>
  let ring: PagePoolRing
  /// Pages asked for at once, 1 ... 64.
  private let refill: Int
  private let stampBase: UInt32

  /// The pool of CPU `cpuID`; cache and count in the handlers' own memory.
  init(in arena: Arena, cpuID: Int, ring: PagePoolRing, refill: Int = Self.refillMax) {
    precondition((1...Self.refillMax).contains(refill), "a refill is of 1 to 64 pages")
    self.refill = refill
    cache = PageSlots(in: arena, count: Self.cacheSize)
    words = arena.table(of: Int.self, count: 1)
    self.ring = ring
    stampBase = HolderStamps.pool(cpuID: cpuID)
  }

  /// Bytes of cache and count.
  static var arenaByteCount: Int {
    PageSlots.arenaByteCount(count: cacheSize) + Arena.byteCount(of: Int.self, count: 1)
  }

  /// Pages in the cache, 0 ... 128.
  var cached: Int { words[0] }

  /// Forgets what the cache held.
  func reset() { words[0] = 0 }

  /// The stamp of a page while it is of this pool.
  func stamp(of frame: PageFrameNumber) -> UInt32 {
    stampBase | frame.rawValue & HolderStamps.own
  }

  /// A page for a packet: from the cache, the ring, the allocator; nil if there is none.
  func take(_ cpu: CPU, _ allocator: PageAllocator) -> PageFrameNumber? {
    if cached == 0 { words[0] = ring.popAll(cpu, into: cache.slice(from: 0, count: refill)) }
    if cached > 0 {
      cpu.count(.pagePoolFast)
    } else {
      words[0] = fromAllocator(cpu, allocator)
    }
    if cached == 0 { return nil }
    words[0] = cached - 1
    guard let frame = cache[cached] else { return nil }
    allocator.verifyStamp(cpu, frame, .zero, stamp(of: frame))
    return frame
  }

  /// Asks for a refill, and takes what it gets: the number now in the cache.
  private func fromAllocator(_ cpu: CPU, _ allocator: PageAllocator) -> Int {
    let cpu = cpu.at(.pagePoolRefill)
    cpu.count(.pagePoolSlow)
    let slots = cache.slice(from: 0, count: refill)
    slots.clear()
    let gfp = GFP.atomic.union(.noWarn)
    let filled = allocator.allocatePagesBulk(cpu, gfp, into: slots, count: refill)
    cpu.countBulk(filled: filled, wanted: refill)
    let usable = min(max(filled, 0), refill)
    for index in 0..<usable {
      guard let frame = slots[index] else { return index }
      allocator.stamp(cpu, frame, .zero, stamp(of: frame))
    }
    return usable
  }

  /// Gives a page back from the pool's own softirq: to the cache, else the ring, else freed.
  func recycle(_ cpu: CPU, _ allocator: PageAllocator, _ frame: PageFrameNumber) {
    let cpu = cpu.at(.pagePoolPut)
    if cached < Self.cacheSize {
      allocator.verifyStamp(cpu, frame, .zero, stamp(of: frame))
      cache[cached] = frame
      words[0] = cached + 1
    } else {
      recycleFromOutside(cpu, allocator, frame)
    }
  }

  /// Gives a page back from any other softirq, or a task that holds softirqs off.
  func recycleFromOutside(_ cpu: CPU, _ allocator: PageAllocator, _ frame: PageFrameNumber) {
    let cpu = cpu.at(.pagePoolPut)
    allocator.verifyStamp(cpu, frame, .zero, stamp(of: frame))
    if !ring.push(cpu, frame) { allocator.put(cpu, frame) }
  }

  /// Frees all pages in cache and ring; the ring takes no more.
  func close(_ cpu: CPU, _ allocator: PageAllocator) {
    let cpu = cpu.at(.pagePoolPut)
    ring.setClosed(cpu, true)
    release(cpu, allocator, count: cached)
    release(cpu, allocator, count: ring.popAll(cpu, into: cache))
  }

  private func release(_ cpu: CPU, _ allocator: PageAllocator, count: Int) {
    for index in 0..<count {
      guard let frame = cache[index] else { continue }
      allocator.verifyStamp(cpu, frame, .zero, stamp(of: frame))
    }
    allocator.releasePages(cpu, cache, count: count)
    words[0] = 0
  }
}

extension CPU {
  /// Counts how much of a bulk request was granted.
  func countBulk(filled: Int, wanted: Int) {
    count(filled >= wanted ? .bulkFull : filled > 0 ? .bulkPartial : .bulkFailed)
  }
}
