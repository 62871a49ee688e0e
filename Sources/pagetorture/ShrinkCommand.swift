// `pagetorture shrink SEED`, `pagetorture seeds check` and `refresh`: seed files looked at and made
// anew.

import Arguments
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
      let shown = try found.shown()
      try output.write(shown.seed)
      return StandardStreams.writeReport(
        TextRenderer.text(ScheduleReport.document(Explanation(shown))))
    } catch let error as ExploreError {
      _ = StandardStreams.fail("pagetorture: \(error)")
      return goneStatus
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }

  /// Looks at files, or records them anew; returns the exit status.
  static func seeds(_ arguments: ParsedArguments) -> Int32 {
    let words = Array(arguments.operands.dropFirst())
    let replays = arguments.number("replays") ?? 5_000
    do {
      guard (1...10_000_000).contains(replays) else {
        throw ArgumentError("--replays is a number of 1 ... 10000000, not \(replays)")
      }
      let paths = try SeedFiles.paths(words.isEmpty ? ["seeds"] : words)
      let action = arguments.operands[0] == "check" ? check : refresh
      return paths.map { one($0, Int(replays), action) }.max() ?? 0
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }

  private static func one(
    _ path: String, _ replays: Int, _ action: (String, SeedFile, Int) throws -> String
  ) -> Int32 {
    do {
      let seed = try SeedFiles.read(path)
      return StandardStreams.write("\(path): \(try action(path, seed, replays))\n")
    } catch let error as ExploreError {
      _ = StandardStreams.fail("pagetorture: \(error)")
      return goneStatus
    } catch {
      return StandardStreams.fail(SeedFiles.text(error))
    }
  }

  private static func check(_ path: String, _ seed: SeedFile, _ replays: Int) throws -> String {
    if try SeedReplay(seed, name: path).verdict == .same { return "as it was" }
    try SeedReplay.expectShown(seed, name: path, replays: replays)
    return "shows its finding, but its steps are others; seeds refresh records them"
  }

  private static func refresh(_ path: String, _ seed: SeedFile, _ replays: Int) throws -> String {
    let found = try SeedReplay.refresh(seed, name: path, replays: replays)
    if found.seed == seed { return "as it was" }
    try OutputFile(path).write(SeedFileWriter.text(found.seed))
    return "recorded anew"
  }
}
