// Interrupts that cannot be turned off.
//
// Models  nmi_enter(), nmi_exit(), include/linux/hardirq.h, 7.3.
// Rule    An NMI comes at any point of a task, a softirq or a hardirq, also with interrupts off and
//         with locks held, so its handler waits for no lock that others take.  It never comes into
//         an NMI.  Nothing follows it: the code that it cut into goes on, and a softirq that it
//         raised waits for the end of the next hardirq, or for softirqs to be turned on.

extension CPU {
  /// True if an NMI can come now.
  @inline(__always) public var mayTakeNMI: Bool { record.pointee.context != .nmi }

  /// An NMI has come.
  func runNMI() {
    precondition(mayTakeNMI, "an NMI does not come into an NMI")
    // Nothing comes into it, so its points do not count.
    let pointsLeft = record.pointee.pointsLeft
    record.pointee.pointsLeft = CPURecord.pointsWithoutEnd
    runHandler(of: .nmi)
    record.pointee.pointsLeft = pointsLeft
  }
}
