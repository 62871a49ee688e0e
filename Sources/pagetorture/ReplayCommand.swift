// `pagetorture replay SEED...`: runs recorded schedules again.

import Arguments
import Exploration
import Harness
import Reports

/// One replay of some files.
struct ReplayCommand {
  /// What `git bisect run` takes for "cannot be told".
  private static let unknownStatus: Int32 = 125
  private let arguments: ParsedArguments
  private var isBisecting: Bool { arguments.flag("bisect") }

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Replays; returns the exit status.
  func run() -> Int32 {
    do {
      if arguments.flag("continue") { return try ContinueCommand(arguments).run() }
      for option in ["until", "schedules", "output"] where arguments.flag(option) {
        throw ArgumentError("--\(option) goes with --continue")
      }
      let trace = try arguments.text("trace").map { path throws(OutputFileError) in
        try OutputFile(path)
      }
      let paths = try SeedFiles.paths(arguments.operands)
      if trace != nil && paths.count > 1 {
        throw ArgumentError("--trace takes one seed file, not \(paths.count)")
      }
      return worst(paths.map { replay($0, trace, isAlone: paths.count == 1) })
    } catch {
      let status = StandardStreams.fail(SeedFiles.text(error))
      return isBisecting ? Self.unknownStatus : status
    }
  }

  /// A finding says more than doubt when bisecting; else the highest counts.
  private func worst(_ all: [Int32]) -> Int32 {
    if isBisecting && all.contains(1) { return 1 }
    return all.max() ?? 0
  }

  private func replay(_ path: String, _ trace: OutputFile?, isAlone: Bool) -> Int32 {
    do {
      let seed = try SeedFiles.read(path)
      let replay = try SeedReplay(seed, name: path)
      try trace?.write(ChromeTrace.render(replay.trace))
      var text = ExploreReport.line(path, seed, replay)
      if isAlone && !arguments.flag("quiet"), let finding = replay.finding(of: seed) {
        text +=
          "\n"
          + Explain.render(
            Explanation(finding: finding, trace: replay.trace, switches: replay.switches))
      }
      let status = StandardStreams.writeReport(text)
      return status == 0 ? self.status(of: replay) : status
    } catch {
      let status = StandardStreams.fail(SeedFiles.text(error))
      return isBisecting ? Self.unknownStatus : status
    }
  }

  private func status(of replay: SeedReplay) -> Int32 {
    if isBisecting {
      if !replay.findings.isEmpty { return 1 }
      if case .diverged = replay.verdict { return Self.unknownStatus }
      return 0
    }
    switch replay.verdict {
    case .same: return 0
    case .notShown: return 1
    case .shownOtherwise, .diverged: return 4
    }
  }
}
