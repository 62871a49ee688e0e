// The command line: reads what is asked for and hands it to its command.

import Arguments
import Foundation
import Harness

StandardStreams.prepare()
exit(runCommandLine(Array(CommandLine.arguments.dropFirst())))

/// Obeys the words after the program's name; returns the exit status.
func runCommandLine(_ words: [String]) -> Int32 {
  do {
    switch try ArgumentParser(Commands.all).parse(words) {
    case .help(let command):
      return StandardStreams.write(command.map(HelpText.render) ?? HelpText.overview())
    case .version:
      return StandardStreams.write(Commands.version + "\n")
    case .command(let command, let arguments):
      switch command {
      case Commands.list: return ListCommand.run(arguments)
      case Commands.bench: return BenchCommand(arguments).run()
      case Commands.explore: return ExploreCommand(arguments).run()
      case Commands.replay: return ReplayCommand(arguments).run()
      case Commands.shrink: return ShrinkCommand.shrink(arguments)
      case Commands.seeds: return ShrinkCommand.seeds(arguments)
      default: return RunCommand(arguments).run()
      }
    }
  } catch {
    return StandardStreams.fail("pagetorture: \(error)")
  }
}
