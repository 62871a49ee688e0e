// `pagetorture bench judges`: what each judge of schedules costs, a line each.

import Arguments
import Bench
import Harness

/// One bench of judges.
struct JudgeBenchCommand {
  private let arguments: ParsedArguments

  /// The command with its arguments.
  init(_ arguments: ParsedArguments) { self.arguments = arguments }

  /// Measures; returns the exit status.
  func run() -> Int32 {
    do throws(BenchError) {
      for option in [
        "pattern", "threads", "batch", "frames", "runs", "strategy", "statistics", "ledger",
      ] where arguments.flag(option) {
        throw BenchError("bench judges does not take --\(option)")
      }
      return try measure()
    } catch {
      StandardStreams.writeError("pagetorture: \(error)\n")
      return error.exitStatus
    }
  }

  private func measure() throws(BenchError) -> Int32 {
    var status: Int32 = 0
    for program in ExploreProgram.allCases {
      for judge in JudgeBenchJudge.allCases {
        let measure = try JudgeBench.measure(program, judge)
        status = max(status, StandardStreams.write(measure.tsv + "\n"))
        if measure.findings == 0 { continue }
        StandardStreams.writeError("pagetorture: \(program.rawValue): a rule broke\n")
        status = max(status, 1)
      }
    }
    return status
  }
}
