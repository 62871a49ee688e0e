// A judge of the allocator's events, which schedules use again and again.

import PageAllocator

/// A subscriber that judges, and forgets between two schedules.
public protocol AllocatorListener: TracepointSubscriber {
  /// What counts how often it judged.
  var judged: CheckerCounter { get }
  /// Takes all for as it was at the start; no CPU is running.
  func reset()
}
