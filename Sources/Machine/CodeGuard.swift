// Leaves code on a fiber that traps, or uses processor time and passes no point.
//
// A broken allocator must neither crash nor hang the tester.  Natively who supervises sees a CPU
// that makes no progress; in a schedule, and where a CPU runs by itself, nobody else is there.
//
// Rule    Both closures run in or after the handler of a signal: they read plain memory and switch
//         stacks.

import CMachine

/// How long code may pass no point.
enum Silence {
  /// Tenths of a second of processor time, while CPUs are scheduled.
  static var tenthsMax: UInt32 { 20 }
  /// So many times longer where no points are counted.
  static var patienceAlone: UInt32 { 10 }
}

extension UnsafeMutablePointer<pt_guard> {
  /// A guard that is not set yet, in memory of its own.
  static func make(
    _ context: UnsafeMutableRawPointer, look: pt_guard_look, land: pt_guard_land
  ) -> UnsafeMutablePointer<pt_guard> {
    let guarding = UnsafeMutablePointer<pt_guard>.allocate(capacity: 1)
    guarding.initialize(
      to: pt_guard(
        look: look, land: land, context: context, silence_max: 0, silence: 0, seen: 0, outer: nil))
    return guarding
  }

  /// Runs code that may switch to fibers, guarded on this thread.
  ///
  /// - Parameter silenceMax: tenths of a second; 0 if somebody else watches.
  func run(silenceMax: UInt32, _ body: () -> Void) {
    pointee.silence_max = silenceMax
    pt_guard_set(self)
    body()
    pt_guard_clear(self)
  }
}

extension CPU {
  /// What the CPU's code ends with after a signal; 0 if it fell silent.
  func leave(after signal: Int32) -> Never {
    if signal == 0 { bug(.stuck, .nothing, 0, id) }
    bug(.trap, .nothing, 0, Int(signal))
  }
}
