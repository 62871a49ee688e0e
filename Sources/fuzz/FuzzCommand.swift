// Reads the words of the command line, makes the samples, and counts what becomes of each input.

import Foundation
import Fuzzing

/// A word of the command line that is none.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}

/// One call of the program.
struct FuzzCommand {
  private var inputs: UInt64 = 1_000_000
  private var seed: UInt64 = 1
  private var only: UInt64?
  private var folder = "."
  private var readers: [FuzzReader] = []

  /// Feeds all inputs; returns the exit status: 0 none was wrong, 1 one was, 2 bad usage.
  static func run(_ words: [String]) -> Int32 {
    do {
      return try FuzzCommand(words).run()
    } catch {
      FileHandle.standardError.write(Data("scripts/fuzz: \(error)\n".utf8))
      return 2
    }
  }

  private init(_ words: [String]) throws {
    var left = words[...]
    while let word = left.popFirst() {
      switch word {
      case "--inputs": inputs = try Self.number(word, left.popFirst())
      case "--seed": seed = try Self.number(word, left.popFirst())
      case "--only": only = try Self.number(word, left.popFirst())
      case "--folder": folder = left.popFirst() ?? folder
      default:
        guard let reader = FuzzReader(rawValue: word) else {
          let known = FuzzReader.allCases.map(\.rawValue).joined(separator: ", ")
          throw UsageError(
            description: "\(word) is neither an option (--inputs N, --seed S, --only NUMBER) "
              + "nor a reader (\(known))")
        }
        readers.append(reader)
      }
    }
    if readers.isEmpty { readers = FuzzReader.allCases }
  }

  private static func number(_ option: String, _ word: String?) throws -> UInt64 {
    guard let word, let number = UInt64(word) else {
      throw UsageError(description: "\(option) needs a whole number")
    }
    return number
  }

  private func run() throws -> Int32 {
    let samples = try samples()
    var wrong = 0
    for reader in readers {
      CrashReport.begin(reader, seed: seed)
      let fuzzer = Fuzzer(reader, samples, seed: seed)
      let numbers = only.map { $0..<$0 + 1 } ?? 0..<inputs
      wrong += feed(fuzzer, reader, numbers)
    }
    CrashReport.end()
    return wrong == 0 ? 0 : 1
  }

  /// Feeds the inputs of these numbers; returns how many were wrong.
  private func feed(_ fuzzer: Fuzzer, _ reader: FuzzReader, _ numbers: Range<UInt64>) -> Int {
    let start = Date()
    var counts = (refused: 0, planned: 0, built: 0, run: 0, wrong: 0)
    for number in numbers {
      CrashReport.note(number)
      switch fuzzer.judge(number) {
      case .refused: counts.refused += 1
      case .planned: counts.planned += 1
      case .built: counts.built += 1
      case .run: counts.run += 1
      case .wrong(let sentence):
        counts.wrong += 1
        if counts.wrong <= 10 {
          Self.say("\(reader.rawValue): seed \(seed), input \(number): \(sentence)")
        }
      }
    }
    let seconds = Int(Date().timeIntervalSince(start).rounded())
    Self.say(
      "\(reader.rawValue): seed \(seed), \(numbers.count) inputs in \(seconds) s: "
        + "\(counts.refused) refused, \(counts.planned) accepted, "
        + "\(counts.built) also built, \(counts.run) also run, \(counts.wrong) wrong")
    return counts.wrong
  }

  /// At once: what comes after may be a trap.
  private static func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  /// The configs and recordings of the package.
  private func samples() throws -> FuzzSamples {
    func bytes(_ path: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)")))
    }
    let configs = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/configs")
      .filter { $0.hasSuffix(".json5") }.sorted().map { try bytes("configs/\($0)") }
    let fixtures = "Tests/RecordingsTests/Fixtures"
    let machines = try ["anon", "fs"].map { name in
      try ["zoneinfo", "buddyinfo", "pagetypeinfo"].map { key in
        (name: key, bytes: try bytes("\(fixtures)/\(name).\(key).before"))
      }
    }
    let traces = try ["anon", "fs"].map { try bytes("\(fixtures)/\($0).ftrace") }
    return FuzzSamples(configs: configs, machines: machines, traces: traces).withSmallMachine
  }
}
