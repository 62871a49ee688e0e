// `pagetorture replay --bisect SEED...`: tells `git bisect run` whether a finding is still there.
//
// The steps of a schedule change with the code, so a commit whose replay goes another way tells
// nothing yet: the finding is searched for around the schedule, as `seeds check` does.

import Arguments
import Exploration
import Harness
import Outcomes

/// One look for the findings of some seed files.
struct BisectCommand {
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Looks; returns 1 if a finding shows, `ExitStatus.unknown` if a file cannot be loaded, else 0.
  func run() -> Int32 {
    let replays = arguments.number("replays") ?? 5_000
    do {
      for option in ["trace", "json"] where arguments.flag(option) {
        throw ArgumentError("--\(option) does not go with --bisect")
      }
      guard (1...10_000_000).contains(replays) else {
        throw ArgumentError("--replays is a number of 1 ... 10000000, not \(replays)")
      }
      let paths = try SeedFiles.paths(arguments.operands)
      return ExitStatus.worstWhenBisecting(paths.map { look($0, Int(replays)) })
    } catch {
      _ = StandardStreams.fail(SeedFiles.text(error))
      return ExitStatus.unknown
    }
  }

  private func look(_ path: String, _ replays: Int) -> Int32 {
    do {
      let search = try SeedReplay.search(SeedFiles.read(path), name: path, replays: replays)
      let status = StandardStreams.write("\(path): \(search.text)\n")
      return status == 0 ? search.bisectStatus : ExitStatus.unknown
    } catch {
      _ = StandardStreams.fail(SeedFiles.text(error))
      return ExitStatus.unknown
    }
  }
}
