// Runs a CPU's code on a stack of its own, so that it can be left in the middle.
//
// A broken allocator must neither crash nor hang the tester: when a rule breaks, each CPU leaves its
// code at its next point by switching back to its thread.  What the frames left behind hold is
// pointers into the machine's memory, so nothing is lost.

import CMachine

/// One call of `body` on a fiber of the calling thread.
final class FiberCall {
  private let pool: FiberPool
  private var fiber: Fiber?
  private let cpu: CPU
  private var body: ((CPU) -> Void)?
  /// True if the body came to its end, false if it left.
  private(set) var ended = false

  /// Runs `body` on `cpu`, the calling thread being that CPU; returns when it ends or leaves.
  /// True if it ended.
  ///
  /// The body escapes: a fiber that was left keeps its frames' references for ever.
  static func run(
    _ cpu: CPU, stackBytes: Int = 256 << 10, _ body: @escaping (CPU) -> Void
  ) -> Bool {
    let call = FiberCall(cpu, stackBytes: stackBytes, body)
    call.start()
    return call.ended
  }

  private init(_ cpu: CPU, stackBytes: Int, _ body: @escaping (CPU) -> Void) {
    self.cpu = cpu
    self.body = body
    do {
      pool = try FiberPool(stackBytes: stackBytes)
    } catch {
      fatalError("no memory for the stack of a CPU: \(error)")
    }
  }

  private func start() {
    let this = Unmanaged.passUnretained(self).toOpaque()
    cpu.record.pointee.leave = { context, _, _ in FiberCall.at(context).switchBack() }
    cpu.record.pointee.leaveContext = this
    let entry: @convention(c) (UnsafeMutableRawPointer?) -> Void = { FiberCall.at($0).enter() }
    do {
      let fiber = try pool.start(entry: entry, argument: this)
      self.fiber = fiber
      pool.thread.switchTo(fiber)
      pool.abandon(fiber)
    } catch {
      fatalError("no memory for the stack of a CPU: \(error)")
    }
    cpu.record.pointee.leave = nil
    cpu.record.pointee.leaveContext = nil
    body = nil
  }

  private func enter() {
    body?(cpu)
    ended = true
    switchBack()
  }

  private func switchBack() { fiber?.switchTo(pool.thread) }

  private static func at(_ context: UnsafeMutableRawPointer?) -> FiberCall {
    guard let context else { fatalError("a fiber call knows itself") }
    return Unmanaged<FiberCall>.fromOpaque(context).takeUnretainedValue()
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
}
