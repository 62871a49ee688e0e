// `pagetorture explore CONFIG`: searches schedules, and explains and keeps the first that fails.

import Arguments
import Exploration
import Foundation
import Harness
import JSON5
import Outcomes
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
    let timeLimit = try timeLimit()
    let source = try source()
    options.goal = source.goal
    let output = try OutcomeOutput(arguments)
    let seedOutput = try arguments.text("output").map { path throws(OutputFileError) in
      try OutputFile(path)
    }
    let scaled = try ScaledPlan(load(source))
    let plan = scaled.whole
    if !arguments.flag("quiet") {
      let status = StandardStreams.write(Self.optionsText(scaled))
      if status != 0 { return status }
    }
    let clock = ExploreClock(nanoseconds: timeLimit, isShown: !arguments.flag("quiet"))
    var outcome = try explore(scaled, options, clock, interruption)
    outcome.header.repeatCommand = repeatLine(outcome, source.file)
    nameFiles(&outcome, arguments.text("output") ?? defaultPath(plan))
    var status: Int32 = 0
    let isOne = outcome.exploration?.found != nil
    for shown in outcome.exploration?.shown ?? [] {
      status = max(status, keep(shown, isOne ? seedOutput : nil))
    }
    status = max(status, output.give(outcome))
    return status == 0 ? outcome.header.exitStatus : status
  }

  private func explore(
    _ plan: ScaledPlan, _ options: SearchOptions, _ clock: ExploreClock,
    _ interruption: Interruption
  ) throws -> Outcome {
    var watch = ExploreRun.Watch()
    watch.isOver = { clock.isOver }
    watch.isInterrupted = interruption.question
    watch.progress = { clock.update($0) }
    watch.found = { clock.note("a finding after \($0.schedules) schedules; shrinking it") }
    watch.searchNanoseconds = { clock.searchNanoseconds }
    let outcome = try ExploreRun.execute(plan, options, watch)
    clock.clear()
    return outcome
  }

  /// The command that runs the same schedules again.
  private func repeatLine(_ outcome: Outcome, _ file: String) -> String {
    var words = arguments.flag("races") ? ["--races"] : []
    if let name = arguments.text("strategy") { words += ["--strategy", name] }
    words += ["--schedules", "\(outcome.exploration?.campaign.schedules ?? 0)"]
    return RepeatCommand.text(
      "explore", file: file, isOutcome: arguments.flag("from"), seed: outcome.header.seed,
      settings: arguments.texts("set"), bugs: arguments.texts("bug"), words: words)
  }

  /// Gives each schedule that is shown the name of its file, and what to do next with it.
  private func nameFiles(_ outcome: inout Outcome, _ path: String) {
    func name(_ shown: inout ShownFinding, _ path: String) {
      shown.seedFile = path
      shown.commands = commands(path)
    }
    guard var body = outcome.exploration else { return }
    if var found = body.found {
      name(&found, path)
      body.found = found
    }
    for index in body.lockOrder?.edges.indices ?? 0..<0 {
      if var edge = body.lockOrder?.edges[index] {
        name(&edge, Self.path(path, ofEdge: index))
        body.lockOrder?.edges[index] = edge
      }
    }
    outcome.exploration = body
  }

  /// Writes a seed file; on standard error if it cannot be written where it belongs.
  private func keep(_ shown: ShownFinding, _ output: OutputFile?) -> Int32 {
    OutputFile.give(shown.seed, to: try output ?? Self.output(shown.seedFile))
  }

  /// The file of one edge of an order of locks: a number before the ending.
  private static func path(_ path: String, ofEdge index: Int) -> String {
    let ending = path.hasSuffix(SeedFiles.ending) ? SeedFiles.ending : ""
    return "\(path.dropLast(ending.count))-\(index + 1)\(ending)"
  }

  /// What is explored, and how it differs from the config.
  private static func optionsText(_ plan: ScaledPlan) -> String {
    TextRenderer.text(
      OptionsReport.document(
        name: plan.whole.name, seed: plan.whole.seed, options: JSON5Writer.text(plan.resolved),
        scale: plan.scaleText)) + "\n"
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

  /// Nanoseconds that the search may take; `UInt64.max` for no limit.
  private func timeLimit() throws(ArgumentError) -> UInt64 {
    guard let text = arguments.text("time") else {
      return arguments.flag("schedules") ? .max : 10_000_000_000
    }
    let seconds = UInt64(text).map { $0.multipliedReportingOverflow(by: 1_000_000_000) }
    if let seconds { return seconds.overflow ? .max : seconds.partialValue }
    if let nanoseconds = ConfigurationUnits.nanoseconds(text) { return nanoseconds }
    throw ArgumentError(
      "--time is a number of seconds or a duration such as 90s or 8h, not \(text)")
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

  private func commands(_ path: String) -> [NextCommand] {
    let file = RepeatCommand.quoted(path)
    return [
      NextCommand("replay", "pagetorture replay \(file)"),
      NextCommand("trace", "pagetorture replay \(file) --trace trace.json"),
      NextCommand("shrink", "pagetorture shrink \(file)"),
    ]
  }
}
