// What interrupt handlers keep from one interrupt to the next, so that a run can start and end
// clean.
//
// Rule    Handlers cannot be told that a run ends.  Whoever runs them calls `begin` on each CPU
//         before its first interrupt can come and `finish` after its last.

import Machine

/// The pages that the handlers of one source hold, on all CPUs.
open class HandlerState {
  /// Nothing held.
  public init() {}

  /// Forgets what an earlier run left for this CPU.
  ///
  /// In task context, before interrupts can come.
  open func begin(_ cpu: CPU) {}

  /// Gives back all that the handlers hold for this CPU.
  ///
  /// In task context on that CPU, with no interrupts coming any more.
  open func finish(_ cpu: CPU) {}
}
