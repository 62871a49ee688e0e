// `pagetorture shrink SEED` and `pagetorture seeds refresh`: seed files made anew.

import Exploration
import Harness
import Reports

/// Makes seed files anew.
enum ShrinkCommand {
  private static let goneStatus: Int32 = 4

  /// Shrinks one file further; returns the exit status.
  static func shrink(_ arguments: ParsedArguments) -> Int32 {
    let path = arguments.operands[0]
    let replays = arguments.number("replays") ?? 50_000
    do {
      guard (2...10_000_000).contains(replays) else {
        throw ArgumentError("--replays is a number of 2 ... 10000000, not \(replays)")
      }
      let seed = try SeedFiles.read(path)
      let output = try OutputFile(arguments.text("output") ?? path)
      let found = try SeedReplay.shrink(seed, name: path, replays: Int(replays))
      try output.write(SeedFileWriter.text(found.seed))
      return StandardStreams.writeReport(
        Explain.render(ExploreReport.explanation(found, commands: [])))
    } catch let error as ExploreError {
      _ = StandardStreams.fail("pagetorture: \(error)")
      return goneStatus
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }

  /// Records files anew; returns the exit status.
  static func refresh(_ arguments: ParsedArguments) -> Int32 {
    let words = Array(arguments.operands.dropFirst())
    do {
      let paths = try SeedFiles.paths(words.isEmpty ? ["seeds"] : words)
      return paths.map(refresh).max() ?? 0
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }

  private static func refresh(_ path: String) -> Int32 {
    do {
      let seed = try SeedFiles.read(path)
      let found = try SeedReplay.shrink(seed, name: path, replays: 0)
      if found.seed == seed { return StandardStreams.write("\(path): as it was\n") }
      try OutputFile(path).write(SeedFileWriter.text(found.seed))
      return StandardStreams.write("\(path): recorded anew\n")
    } catch let error as ExploreError {
      _ = StandardStreams.fail("pagetorture: \(error)")
      return goneStatus
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }
}
