// Fibers: many stacks that one thread runs in turn, so that the deterministic mode can stop a
// simulated CPU at any scheduling point and go on with another. The unsafe part is C and assembly
// (CMachine); this file gives it two types whose invariants make the rest safe to use.

import CMachine

/// How a sanitizer sees the switch between two fibers; without one the two are the same.
public enum FiberSwitchOrder {
  /// What the old fiber did happens before what the new one does next.
  case synchronizing
  /// The switch orders nothing: only the locks and atomics of the code under test do, so
  /// ThreadSanitizer finds a missing one although there is a single thread. The first entry of a
  /// fiber synchronizes all the same.
  case unordered
}

/// Why a fiber could not be made.
public enum FiberError: Error, Equatable {
  /// The system refused the memory of a stack; `errno` is its error number.
  case noStack(errno: Int32)
  /// The stack of the calling thread could not be found out; `errno` is the error number.
  case noThread(errno: Int32)
}

/// One stack and what runs on it: a name, free to copy, for a fiber that its pool owns.
///
/// Invariant: `control` points at a control block of a living pool, and only the thread of that
/// pool uses it (neither type is `Sendable`). A fiber must not be used after its pool is gone. All
/// other misuse is caught: CMachine checks the state of both fibers at every switch.
@safe public struct Fiber {
  let control: UnsafeMutablePointer<pt_fiber>

  /// Stops this fiber, which must be the running one, and runs `target`, which must be started and
  /// not running. Returns when another fiber switches to this one, and never if this one is
  /// abandoned: then nothing on its stack is released or unlocked. Takes no lock, allocates
  /// nothing; must not be called from a signal handler.
  @_noLocks @_noAllocation
  public func switchTo(_ target: Fiber, order: FiberSwitchOrder = .synchronizing) {
    unsafe pt_fiber_switch(
      control, target.control,
      order == .unordered ? pt_fiber_unordered : pt_fiber_synchronizing)
  }

  /// As `switchTo`, without its checks: for a scheduler that knows that this fiber runs, and that
  /// `target` is another one that is started.
  @_noLocks @_noAllocation
  @inline(__always) func leapTo(_ target: Fiber) { unsafe pt_fiber_leap(control, target.control) }

  /// As `leapTo`, for a `target` that stopped in one of the two: it calls `call(argument)` before
  /// it goes on.
  @_noLocks @_noAllocation
  @inline(__always) func leapTo(
    _ target: Fiber, calling call: @convention(c) (UnsafeMutableRawPointer?) -> Void,
    _ argument: UnsafeMutableRawPointer
  ) { unsafe pt_fiber_leap_calling(control, target.control, call, argument) }

  /// Makes this fiber, which is not running, forget what it did and begin `entry(argument)` anew.
  /// As with `FiberPool.abandon`, nothing on its stack is unwound.
  func restart(
    entry: @convention(c) (UnsafeMutableRawPointer?) -> Void, argument: UnsafeMutableRawPointer?
  ) {
    unsafe pt_fiber_reset(control)
    unsafe pt_fiber_start(control, entry, argument)
  }
}

/// The fibers of one thread, with their stacks kept for reuse: making a stack costs microseconds.
///
/// Invariant: the control block of every fiber in `owned` lives until the pool is gone, `idle`
/// holds exactly the ones with an empty stack, and `thread` is the thread that made the pool.
@safe public final class FiberPool {
  /// The usable bytes that a stack may have.
  public static let stackBytesAllowed = 16 << 10...1 << 30

  /// The thread that made the pool, on its own stack; running at first.
  public let thread: Fiber

  private let stackBytes: Int
  private var owned: [Fiber] = []
  private var idle: [Fiber] = []

  /// A pool for the calling thread, which alone may use it and must be the one to release it.
  /// - Parameter stackBytes: usable bytes of each stack, in `stackBytesAllowed`, rounded up to
  ///   pages. Only pages that were touched take memory. Below each stack is a guard of at least
  ///   64 KiB, on which an overflow stops the process.
  public init(stackBytes: Int = 256 << 10) throws(FiberError) {
    precondition(
      Self.stackBytesAllowed.contains(stackBytes),
      "a fiber's stack has between 16 KiB and 1 GiB")
    self.stackBytes = stackBytes
    guard let control = unsafe pt_fiber_adopt_thread() else {
      throw .noThread(errno: pt_errno())
    }
    thread = unsafe Fiber(control: control)
  }

  /// Bytes of a stack with its guard.
  static func byteCount(stackBytes: Int) -> Int { stackBytes + (64 << 10) + 4096 }

  /// Frees all stacks. The pool must be released by its thread on its own stack.
  deinit {
    // The thread goes last: that it runs proves that no fiber of the pool does.
    for fiber in owned { unsafe pt_fiber_destroy(fiber.control) }
    unsafe pt_fiber_destroy(thread.control)
  }

  /// How many stacks the pool has made, in use or not.
  public var stackCount: Int { owned.count }

  /// A fiber that will run `entry(argument)` when it is first switched to.
  ///
  /// `entry` must not return: when it is done it switches away for the last time, and whoever goes
  /// on abandons it. No error may leave it. Throws when there is no memory for another stack.
  public func start(
    entry: @convention(c) (UnsafeMutableRawPointer?) -> Void,
    argument: UnsafeMutableRawPointer?
  ) throws(FiberError) -> Fiber {
    let fiber = try takeIdle()
    unsafe pt_fiber_start(fiber.control, entry, argument)
    return fiber
  }

  /// Takes back a fiber that is not running, whether it is done, in the middle or never entered.
  /// Its frames vanish without being unwound: what they own leaks and what they locked stays so.
  /// For ThreadSanitizer all that the fiber did happens before the return.
  public func abandon(_ fiber: Fiber) {
    unsafe pt_fiber_reset(fiber.control)
    idle.append(fiber)
  }

  private func takeIdle() throws(FiberError) -> Fiber {
    if let fiber = idle.popLast() { return fiber }
    guard let control = unsafe pt_fiber_create(stackBytes) else {
      throw .noStack(errno: pt_errno())
    }
    let fiber = unsafe Fiber(control: control)
    owned.append(fiber)
    return fiber
  }
}
