// One thread of a pattern: the loops that are timed, the same for both sides.
//
// Rule  What is drawn at random is drawn before the clock is read, and the same for both sides.

import Machine
import PageAllocator

/// One thread's part of one step.
struct BenchLane<Side: BenchSide> {
  let side: Side
  let own: Side.Slots
  let other: Side.Slots
  let task: BenchTask
  var random: RandomStream
  /// What each phase of the pattern took.
  private(set) var times: [PhaseTime]

  init(side: Side, own: Side.Slots, other: Side.Slots, _ task: BenchTask) {
    self.side = side
    self.own = own
    self.other = other
    self.task = task
    random = RandomStream(seed: task.seed)
    times = task.pattern.phases(task.sizes).map { _ in PhaseTime() }
  }

  var sizes: BenchSizes { task.sizes }

  /// Does the step; times are in `times` then.
  mutating func perform() {
    switch task.pattern {
    case .repeat: repeatPairs(.zero, sizes.pairs)
    case .order9: repeatPairs(.huge, sizes.hugePairs)
    case .bulk, .randomFree:
      for _ in 0..<sizes.rounds {
        holdPages()
        if task.pattern == .randomFree { shuffle(own) }
        freePages(own)
      }
    case .crossFree:
      if task.step == 0 { return holdPages() }
      shuffle(other)
      freePages(other)
    case .mixed: replaceBlocks()
    case .bulkCall: bulkCalls()
    case .pagePoolSlow:
      usePool(phase: 0, clears: true)
      usePool(phase: 1, clears: false)
    }
  }

  /// Times `body`, which returns its failures.
  @inline(__always)
  mutating func time(_ phase: Int, _ operations: Int, _ body: () -> Int) {
    let start = ThreadClock.now()
    let failures = body()
    let end = ThreadClock.now()
    times[phase].add(
      PhaseTime(nanoseconds: end - start, operations: operations, failures: failures))
  }

  private mutating func repeatPairs(_ order: Order, _ count: Int) {
    let side = side
    time(0, count) {
      var failures = 0
      for _ in 0..<count {
        if let frame = side.take(order) {
          side.give(frame, order)
        } else {
          failures += 1
        }
      }
      return failures
    }
  }

  /// Allocates into all slots that pages are held in.
  private mutating func holdPages() {
    let (side, slots, count) = (side, own, sizes.held)
    time(0, count) {
      var failures = 0
      for index in 0..<count {
        let frame = side.take(.zero)
        slots[index] = frame
        if frame == nil { failures += 1 }
      }
      return failures
    }
  }

  private mutating func freePages(_ slots: Side.Slots) {
    let (side, count) = (side, sizes.held)
    time(1, count) {
      for index in 0..<count {
        if let frame = slots[index] { side.give(frame, .zero) }
      }
      return 0
    }
  }

  private mutating func shuffle(_ slots: Side.Slots) {
    var last = sizes.held - 1
    while last > 0 {
      let index = random.below(last + 1)
      let frame = slots[last]
      slots[last] = slots[index]
      slots[index] = frame
      last -= 1
    }
  }
}
