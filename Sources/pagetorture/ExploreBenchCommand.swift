// `pagetorture bench explore`: measures exploration, and prints a table or lines for programs.

import Arguments
import Bench
import Harness
import Reports

/// One bench of exploration.
struct ExploreBenchCommand {
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Measures; returns the exit status.
  func run() -> Int32 {
    do throws(BenchError) {
      for option in ["batch", "frames", "statistics", "ledger"]
      where arguments.flag(option) {
        throw BenchError("bench explore does not take --\(option)")
      }
      let options = try ExploreOptions(
        pattern: arguments.text("pattern"), strategies: arguments.texts("strategy"),
        threads: arguments.number("threads"), runs: arguments.number("runs"))
      return try run(options)
    } catch {
      StandardStreams.writeError("pagetorture: \(error)\n")
      return error.exitStatus
    }
  }

  private func run(_ options: ExploreOptions) throws(BenchError) -> Int32 {
    let isForPrograms = arguments.flag("tsv")
    let loadBefore = BenchCommand.load()
    var status: Int32 = 0
    var measures: [ExploreMeasure] = []
    try ExploreBench.run(options) { measure in
      if isForPrograms { status = max(status, StandardStreams.write(measure.tsv + "\n")) }
      if measure.failing > 0 {
        StandardStreams.writeError(
          "pagetorture: \(measure.program.rawValue): \(measure.failing) schedules broke a rule\n")
        status = max(status, 1)
      }
      measures.append(measure)
    }
    if isForPrograms { return status }
    let lines = Self.lines(measures, options, load: (loadBefore, BenchCommand.load()))
    return max(status, StandardStreams.write(lines.map { $0 + "\n" }.joined()))
  }

  private static func lines(
    _ measures: [ExploreMeasure], _ options: ExploreOptions, load: (Double?, Double?)
  ) -> [String] {
    let loads = [load.0, load.1].map { $0.map(BenchMeasure.text) ?? "unknown" }
    var table = ReportTable([
      .text("program"), .text("strategy"), .number("threads"), .number("points a schedule"),
      .number("million points/s"), .number("thousand schedules/s"), .number("to one thread"),
    ])
    for measure in measures {
      let spread = [measure.median, measure.minimum, measure.maximum].map(BenchMeasure.text)
      let one = measures.first {
        $0.program == measure.program && $0.strategy == measure.strategy && $0.threads == 1
      }
      let ratio = one.map { BenchMeasure.text(measure.median / $0.median) } ?? "-"
      table.add([
        .text(measure.program.rawValue), .text(measure.strategy.name), .int(measure.threads),
        .text(BenchMeasure.text(measure.pointsPerSchedule)),
        .text("\(spread[0]) (\(spread[1])-\(spread[2]))"),
        .text(BenchMeasure.text(measure.thousandSchedules)), .text(ratio),
      ])
    }
    let intro = [
      "points a second of CPU time, all threads together: median (minimum-maximum) of "
        + "\(options.runs) runs",
      "ledger and race detector off; load before \(loads[0]), after \(loads[1])", "",
    ]
    return intro + TextRenderer.lines(table, columnsMax: 120)
  }
}
