// A system call that failed, in the system's words.

import Foundation

/// Why a system call failed.
struct SystemError: Error, CustomStringConvertible {
  /// The number of the error.
  let code: Int32

  /// The error of the call that has just failed.
  static var last: SystemError { SystemError(code: errno) }

  /// The system's words, starting in lower case.
  var description: String {
    let text = unsafe String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
