// The C reference as a side of the bench. The one file of the bench that holds raw memory: C's.

import CReference
import PageAllocator

/// The reference as one thread sees it.
///
/// Safe because its subject outlives every lane.
@safe struct ReferenceSide: BenchSide {
  let allocator: OpaquePointer
  let thread: UInt32

  @inline(__always) func take(_ order: Order) -> PageFrameNumber? {
    let frame = unsafe creference_allocate(allocator, thread, UInt32(order.rawValue))
    return frame == CREFERENCE_NONE ? nil : PageFrameNumber(frame)
  }

  @inline(__always) func give(_ frame: PageFrameNumber, _ order: Order) {
    unsafe creference_free(allocator, thread, frame.rawValue, UInt32(order.rawValue))
  }

  @inline(__always) func takeBulk(into slots: ReferenceSlots, count: Int) -> Int {
    Int(
      unsafe creference_allocate_bulk(
        allocator, thread, slots.base, UInt32(truncatingIfNeeded: count)))
  }

  @inline(__always) func giveBulk(_ slots: ReferenceSlots, count: Int) {
    unsafe creference_free_bulk(allocator, thread, slots.base, UInt32(truncatingIfNeeded: count))
  }
}

/// Slots in the reference's form: a frame's number plus 1, or 0.
///
/// Safe because its subject outlives every lane, and an index is checked in debug builds.
@safe struct ReferenceSlots: BenchSlots {
  let base: UnsafeMutablePointer<UInt32>
  let count: Int

  subscript(index: Int) -> PageFrameNumber? {
    @inline(__always) get {
      assert(index >= 0 && index < count, "an index is inside its slots")
      let value = unsafe base[index]
      return value == 0 ? nil : PageFrameNumber(value &- 1)
    }
    @inline(__always) nonmutating set {
      assert(index >= 0 && index < count, "an index is inside its slots")
      unsafe base[index] = newValue.map { $0.rawValue &+ 1 } ?? 0
    }
  }

  func slice(from start: Int, count: Int) -> ReferenceSlots {
    precondition(start >= 0 && count >= 0 && start + count <= self.count, "a slice is inside")
    return unsafe ReferenceSlots(base: base + start, count: count)
  }

  func clear() { unsafe base.update(repeating: 0, count: count) }
}

/// The reference with the slots of its lanes.
///
/// Safe to hand to threads because each lane uses only its own number and, between two steps, the
/// slots of one other.
@safe final class ReferenceSubject: BenchSubject, @unchecked Sendable {
  let name = "reference"
  private let allocator: OpaquePointer
  private let memory: UnsafeMutablePointer<UInt32>
  private let slots: [ReferenceSlots]
  private let frames: Int

  /// A reference with all memory free; throws if this machine has not enough.
  init(cpuCount: Int, slotCount: Int, _ options: BenchOptions) throws(BenchError) {
    frames = options.frames
    guard
      let allocator = unsafe creference_create(
        UInt32(options.frames), UInt32(cpuCount), UInt32(options.batch), UInt32(options.high))
    else { throw BenchError("no memory for the page structs of \(options.frames) frames") }
    unsafe self.allocator = unsafe allocator
    // A line between two lanes, so that they do not share one.
    let stride = slotCount + 16
    unsafe memory = .allocate(capacity: cpuCount * stride)
    unsafe memory.initialize(repeating: 0, count: cpuCount * stride)
    let base = unsafe memory
    slots = (0..<cpuCount).map {
      unsafe ReferenceSlots(base: base + $0 * stride, count: slotCount)
    }
  }

  deinit {
    unsafe creference_destroy(allocator)
    unsafe memory.deallocate()
  }

  func perform(_ task: BenchTask) -> [PhaseTime]? {
    var lane = BenchLane(
      side: unsafe ReferenceSide(allocator: allocator, thread: UInt32(task.cpu)),
      own: slots[task.lane], other: slots[task.other], task)
    lane.perform()
    return lane.times
  }

  func missingPages() -> Int? { frames - Int(unsafe creference_drain(allocator)) }
}
