// `pagetorture replay SEED...`: runs recorded schedules again.

import Arguments
import Exploration
import Harness
import Outcomes
import Reports

/// One replay of some files.
struct ReplayCommand {
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Replays; returns the exit status.
  func run() -> Int32 {
    if arguments.flag("bisect") && !arguments.flag("continue") {
      return BisectCommand(arguments).run()
    }
    do {
      if arguments.flag("continue") { return try ContinueCommand(arguments).run() }
      for option in ["until", "schedules", "output"] where arguments.flag(option) {
        throw ArgumentError("--\(option) goes with --continue")
      }
      if arguments.flag("replays") { throw ArgumentError("--replays goes with --bisect") }
      let trace = try arguments.text("trace").map { path throws(OutputFileError) in
        try OutputFile(path)
      }
      let paths = try SeedFiles.paths(arguments.operands)
      let output = try OutcomeOutput(arguments)
      for option in ["trace", "json"] where arguments.flag(option) && paths.count > 1 {
        throw ArgumentError("--\(option) takes one seed file, not \(paths.count)")
      }
      let isBrief = paths.count > 1 || arguments.flag("quiet")
      let statuses = paths.map { replay($0, trace, output, isBrief: isBrief) }
      return ExitStatus.worst(statuses)
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }

  private func replay(
    _ path: String, _ trace: OutputFile?, _ output: OutcomeOutput, isBrief: Bool
  ) -> Int32 {
    do {
      var outcome = try SeedReplay(try SeedFiles.read(path), name: path).outcome
      outcome.header.repeatCommand = "pagetorture replay \(RepeatCommand.quoted(path))"
      if let body = outcome.replay { try trace?.write(ChromeTrace.render(body.interleaving)) }
      let status = output.give(outcome, isBrief: isBrief)
      return status == 0 ? outcome.header.exitStatus : status
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }
}
