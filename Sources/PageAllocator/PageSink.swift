// Where the pages of a bulk call go.
//
// Models  The page_array loop of alloc_pages_bulk_noprof(), mm/page_alloc.c, 7.3.

import Machine

/// Takes pages one by one.
protocol PageSink {
  /// Moves on to the next place for a page; false if there is none.
  mutating func advance(_ cpu: CPU) -> Bool

  /// Puts a page where `advance` stopped.
  mutating func put(_ frame: PageFrameNumber)

  /// Places for pages from here on; at least 1 after `advance`.
  func wanted(_ cpu: CPU) -> Int
}

/// The empty slots of an array; occupied ones are passed over.
struct HoleSink: PageSink {
  private let slots: PageSlots
  private let count: Int
  /// All slots below are occupied.
  private(set) var index = 0
  /// Pages that were put.
  private(set) var added = 0

  /// The first `count` slots from `index` on.
  @inline(always) init(_ slots: PageSlots, count: Int, from index: Int) {
    self.slots = slots
    self.count = count
    self.index = index
  }

  @inline(always) mutating func advance(_ cpu: CPU) -> Bool {
    while index < count {
      if slots.content(cpu, index, of: count) == nil { return true }
      index &+= 1
    }
    return false
  }

  @inline(always) mutating func put(_ frame: PageFrameNumber) {
    slots[index] = frame
    added &+= 1
    index &+= 1
  }

  @inline(always) func wanted(_ cpu: CPU) -> Int {
    var empty = 0
    for place in index..<count where slots.content(cpu, place, of: count) == nil { empty &+= 1 }
    return empty
  }
}
