// `pagetorture bench`: measures, and prints a table or lines for programs.

import Arguments
import Bench
import Foundation
import Harness
import Reports

/// One bench.
struct BenchCommand {
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Measures; returns the exit status.
  func run() -> Int32 {
    if arguments.operands.first == "explore" { return ExploreBenchCommand(arguments).run() }
    if arguments.operands.first == "judges" { return JudgeBenchCommand(arguments).run() }
    do throws(BenchError) {
      if arguments.flag("strategy") { throw BenchError("--strategy is for bench explore") }
      let options = try BenchOptions(
        pattern: arguments.text("pattern"), threads: arguments.number("threads"),
        batch: arguments.number("batch"), frames: arguments.number("frames"),
        runs: arguments.number("runs"), statistics: arguments.text("statistics"),
        ledger: arguments.flag("ledger"))
      return try run(options)
    } catch {
      StandardStreams.writeError("pagetorture: \(error)\n")
      return error.exitStatus
    }
  }

  private func run(_ options: BenchOptions) throws(BenchError) -> Int32 {
    let isForPrograms = arguments.flag("tsv")
    let loadBefore = Self.load()
    var status: Int32 = 0
    var cases: [BenchCase] = []
    try Bench.run(options) { done in
      if isForPrograms {
        let lines = done.measures.map { $0.tsv + "\n" }.joined()
        status = max(status, StandardStreams.write(lines))
      } else if StandardStreams.standardErrorIsTerminal {
        StandardStreams.writeError("\(done.pattern.rawValue), threads \(done.threads): done\n")
      }
      cases.append(done)
    }
    if !isForPrograms {
      let table = BenchTable.lines(cases, options, load: (loadBefore, Self.load()))
      status = max(status, StandardStreams.write(table.map { $0 + "\n" }.joined()))
    }
    for broken in cases where broken.missingPages != 0 {
      let text = "\(broken.pattern.rawValue), threads \(broken.threads)"
      StandardStreams.writeError(
        "pagetorture: \(text): pages are missing after all were given back\n")
      status = max(status, 1)
    }
    return status
  }

  /// The machine's load of the last minute; nil if it does not tell.
  static func load() -> Double? {
    var load = 0.0
    return unsafe getloadavg(&load, 1) == 1 ? load : nil
  }
}
