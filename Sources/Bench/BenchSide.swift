// What the model and the C reference have in common: the calls that are measured. The patterns are
// generic over it, so that both sides run the very same loop.

import PageAllocator

/// An allocator as one thread sees it.
protocol BenchSide {
  associatedtype Slots: BenchSlots

  /// A block of `order`; nil if there is none.
  func take(_ order: Order) -> PageFrameNumber?
  /// Gives back what `take` returned.
  func give(_ frame: PageFrameNumber, _ order: Order)
  /// Fills empty slots with single pages; how long a prefix is filled.
  func takeBulk(into slots: Slots, count: Int) -> Int
  /// Gives back the single pages of the first `count` slots, which may be empty afterwards.
  func giveBulk(_ slots: Slots, count: Int)
}

/// Slots that hold a frame or nothing.
protocol BenchSlots {
  var count: Int { get }
  subscript(index: Int) -> PageFrameNumber? { get nonmutating set }
  func slice(from start: Int, count: Int) -> Self
  /// Empties all slots.
  func clear()
}

/// What one lane does in one step.
struct BenchTask: Sendable {
  let pattern: BenchPattern
  /// 0 ..< the pattern's steps.
  let step: Int
  /// Which of `laneCount` threads it is.
  let lane: Int
  let laneCount: Int
  let sizes: BenchSizes
  /// Blocks that a lane of `mixed` holds.
  let mixedBlocks: Int
  /// The same on both sides.
  let seed: UInt64

  /// The CPU that the lane plays: with one thread, what another frees is freed by a second CPU.
  var cpu: Int { laneCount == 1 ? step : lane }
  /// The lane whose pages this one frees.
  var other: Int { (lane + 1) % laneCount }
}

/// An allocator with all that its lanes hold.
protocol BenchSubject: Sendable {
  /// Its name in results.
  var name: String { get }
  /// Does a task on the calling thread; nil if the allocator broke.
  func perform(_ task: BenchTask) -> [PhaseTime]?
  /// Pages that are not free although nobody holds one, after all lists were emptied; nil if the
  /// allocator broke.
  func missingPages() -> Int?
}

/// What a phase took.
struct PhaseTime: Sendable {
  /// Of CPU, of all lanes.
  var nanoseconds: UInt64 = 0
  /// Pages or pairs.
  var operations = 0
  /// Calls that got no memory, or less than they asked for.
  var failures = 0

  mutating func add(_ other: PhaseTime) {
    nanoseconds += other.nanoseconds
    operations += other.operations
    failures += other.failures
  }
}
