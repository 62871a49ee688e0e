// Runs a CPU's code on a stack of its own, so that it can be left in the middle.
//
// A broken allocator must neither crash nor hang the tester: when a rule breaks, each CPU leaves
// its code at its next point by switching back to its thread.  What the frames left behind hold is
// pointers into the machine's memory, so nothing is lost but the reference to the body.

import CMachine

/// One call of a body on a fiber of the calling thread.
///
/// Plain memory that no frame owns: a frame that is left behind releases nothing.
struct FiberCall {
  private let thread: Fiber
  private var fiber: Fiber?
  private let cpu: CPU
  private let body: (CPU) -> Void
  private var ended = false

  /// Runs `body` on `cpu`, the calling thread being that CPU; returns when it ends or leaves.
  ///
  /// - Parameters:
  ///   - pool: of the calling thread; nil for one of its own.
  ///   - silenceMax: tenths of a second of processor time after which it counts as stuck; 0 if
  ///     somebody else sees to that.
  ///   - body: escapes, because a fiber that was left keeps a reference to it.
  /// - Returns: true if the body ended, false if it left.
  static func run(
    _ cpu: CPU, on pool: FiberPool? = nil, silenceMax: UInt32 = 0,
    _ body: @escaping (CPU) -> Void
  ) -> Bool {
    do {
      let pool = try pool ?? FiberPool(stackBytes: 256 << 10)
      let call = UnsafeMutablePointer<FiberCall>.allocate(capacity: 1)
      call.initialize(to: FiberCall(thread: pool.thread, cpu: cpu, body: body))
      defer {
        call.deinitialize(count: 1)
        call.deallocate()
      }
      let fiber = try pool.start(entry: { FiberCall.at($0).enter() }, argument: call)
      call.pointee.fiber = fiber
      cpu.record.pointee.leave = { context, _, _ in FiberCall.at(context).pointee.switchBack() }
      cpu.record.pointee.leaveContext = UnsafeMutableRawPointer(call)
      let guarding = UnsafeMutablePointer<pt_guard>.make(
        UnsafeMutableRawPointer(call),
        look: { context, _ in FiberCall.at(context).pointee.fiber?.control },
        land: { context, signal in FiberCall.at(context).pointee.cpu.leave(after: signal) })
      guarding.run(silenceMax: silenceMax) { pool.thread.switchTo(fiber) }
      guarding.deallocate()
      pool.abandon(fiber)
      cpu.record.pointee.leave = nil
      cpu.record.pointee.leaveContext = nil
      return call.pointee.ended
    } catch {
      HostShortage.end(error)
    }
  }

  private init(thread: Fiber, cpu: CPU, body: @escaping (CPU) -> Void) {
    self.thread = thread
    self.cpu = cpu
    self.body = body
  }

  fileprivate func call() { body(cpu) }

  fileprivate mutating func noteEnd() { ended = true }

  fileprivate func switchBack() { fiber?.switchTo(thread) }

  private static func at(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<FiberCall> {
    guard let context else { fatalError("a fiber call knows itself") }
    return context.assumingMemoryBound(to: FiberCall.self)
  }
}

extension UnsafeMutablePointer<FiberCall> {
  /// The first thing on the fiber; never returns.
  fileprivate func enter() {
    pointee.call()
    pointee.noteEnd()
    pointee.switchBack()
  }
}

extension Machine {
  /// Runs code on one CPU while all others are at rest: set-up, judges' scans, tests.
  ///
  /// False if a rule broke and the code was left; the finding is kept.
  @discardableResult
  public func runAlone(_ id: Int = 0, _ body: @escaping (CPU) -> Void) -> Bool {
    FiberCall.run(cpu(id), body)
  }

  /// The same for code that may never end: after some 20 s of processor time it counts as stuck.
  @discardableResult
  public func runBounded(_ id: Int = 0, _ body: @escaping (CPU) -> Void) -> Bool {
    FiberCall.run(cpu(id), silenceMax: Silence.tenthsMax * Silence.patienceAlone, body)
  }
}
