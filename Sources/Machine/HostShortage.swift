// What becomes of a process whose system has less left than it had when it was asked.
//
// What a run takes is asked for before anything starts (`AddressSpace`).  Another process may have
// taken it by the time it is used: then nothing was measured yet, and nothing
// is there to go on with.

import CMachine
import Glibc

/// The end of a process for want of memory or threads.
enum HostShortage {
  /// The exit status: that of a run that cannot be done as asked.
  private static var exitStatus: Int32 { 2 }

  /// Says in one line on standard error what is missing, and ends the process with status 2.
  static func end(_ error: any Error) -> Never {
    let line = Array("pagetorture: \(error)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    // Other threads may run: what they use stays.
    _exit(exitStatus)
  }
}
