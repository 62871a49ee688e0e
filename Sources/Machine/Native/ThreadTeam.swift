// Threads that start together, or not at all.
//
// Threads of their own and not Dispatch's: Dispatch has no more than 255, and where the system
// makes no more it tries again for ever, in the thread that asked.

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
  private let body: @Sendable (Int) -> Void
  private let group = DispatchGroup()
  private let ready = DispatchSemaphore(value: 0)
  private let gate = DispatchSemaphore(value: 0)
  private let isCalledOff = Atomic(false)
  private let count: Int

  /// Makes `count` threads, which wait until `open`.
  ///
  /// - Throws: ``NoThreads`` if the system does not make them all; those that it made are gone
  ///   then.
  init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws(NoThreads) {
    self.count = count
    self.body = body
    for index in 0..<count where !start(index) {
      isCalledOff.store(true, ordering: .releasing)
      for _ in 0..<index { gate.signal() }
      group.wait()
      throw NoThreads(wanted: count, made: index)
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

  private func start(_ index: Int) -> Bool {
    group.enter()
    let seat = Unmanaged.passRetained(Seat(self, index))
    let entry: pt_thread_entry = { argument in
      guard let argument else { return nil }
      Unmanaged<Seat>.fromOpaque(argument).takeRetainedValue().run()
      return nil
    }
    if pt_thread_start(entry, seat.toOpaque()) == 0 { return true }
    seat.release()
    group.leave()
    return false
  }

  /// One thread's place.
  private final class Seat: Sendable {
    private let team: ThreadTeam
    private let index: Int

    init(_ team: ThreadTeam, _ index: Int) {
      self.team = team
      self.index = index
    }

    func run() {
      team.ready.signal()
      team.gate.wait()
      if !team.isCalledOff.load(ordering: .acquiring) { team.body(index) }
      team.group.leave()
    }
  }
}
