// Says which input was being read when the program trapped or hung: the line that replays it.

import Dispatch
import Foundation
import Fuzzing
import Synchronization

/// The input that is being read.
enum CrashReport {
  /// Seconds after which an input counts as a hang.
  private static let hangSeconds = 60

  private static let number = Atomic<UInt64>(0)
  private static let seed = Atomic<UInt64>(0)
  /// Position in `FuzzReader.allCases`; -1 while nothing is read.
  private static let reader = Atomic<Int>(-1)
  private static let names = FuzzReader.allCases.map(\.rawValue)

  /// Starts to watch over the inputs of a reader.
  static func begin(_ which: FuzzReader, seed: UInt64) {
    self.seed.store(seed, ordering: .relaxed)
    number.store(0, ordering: .relaxed)
    let isFirst = reader.load(ordering: .relaxed) < 0
    reader.store(names.firstIndex(of: which.rawValue) ?? 0, ordering: .relaxed)
    if isFirst { install() }
  }

  /// Input number `next` is read now.
  static func note(_ next: UInt64) { number.store(next, ordering: .relaxed) }

  /// Nothing is read any more.
  static func end() { reader.store(-1, ordering: .relaxed) }

  private static func install() {
    for trap in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
      // The program is lost: what the handler may not call can no longer do harm.
      signal(trap) { trap in
        CrashReport.tell("trapped")
        signal(trap, SIG_DFL)
        raise(trap)
      }
    }
    DispatchQueue(label: "fuzz.watch").async { watch() }
  }

  private static func watch() -> Never {
    var seen: (reader: Int, number: UInt64) = (-1, 0)
    var seconds = 0
    while true {
      sleep(1)
      let now = (reader.load(ordering: .relaxed), number.load(ordering: .relaxed))
      seconds = now == seen ? seconds + 1 : 0
      seen = now
      if now.0 >= 0 && seconds >= hangSeconds {
        tell("took more than \(hangSeconds) s")
        _exit(1)
      }
    }
  }

  private static func tell(_ what: String) {
    let name = names[max(reader.load(ordering: .relaxed), 0)]
    let seed = seed.load(ordering: .relaxed)
    let number = number.load(ordering: .relaxed)
    let text =
      "\(name): seed \(seed), input \(number): the program \(what); again: "
      + "scripts/fuzz --seed \(seed) --only \(number) \(name)\n"
    FileHandle.standardError.write(Data(text.utf8))
  }
}
