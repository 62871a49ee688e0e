// The threads of a bench: private serial queues, which get a thread each at once, and a gate that
// blocks until all of them are there.

import Dispatch
import Synchronization

/// Threads that start together.
final class BenchTeam: Sendable {
  private let queues: [DispatchQueue]

  /// A team of `count` threads.
  init(count: Int) {
    queues = (0..<count).map {
      DispatchQueue(label: "pagetorture.bench\($0)", qos: .userInitiated)
    }
  }

  /// Runs `body` on all threads at once, with the number of each; the sum of what they return, nil
  /// if one of them returned nil.
  func run(_ body: @escaping @Sendable (Int) -> [PhaseTime]?) -> [PhaseTime]? {
    let group = DispatchGroup()
    let ready = DispatchSemaphore(value: 0)
    let gate = DispatchSemaphore(value: 0)
    let spread = Rendezvous(count: queues.count)
    let sum = PhaseSum()
    for (index, queue) in queues.enumerated() {
      queue.async(group: group) {
        ready.signal()
        gate.wait()
        spread.wait(index)
        sum.add(body(index))
      }
    }
    for _ in queues { ready.wait() }
    for _ in queues { gate.signal() }
    group.wait()
    return sum.total
  }
}

/// The times of several threads, added up.
private final class PhaseSum: Sendable {
  private let state = Mutex<[PhaseTime]?>([])

  func add(_ times: [PhaseTime]?) {
    state.withLock { sum in
      guard let old = sum, let times else {
        sum = nil
        return
      }
      sum = old.isEmpty ? times : old.added(times)
    }
  }

  var total: [PhaseTime]? { state.withLock { $0 } }
}

extension [PhaseTime] {
  /// The sum of two of the same pattern.
  func added(_ other: [PhaseTime]) -> [PhaseTime] {
    var sum = self
    for index in indices { sum[index].add(other[index]) }
    return sum
  }
}
