// Standard output and standard error. A reader that has gone away (`| head`) is no error: the run
// goes on to its other reports. A disk that is full is one.

import Foundation

/// The streams of the program.
enum StandardStreams {
  /// The exit status for bad input and for reports that cannot be written.
  static let failureStatus: Int32 = 2

  /// Must run before anything is opened: a closed stream would otherwise give its number to the
  /// next file, which would then receive what was meant for the terminal.
  static func prepare() {
    // The calls that would raise them fail all the same, and what failed can be told.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) == -1 {
      // The lowest free number is given out, which is this one.
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }

  /// True if progress may be drawn.
  static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes to standard output; returns the exit status, 0 when the reader has gone away.
  static func write(_ text: String) -> Int32 {
    do {
      try FileDescriptor(number: STDOUT_FILENO).write(Array(text.utf8))
      return 0
    } catch {
      if error.code == EPIPE { return 0 }
      return fail("pagetorture: cannot write to standard output: \(error)")
    }
  }

  /// Writes a report, which took a run to make: to standard error if standard output takes none.
  static func writeReport(_ text: String) -> Int32 {
    let status = write(text)
    if status != 0 { writeError(text) }
    return status
  }

  /// Writes to standard error; there is nobody to tell when that fails.
  static func writeError(_ text: String) {
    try? FileDescriptor(number: STDERR_FILENO).write(Array(text.utf8))
  }

  /// Writes one line to standard error; returns the exit status of failures.
  static func fail(_ line: String) -> Int32 {
    writeError(line + "\n")
    return failureStatus
  }
}
