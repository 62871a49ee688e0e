// Ctrl-C and `kill`: the first asks the run to end, with its report; the second ends the program.
// A terminal that is closed asks too, but never ends it: shells and kernels tell of that twice.

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

  /// Watches for SIGINT and SIGTERM, and for SIGHUP unless `nohup` turned it off.  Returns when it
  /// does: a signal before that does what it did, nearly always end the program, in which nothing
  /// has begun; none after it is lost.
  init() {
    var numbers = [SIGINT, SIGTERM]
    if !Interruption.isIgnored(SIGHUP) { numbers.append(SIGHUP) }
    sources = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: .global()) }
    // Another thread installs the handler of each source, some time after `resume`.
    let installed = DispatchGroup()
    for (source, number) in zip(sources, numbers) {
      source.setEventHandler { [count] in Interruption.handle(number, count) }
      installed.enter()
      source.setRegistrationHandler { installed.leave() }
      source.resume()
    }
    installed.wait()
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// True after the first signal.
  var isRequested: Bool { count.signals.load(ordering: .relaxed) > 0 }

  /// The same as a question that threads may ask.
  var question: @Sendable () -> Bool {
    let count = count
    return { count.signals.load(ordering: .relaxed) > 0 }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    let before = signal(number, SIG_IGN)
    signal(number, before)
    let ignored = unsafe unsafeBitCast(SIG_IGN, to: Int.self)
    return unsafe unsafeBitCast(before, to: Int.self) == ignored
  }

  private static func handle(_ number: Int32, _ count: Count) {
    if number == SIGHUP {
      // No more than a first request, however often it comes.
      _ = count.signals.compareExchange(expected: 0, desired: 1, ordering: .relaxed)
      return
    }
    let before = count.signals.add(1, ordering: .relaxed).oldValue
    if before > 0 {
      if StandardStreams.standardErrorIsTerminal { StandardStreams.writeError("\n") }
      _exit(128 + number)
    }
  }
}
