// The last two lines: how the run ended, and the command that runs the same again.

import Outcomes

extension RunReport {
  /// Names that a verdict lists before it says `and n more`.
  private static let namesMax = 6

  /// The verdict, and the command.
  static func verdict(_ outcome: Outcome, _ run: RunBody) -> ReportSection {
    let sentence =
      switch outcome.header.verdict {
      case .clean:
        outcome.header.endedEarly == nil
          ? "CLEAN: no rule broke; \(work(outcome, run))"
          : "CLEAN: no rule broke until the run was ended early; \(work(outcome, run))"
      case .finding: "FINDING: \(broken(outcome, run)); \(work(outcome, run))"
      default: "VACUOUS: \(notExercised(outcome, run)); \(work(outcome, run))"
      }
    var commands = outcome.header.commands
    if !outcome.header.repeatCommand.isEmpty {
      commands.insert(NextCommand("repeat", outcome.header.repeatCommand), at: 0)
    }
    return ReportSection(nil, [.sentence(sentence)] + commands.map { .command($0) })
  }

  /// What stands behind the verdict: how much was done and judged.
  private static func work(_ outcome: Outcome, _ run: RunBody) -> String {
    let judged = sum(outcome.checks.map(\.times))
    var text = NumberText.counted(run.operations, "operation")
    text += " on \(NumberText.counted(run.workerCPUs, "CPU"))"
    guard !outcome.checks.isEmpty else { return text + ", no check was on" }
    text += ", \(NumberText.counted(outcome.checks.count, "check"))"
    return text + " judged \(NumberText.counted(judged, "time"))"
  }

  private static func broken(_ outcome: Outcome, _ run: RunBody) -> String {
    let rules = unique(outcome.findings.map(\.rule))
    if rules.isEmpty {
      return run.stuck.isEmpty ? "a rule broke" : "the run did not end"
    }
    let count = rules.count == 1 ? "1 rule broke" : "\(rules.count) rules broke"
    return "\(count): \(listed(rules))"
  }

  /// What was not exercised: the subjects of findings if there are some.
  private static func notExercised(_ outcome: Outcome, _ run: RunBody) -> String {
    let names = unique(outcome.findings.map { $0.subject.isEmpty ? $0.site : $0.subject })
    if !names.isEmpty { return "no rule broke, but never taken: \(listed(names))" }
    if run.operations == 0 { return "no rule broke, but nothing was done" }
    return "no rule broke, but a required path was never taken"
  }

  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(namesMax).joined(separator: ", ")
    return names.count > namesMax ? "\(shown) and \(names.count - namesMax) more" : shown
  }

  /// The names in their order, each once.
  private static func unique(_ names: [String]) -> [String] {
    var result: [String] = []
    for name in names where !result.contains(name) { result.append(name) }
    return result
  }

  /// The sum, or the largest number if it is larger still.
  private static func sum(_ counts: [UInt64]) -> UInt64 {
    counts.reduce(0) { total, count in
      let (sum, overflow) = total.addingReportingOverflow(count)
      return overflow ? UInt64.max : sum
    }
  }
}
