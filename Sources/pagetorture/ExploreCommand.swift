// `pagetorture explore CONFIG`: searches schedules, and explains and keeps the first that fails.

import Arguments
import Exploration
import Foundation
import Harness
import JSON5
import Reports

/// One exploration.
struct ExploreCommand {
  private static let threadsMax: UInt64 = 64
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Explores; returns the exit status.
  func run() -> Int32 {
    let interruption = Interruption()
    return withExtendedLifetime(interruption) {
      do {
        return try run(interruption)
      } catch let error as ConfigurationError {
        return StandardStreams.fail("\(error)")
      } catch {
        return StandardStreams.fail("pagetorture: \(error)")
      }
    }
  }

  private func run(_ interruption: Interruption) throws -> Int32 {
    var options = try options()
    let source = try source()
    options.goal = source.goal
    let output = try arguments.text("output").map { path throws(OutputFileError) in
      try OutputFile(path)
    }
    let scaled = try ScaledPlan(load(source))
    let plan = scaled.whole
    if !arguments.flag("quiet") {
      let status = StandardStreams.write(Self.optionsText(scaled))
      if status != 0 { return status }
    }
    let seconds = arguments.number("time") ?? (arguments.flag("schedules") ? UInt64.max : 10)
    let clock = ExploreClock(seconds: seconds, isShown: !arguments.flag("quiet"))
    let isInterrupted = interruption.question
    var watch = ExploreRun.Watch()
    watch.isOver = { clock.isOver || isInterrupted() }
    watch.progress = { clock.update($0) }
    watch.found = { clock.note("a finding after \($0.schedules) schedules; shrinking it") }
    let outcome = try ExploreRun.execute(scaled, options, watch)
    clock.clear()
    var text = ExploreReport.head(
      outcome.campaign, name: plan.name, seed: plan.seed,
      nanoseconds: clock.searchNanoseconds,
      threads: outcome.systematic == nil ? options.threads : 1)
    let path = arguments.text("output") ?? defaultPath(plan)
    var status: Int32 = 0
    if let found = outcome.found {
      text += "\n" + Explain.render(ExploreReport.explanation(found, commands: commands(path)))
      status = try keep(found, output ?? Self.output(path))
      text += "\n" + ExploreReport.verdict(found, outcome.campaign)
    } else if let order = outcome.lockOrder {
      text += "\n" + ExploreReport.lockOrder(order) { commands(Self.path(path, ofEdge: $0)) }
      for (index, edge) in order.edges.enumerated() {
        status = max(status, try keep(edge, Self.output(Self.path(path, ofEdge: index))))
      }
    } else {
      let isExcused = isInterrupted()
      text += ExploreReport.verdict(outcome, isExcused: isExcused)
      if let goal = options.goal { text += ExploreReport.missed(goal) }
      status = StandardStreams.writeReport(text)
      return status != 0 ? status : outcome.isVacuous && !isExcused ? 3 : 0
    }
    if let goal = options.goal, let finding = outcome.finding, !goal.isMet(by: finding) {
      text += ExploreReport.missed(goal)
    }
    status = max(status, StandardStreams.writeReport(text))
    return status == 0 ? 1 : status
  }

  /// Writes a seed file; on standard error if it cannot be written where it belongs.
  private func keep(_ found: FoundSchedule, _ output: OutputFile) throws -> Int32 {
    let file = try SeedFileWriter.text(found.seed)
    do {
      try output.write(file)
      return 0
    } catch {
      StandardStreams.writeError(file)
      return StandardStreams.fail("pagetorture: \(error); what it should hold is above")
    }
  }

  /// The file of one edge of an order of locks: a number before the ending.
  private static func path(_ path: String, ofEdge index: Int) -> String {
    let ending = path.hasSuffix(SeedFiles.ending) ? SeedFiles.ending : ""
    return "\(path.dropLast(ending.count))-\(index + 1)\(ending)"
  }

  /// What is explored, and how it differs from the config.
  private static func optionsText(_ plan: ScaledPlan) -> String {
    OptionsReport.render(
      name: plan.whole.name, seed: plan.whole.seed, options: JSON5Writer.text(plan.resolved))
      + TextLayout.wrapped(plan.scaleText, rest: "  ").map { $0 + "\n" }.joined() + "\n"
  }

  /// Where the config comes from.
  private struct Source {
    var file: String
    var text: [UInt8]
    var seed: UInt64?
    var goal: SearchGoal?
  }

  /// The config that is named, or that of an outcome, whose finding is looked for.
  private func source() throws -> Source {
    guard let path = arguments.text("from") else {
      guard let file = arguments.operands.first else {
        throw ArgumentError("explore takes a CONFIG, or --from OUTCOME")
      }
      return Source(file: file, text: try InputFile.read(file))
    }
    if let file = arguments.operands.first {
      throw ArgumentError("explore takes its config from \(path), not from \(file) too")
    }
    let text = String(decoding: try InputFile.read(path), as: UTF8.self)
    do {
      let outcome = try JSONReport.read(text)
      return Source(
        file: path, text: Array(outcome.header.options.utf8), seed: outcome.header.seed,
        goal: try SearchGoal(outcome))
    } catch {
      throw ArgumentError("\(path): \(error)")
    }
  }

  private func load(_ source: Source) throws -> RunPlan {
    let races = arguments.flag("races") ? ["explore.races=true"] : []
    var strategy: [String] = []
    if let name = arguments.text("strategy") {
      if CampaignStrategy(name: name) == nil {
        throw ArgumentError("--strategy is \(CampaignStrategy.names), not \(name)")
      }
      strategy = ["explore.strategy=\(name)"]
    }
    return try ConfigurationLoader.load(
      file: source.file, text: source.text,
      settings: arguments.texts("set") + races + strategy,
      seed: arguments.number("seed") ?? source.seed,
      drawnSeed: UInt64.random(in: 0...UInt64(UInt32.max)),
      bugs: arguments.texts("bug"), files: InputFile.readNamed)
  }

  private func options() throws(ArgumentError) -> SearchOptions {
    var options = SearchOptions()
    options.schedules = arguments.number("schedules") ?? .max
    let cores = UInt64(ProcessInfo.processInfo.activeProcessorCount)
    let threads = arguments.number("threads") ?? min(cores, Self.threadsMax)
    guard (1...Self.threadsMax).contains(threads) else {
      throw ArgumentError("--threads is a number of 1 ... \(Self.threadsMax), not \(threads)")
    }
    options.threads = Int(threads)
    if arguments.flag("no-shrink") { options.shrinkReplays = 0 }
    return options
  }

  /// After the bug, if there is one, else after the config.
  private func defaultPath(_ plan: RunPlan) -> String {
    let name = plan.bugs.count == 1 ? plan.bugs[0].name : plan.name
    let plain = name.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "-" }
    return "seeds/\(String(plain)).seed.json"
  }

  private static func output(_ path: String) throws -> OutputFile {
    let directory = (path as NSString).deletingLastPathComponent
    if !directory.isEmpty {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    }
    return try OutputFile(path)
  }

  private func commands(_ path: String) -> [Explanation.Command] {
    let file = RepeatCommand.quoted(path)
    return [
      Explanation.Command("replay", "pagetorture replay \(file)"),
      Explanation.Command("trace", "pagetorture replay \(file) --trace trace.json"),
      Explanation.Command("shrink", "pagetorture shrink \(file)"),
    ]
  }
}
