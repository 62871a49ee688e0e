// `pagetorture run CONFIG`: everything that can be wrong with the input is found before the run
// starts, and each report is given out whatever happens to the other: one that cannot be written
// where it belongs goes to standard error.

import Arguments
import Foundation
import Harness
import JSON5
import Outcomes
import Reports

/// One native run.
struct RunCommand {
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Runs; returns the exit status.
  func run() -> Int32 {
    let interruption = Interruption()
    // To the end: a report may wait for its reader, and Ctrl-C must end that too.
    return withExtendedLifetime(interruption) { run(interruption) }
  }

  private func run(_ interruption: Interruption) -> Int32 {
    let plan: RunPlan
    let output: OutcomeOutput
    do {
      output = try OutcomeOutput(arguments)
      plan = try load()
      try Run.expectRoom(for: plan)
    } catch let error as ConfigurationError {
      // As compilers write it, so that an editor finds the place.
      return StandardStreams.fail("\(error)")
    } catch {
      return StandardStreams.fail("pagetorture: \(error)")
    }
    if !arguments.flag("quiet") {
      let status = StandardStreams.write(
        TextRenderer.text(
          OptionsReport.document(
            name: plan.name, seed: plan.seed, options: JSON5Writer.text(plan.resolved))) + "\n")
      if status != 0 { return status }
    }
    let outcome = execute(plan, interruption)
    let status = output.give(outcome)
    return status == 0 ? outcome.header.exitStatus : status
  }

  /// The command that looks for what was found on the simulated machine.
  private func exploreLine(_ plan: RunPlan) -> String {
    if let path = arguments.text("json") {
      return "pagetorture explore --from \(RepeatCommand.quoted(path))"
    }
    return RepeatCommand.text(
      "explore", file: arguments.operands[0], seed: plan.seed, settings: arguments.texts("set"),
      bugs: arguments.texts("bug"))
  }

  private func load() throws -> RunPlan {
    let file = arguments.operands[0]
    return try ConfigurationLoader.load(
      file: file, text: InputFile.read(file), settings: arguments.texts("set"),
      seed: arguments.number("seed"), drawnSeed: drawnSeed(), bugs: arguments.texts("bug"),
      files: InputFile.readNamed)
  }

  /// A seed for a run to which nobody gave one: the only thing about a run that is left to chance,
  /// and short enough to be typed.
  private func drawnSeed() -> UInt64 { UInt64.random(in: 0...UInt64(UInt32.max)) }

  private func execute(_ plan: RunPlan, _ interruption: Interruption) -> Outcome {
    let line = ProgressLine(isShown: !arguments.flag("quiet"))
    var outcome = Run.execute(plan) { progress in
      line.update(progress)
      return interruption.isRequested
    }
    line.clear()
    outcome.header.repeatCommand = RepeatCommand.text(
      file: arguments.operands[0], seed: plan.seed, settings: arguments.texts("set"),
      bugs: arguments.texts("bug"))
    if outcome.header.verdict == .finding && plan.trace == nil {
      outcome.header.commands = [NextCommand("explore", exploreLine(plan))]
    }
    return outcome
  }
}
