// `pagetorture replay SEED --continue STRATEGY`: follows a recorded schedule for a while, then goes
// on freely, and looks for what else can come of it.

import Arguments
import Exploration
import Harness
import Outcomes
import Reports

/// Continuations of one seed file's schedule.
struct ContinueCommand {
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Searches; returns the exit status.
  func run() throws -> Int32 {
    let interruption = Interruption()
    let isInterrupted = interruption.question
    return try withExtendedLifetime(interruption) { try run(isInterrupted) }
  }

  private func run(_ isInterrupted: () -> Bool) throws -> Int32 {
    for option in ["trace", "bisect"] where arguments.flag(option) {
      throw ArgumentError("--\(option) does not go with --continue")
    }
    let paths = try SeedFiles.paths(arguments.operands)
    guard let path = paths.first, paths.count == 1 else {
      throw ArgumentError("--continue takes one seed file, not \(paths.count)")
    }
    let options = try options()
    let seed = try SeedFiles.read(path)
    let output = try OutcomeOutput(arguments)
    let target = arguments.text("output") ?? Self.target(path)
    let seedOutput = try arguments.text("output").map { path throws(OutputFileError) in
      try OutputFile(path)
    }
    let continuation = try SeedContinuation(of: seed, name: path, options, isOver: isInterrupted)
    var outcome = try continuation.outcome(isInterrupted: isInterrupted())
    outcome.header.repeatCommand = repeatLine(path, continuation.campaign.schedules)
    outcome.exploration?.found?.seedFile = target
    outcome.exploration?.found?.commands = [
      NextCommand("replay", "pagetorture replay \(RepeatCommand.quoted(target))")
    ]
    var status: Int32 = 0
    if let found = outcome.exploration?.found {
      status = OutputFile.give(found.seed, to: try seedOutput ?? OutputFile(target))
    }
    status = max(status, output.give(outcome, isBrief: arguments.flag("quiet")))
    return status == 0 ? outcome.header.exitStatus : status
  }

  /// The command that runs the same schedules again.
  private func repeatLine(_ path: String, _ schedules: UInt64) -> String {
    var words = ["pagetorture", "replay", path, "--continue"]
    words.append(arguments.text("continue") ?? "portfolio")
    if let until = arguments.number("until") { words += ["--until", "\(until)"] }
    words += ["--schedules", "\(schedules)"]
    return words.map(RepeatCommand.quoted).joined(separator: " ")
  }

  private func options() throws(ArgumentError) -> ContinueOptions {
    var options = ContinueOptions()
    let name = arguments.text("continue") ?? "portfolio"
    if name != "portfolio" {
      guard let kind = StrategyKind(name: name) else {
        throw ArgumentError(
          "--continue is portfolio, random, pct1 to pct16, pos, urw or surw, not \(name)")
      }
      options.strategy = kind
    }
    if let until = arguments.number("until") {
      guard until <= UInt64(Int32.max) else {
        throw ArgumentError("--until is a step of 0 ... \(Int32.max), not \(until)")
      }
      options.steps = Int(until)
    }
    options.schedules = arguments.number("schedules") ?? options.schedules
    return options
  }

  /// Here, under the name of the file that was continued: not beside it, where it would join a
  /// corpus.
  private static func target(_ path: String) -> String {
    let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    let stem = name.hasSuffix(SeedFiles.ending) ? name.dropLast(SeedFiles.ending.count) : name
    return stem + "-continued" + SeedFiles.ending
  }
}
