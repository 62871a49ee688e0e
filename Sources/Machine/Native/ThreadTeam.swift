// Dispatch worker threads that start together, or not at all: one private serial queue each,
// because only these give each block a thread of its own at once.
//
// Dispatch has 255 threads for such queues, and where the system makes no more it tries again for
// ever, in the thread that asked.  So a team first tries whether the system makes as many, and
// takes its seats among the 255 before it asks; a team that finds too few free waits for another
// to end.

import CMachine
import Dispatch
import Synchronization

/// The system makes fewer threads than were wanted.
public struct NoThreads: Error, Equatable, Sendable, CustomStringConvertible {
  /// Threads that were wanted, and that the system made.
  public let wanted: Int
  public let made: Int

  /// One line for the user.
  public var description: String {
    "not enough threads: \(wanted) are wanted, and the system makes no more than \(made)"
  }
}

/// Some threads, each with a number.
final class ThreadTeam: Sendable {
  /// Threads that Dispatch has for private queues.
  static let countMax = 255
  private static let seats = DispatchSemaphore(value: countMax)
  /// One team at a time takes seats, so that no two wait for each other's.
  private static let door = DispatchSemaphore(value: 1)

  private let body: @Sendable (Int) -> Void
  private let group = DispatchGroup()
  private let ready = DispatchSemaphore(value: 0)
  private let gate = DispatchSemaphore(value: 0)
  private let count: Int

  /// Makes `count` threads, which wait until `open`.
  ///
  /// - Parameter qos: the kernel lets those of a higher one in first, if the user may ask for that.
  /// - Throws: ``NoThreads`` if the system, or Dispatch, does not make as many.
  init(
    _ count: Int, qos: DispatchQoS = .default, _ body: @escaping @Sendable (Int) -> Void
  ) throws(NoThreads) {
    self.count = count
    self.body = body
    let made = min(Int(pt_threads_made(Int32(clamping: count))), Self.countMax)
    if made < count { throw NoThreads(wanted: count, made: made) }
    Self.door.wait()
    for _ in 0..<count { Self.seats.wait() }
    Self.door.signal()
    for index in 0..<count {
      DispatchQueue(label: "pagetorture\(index)", qos: qos).async(group: group) { self.run(index) }
    }
    // Each has come to the gate, so that all begin at once.
    for _ in 0..<count { ready.wait() }
  }

  /// Lets all threads begin: thread n runs the body with n.
  func open() {
    for _ in 0..<count { gate.signal() }
  }

  /// Waits until all threads are done; false if they are not at `deadline`.
  func wait(until deadline: DispatchTime = .distantFuture) -> Bool {
    group.wait(timeout: deadline) == .success
  }

  private func run(_ index: Int) {
    ready.signal()
    gate.wait()
    body(index)
    Self.seats.signal()
  }
}
