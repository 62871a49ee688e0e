// Where others than its own softirq give pages back to a page_pool.
//
// Models  struct ptr_ring of struct page_pool, page_pool_recycle_in_ring(),
//         page_pool_refill_alloc_cache(), net/core/page_pool.c, 7.0.
// Omits   Two locks, one at each end: here it is one.
// Rule    Taken in a softirq, or in a task with softirqs held off; never in a hardirq.

import Machine
import PageAllocator

/// One ring of up to 64 pages, in the machine's memory; copying it copies no state.
struct PagePoolRing: BitwiseCopyable, Sendable {
  static var capacity: Int { 64 }
  /// Words of a ring: first, count, whether it is closed.
  static var wordCount: Int { 8 }

  private let pages: Table<UInt32>
  private let words: Table<Int>
  private let lock: SpinLock

  init(pages: Table<UInt32>, words: Table<Int>, lock: SpinLock) {
    self.pages = pages
    self.words = words
    self.lock = lock
  }

  /// Tells the machine how the words of the ring of pool `id` are called.
  func nameMemory(of machine: Machine, _ id: Int) {
    machine.name(pages) { "pool[\(id)].ring[\($0)]" }
    machine.name(words) { index in
      "pool[\(id)].ring." + (index < 2 ? ["first", "count"][index] : "closed")
    }
  }

  private var first: Plain<Int> { words.plain(0) }
  private var count: Plain<Int> { words.plain(1) }
  private var closed: Plain<Int> { words.plain(2) }

  /// Puts a page in; false, with the page still the caller's, if it is full or closed.
  func push(_ cpu: CPU, _ frame: PageFrameNumber) -> Bool {
    lock.lock(cpu)
    let held = count.read(cpu)
    let hasRoom = held < Self.capacity && closed.read(cpu) == 0
    if hasRoom {
      pages.plain((first.read(cpu) + held) % Self.capacity).write(cpu, frame.rawValue)
      count.write(cpu, held + 1)
    }
    lock.unlock(cpu)
    return hasRoom
  }

  /// Takes all pages out, up to the room in `slots`; how many it were.
  func popAll(_ cpu: CPU, into slots: PageSlots) -> Int {
    lock.lock(cpu)
    let taken = min(count.read(cpu), slots.count, Self.capacity)
    var slot = first.read(cpu)
    for index in 0..<max(taken, 0) {
      slots[index] = PageFrameNumber(pages.plain(slot % Self.capacity).read(cpu))
      slot += 1
    }
    first.write(cpu, slot % Self.capacity)
    count.add(cpu, -max(taken, 0))
    lock.unlock(cpu)
    return max(taken, 0)
  }

  /// Refuses pages from now on, or takes them again.
  func setClosed(_ cpu: CPU, _ isClosed: Bool) {
    lock.lock(cpu)
    closed.write(cpu, isClosed ? 1 : 0)
    lock.unlock(cpu)
  }
}
