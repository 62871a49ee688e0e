// The allocator's tracepoints: what judges, statistics and a trace's comparison listen to.
//
// The allocator knows no judge.  When nobody listens a tracepoint is one predictable branch.

import CMachine
import Machine

/// What happened.
public enum TracepointKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// A block was handed out; before the caller sees it.
  case allocated
  /// A block was given back; before anybody can take it.
  case freed
  /// A block was taken under the zone lock; `value` 1 for a refill of per-CPU lists.
  case zoneLocked
  /// A block went from a per-CPU list to the buddy lists.
  case drained
  /// An allocation fell back to another type; `value` is the type, `order` that of the block.
  case fellBack
  /// A pageblock has a new type; `value` is the old one.
  case retyped
  /// A bulk allocation begins: `value` slots are asked for.
  case bulkBegin
  /// A bulk allocation returned `value`.
  case bulkEnd
  /// A bulk allocation tried the single-page path.
  case bulkSingle
  /// A frame was taken off the buddy lists for good.
  case takenOffBuddy
  /// Such a frame was put back.
  case putBackBuddy
  /// No zone has plenty for a request: all allowed ones are looked at now.  `value` is its gfp, and
  /// its node from bit 32.
  case scanBegins
  /// A request failed; `value` as for `scanBegins`.
  case failed
}

/// Something of each subscriber that there can be.
typealias BySubscriber<Element> = InlineArray<16, Element>
/// Something of each kind of event; a mask of kinds has a bit for each.
typealias ByTracepointKind<Element> = InlineArray<32, Element>

/// One event.
public struct TracepointEvent: BitwiseCopyable, Sendable {
  /// What happened.
  public var kind: TracepointKind
  /// The order of the block.
  public var order: Order
  /// The type of the list.
  public var type: Migratetype
  /// The first frame of the block; frame 0 if the event is about none.
  public var frame: PageFrameNumber
  /// As the kind says.
  public var value: Int
  /// The array of a bulk allocation; nil for other kinds.
  public var slots: PageSlots?
}

/// Somebody who listens.
///
/// `receive` runs on the CPU and in the context that the event happens in, often under a lock: it
/// touches only the context's own state or atomics, and neither allocates nor retains.
open class TracepointSubscriber {
  /// A subscriber that ignores everything.
  public init() {}

  /// The kinds to be told of.
  open var kinds: [TracepointKind] { [] }

  /// Called for each event of these kinds.
  open func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {}
}

/// What travels through the trampoline.
@unsafe private struct Delivery {
  var cpu: CPU
  var event: TracepointEvent
  var subscriber: Unmanaged<TracepointSubscriber>

  /// Tells the subscriber of the delivery at `object`.
  static func deliver(_ object: UnsafeMutableRawPointer?) {
    guard let object = unsafe object else { return }
    let delivery = unsafe object.assumingMemoryBound(to: Delivery.self)
    let cpu = unsafe delivery.pointee.cpu
    unsafe delivery.pointee.subscriber._withUnsafeGuaranteedRef {
      unsafe $0.receive(cpu, delivery.pointee.event)
    }
  }
}

extension PageAllocator {
  /// Starts telling `subscriber`, which must outlive the runs; no CPU is running.
  public func subscribe(_ subscriber: TracepointSubscriber) {
    let index = Int(unsafe state.pointee.subscriberCount)
    precondition(
      index < (unsafe state.pointee.subscriberMasks.count), "at most 16 subscribers")
    var mask: UInt32 = 0
    for kind in subscriber.kinds {
      let bit = UInt32(1) << UInt32(kind.rawValue)
      let isFirst = unsafe state.pointee.traceMask & bit == 0
      unsafe state.pointee.onlySubscribers[Int(kind.rawValue)] = isFirst ? UInt8(index + 1) : 0
      mask |= bit
    }
    unsafe state.pointee.subscribers[index] = Unmanaged.passUnretained(subscriber)
    unsafe state.pointee.subscriberMasks[index] = mask
    unsafe state.pointee.subscriberCount += 1
    unsafe state.pointee.traceMask |= mask
  }

  @inline(always) func emit(
    _ cpu: CPU, _ kind: TracepointKind, _ frame: PageFrameNumber, _ order: Order,
    _ type: Migratetype, _ value: Int = 0, slots: PageSlots? = nil
  ) {
    if unsafe state.pointee.traceMask & (1 << UInt32(kind.rawValue)) != 0 {
      tell(
        cpu,
        TracepointEvent(
          kind: kind, order: order, type: type, frame: frame, value: value, slots: slots))
    }
  }

  @inline(never) private func tell(_ cpu: CPU, _ event: TracepointEvent) {
    let number = Int(unsafe state.pointee.onlySubscribers[Int(event.kind.rawValue)])
    guard number != 0, let only = unsafe state.pointee.subscribers[number - 1] else {
      return tellAll(cpu, event)
    }
    unsafe deliver(cpu, event, to: only)
  }

  @inline(never) private func tellAll(_ cpu: CPU, _ event: TracepointEvent) {
    let bit = UInt32(1) << UInt32(event.kind.rawValue)
    for index in 0..<Int(unsafe state.pointee.subscriberCount)
    where unsafe state.pointee.subscriberMasks[index] & bit != 0 {
      guard let subscriber = unsafe state.pointee.subscribers[index] else { continue }
      unsafe deliver(cpu, event, to: subscriber)
    }
  }

  @inline(always) private func deliver(
    _ cpu: CPU, _ event: TracepointEvent, to subscriber: Unmanaged<TracepointSubscriber>
  ) {
    var delivery = unsafe Delivery(cpu: cpu, event: event, subscriber: subscriber)
    // A literal: a global is made at its first use, which an interrupt may cut into.
    unsafe _withUnprotectedUnsafeMutablePointer(to: &delivery) {
      unsafe pt_hook_call(
        { _, _, object in unsafe Delivery.deliver(object) }, nil, 0, UnsafeMutableRawPointer($0))
    }
  }
}
