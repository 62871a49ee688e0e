// The last two lines: how the run ended, and the command that runs the same again.

import Outcomes

extension TextReport {
  /// Names that a verdict lists before it says `and n more`.
  private static let namesMax = 6

  /// The verdict, and the command.
  static func verdict(_ outcome: Outcome, _ run: RunBody) -> [String] {
    let sentence =
      switch outcome.header.verdict {
      case .clean:
        outcome.header.endedEarly == nil
          ? "CLEAN: no rule broke; \(work(outcome, run))"
          : "CLEAN: no rule broke until the run was ended early; \(work(outcome, run))"
      case .finding: "FINDING: \(broken(outcome, run)); \(work(outcome, run))"
      default: "VACUOUS: \(notExercised(outcome, run)); \(work(outcome, run))"
      }
    return TextLayout.wrapped(sentence, rest: "  ") + repeatLines(outcome.header.repeatCommand)
      + outcome.header.commands.flatMap { repeatLines($0.line, label: "\($0.label): ") }
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

  /// The command, broken where a shell takes a backslash for the end of a line: at a space outside
  /// quotes.
  static func repeatLines(
    _ command: String, label: String = "repeat: ", columnsMax: Int = TextLayout.columnsMax
  ) -> [String] {
    guard !command.isEmpty else { return [] }
    var lines: [String] = []
    var line = label
    var isFirst = true
    for word in shellWords(TextLayout.printable(command)) {
      // Two columns are for the backslash.
      if !isFirst, line.count + 1 + word.count > columnsMax - 2 {
        lines.append(line + " \\")
        line = "  " + word
      } else {
        line += (isFirst ? "" : " ") + word
      }
      isFirst = false
    }
    return lines + [line]
  }

  /// The words of a command as they are written, quotes and backslashes included.
  private static func shellWords(_ command: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var isEscaped = false
    for character in command {
      if character == " ", quote == nil, !isEscaped {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      word.append(character)
      if isEscaped {
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      }
    }
    return word.isEmpty ? words : words + [word]
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
