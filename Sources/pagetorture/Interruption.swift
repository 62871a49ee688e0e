// Ctrl-C and `kill`: the first asks the run to end, with its report; the second ends the program.

import Dispatch
import Foundation
import Synchronization

/// Watches for signals as long as it lives.
final class Interruption {
  private final class Count: Sendable {
    let signals = Atomic<Int>(0)
  }

  private let count = Count()
  private let sources: [any DispatchSourceSignal]

  /// Starts to watch for SIGINT and SIGTERM.
  init() {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for (source, number) in zip(sources, [SIGINT, SIGTERM]) {
      source.setEventHandler { [count] in Interruption.handle(number, count) }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// True after the first signal.
  var isRequested: Bool { count.signals.load(ordering: .relaxed) > 0 }

  private static func handle(_ number: Int32, _ count: Count) {
    let before = count.signals.add(1, ordering: .relaxed).oldValue
    if before > 0 {
      if StandardStreams.standardErrorIsTerminal { StandardStreams.writeError("\n") }
      _exit(128 + number)
    }
  }
}
