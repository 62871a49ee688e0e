// The patterns around the bulk call: the call itself, and the page_pool that lives on it.

import PageAllocator

/// A page_pool's cache holds this many pages: PP_ALLOC_CACHE_SIZE.
private let poolCacheSize = 128
/// And is refilled with this many: PP_ALLOC_CACHE_REFILL.
private let poolRefill = 64

extension BenchLane {
  /// Slots that the patterns of this file need.
  static func bulkSlots(_ sizes: BenchSizes) -> Int {
    max(poolCacheSize, sizes.bulkCalls.max() ?? 0)
  }

  mutating func bulkCalls() {
    for (index, count) in sizes.bulkCalls.enumerated() {
      bulkHot(phase: index * 3, count)
      for _ in 0..<sizes.rounds { bulkHeld(phase: index * 3 + 1, count) }
    }
  }

  /// A call, and all of its pages freed at once.
  private mutating func bulkHot(phase: Int, _ count: Int) {
    let (side, slots) = (side, own.slice(from: 0, count: count))
    let calls = sizes.bulkPages / count
    time(phase, calls * count) {
      var failures = 0
      for _ in 0..<calls {
        slots.clear()
        if !Self.fill(side, slots, count) { failures += 1 }
        side.giveBulk(slots, count: count)
      }
      return failures
    }
  }

  /// Calls until all pages are held, then as many frees.
  private mutating func bulkHeld(phase: Int, _ count: Int) {
    let (side, slots, held) = (side, own, sizes.held)
    slots.clear()
    time(phase, held) {
      var failures = 0
      for start in stride(from: 0, to: held, by: count) {
        let part = slots.slice(from: start, count: count)
        if !Self.fill(side, part, count) { failures += 1 }
      }
      return failures
    }
    time(phase + 1, held) {
      for start in stride(from: 0, to: held, by: count) {
        side.giveBulk(slots.slice(from: start, count: count), count: count)
      }
      return 0
    }
  }

  /// Calls until all slots are full; false if a call brings nothing.
  @inline(__always)
  private static func fill(_ side: Side, _ slots: Side.Slots, _ count: Int) -> Bool {
    var filled = 0
    while filled < count {
      let more = side.takeBulk(into: slots, count: count)
      if more <= filled { return false }
      filled = more
    }
    return true
  }

  /// A page from the pool's cache, freed past the pool, again and again.
  ///
  /// - Parameter clears: the refill empties the slots that it asks to be filled; without, a slot is
  ///   emptied when its page is taken.
  mutating func usePool(phase: Int, clears: Bool) {
    let (side, count) = (side, sizes.poolPages)
    let cache = own.slice(from: 0, count: poolCacheSize)
    let refilled = cache.slice(from: 0, count: poolRefill)
    cache.clear()
    var cached = 0
    time(phase, count) {
      var failures = 0
      for _ in 0..<count {
        if cached == 0 {
          if clears { refilled.clear() }
          cached = side.takeBulk(into: refilled, count: poolRefill)
        }
        if cached == 0 {
          failures += 1
          continue
        }
        cached -= 1
        guard let frame = cache[cached] else { continue }
        if !clears { cache[cached] = nil }
        side.give(frame, .zero)
      }
      return failures
    }
    for index in 0..<cached {
      if let frame = cache[index] { side.give(frame, .zero) }
    }
  }
}
