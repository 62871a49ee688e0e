// The report of one failing schedule, on one screen: what broke, how it came to that step by step,
// who held what, and what to do next.

import Exploration
import Machine

/// Renders explanations.
public enum Explain {
  /// Rows of the interleaving, about.
  public static let rowsMax = 26

  /// The report, ending with a line feed; no line has more than 80 columns, but for commands, which
  /// are broken where a shell joins them again.
  public static func render(_ explanation: Explanation, rowsMax: Int = rowsMax) -> String {
    let sections = [
      head(explanation), interleaving(explanation, rowsMax), race(explanation),
      locks(explanation), others(explanation), commands(explanation),
    ]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  private static func head(_ explanation: Explanation) -> [String] {
    let finding = explanation.finding
    var head = finding.rule
    if !finding.site.isEmpty { head += " in \(finding.site)" }
    if let cpu = finding.cpu { head += ", CPU \(cpu)" }
    if let context = finding.context { head += ", \(context) context" }
    let sentence = TextLayout.wrapped(finding.sentence, first: "  ", rest: "  ")
    return TextLayout.wrapped(head, rest: "  ") + sentence
  }

  private static func interleaving(_ explanation: Explanation, _ rowsMax: Int) -> [String] {
    let trace = explanation.trace
    let table = InterleavingTable(explanation, rowsMax: rowsMax)
    if table.lines.isEmpty { return ["No step was recorded."] }
    var parts = [
      NumberText.counted(trace.cpuCount, "CPU"),
      explanation.switches == 1 ? "1 switch" : "\(explanation.switches) switches",
      NumberText.counted(trace.steps.count + trace.stepsDropped, "step"),
    ]
    if table.shownCount < trace.steps.count { parts.append("\(table.shownCount) shown") }
    if !explanation.note.isEmpty { parts.append(explanation.note) }
    var end: [String] = []
    if explanation.findingPosition == nil {
      end = ["  end  !! \(TextLayout.printable(explanation.finding.rule))"]
    }
    let caption = TextLayout.wrapped(
      "Interleaving: " + parts.joined(separator: ", "), rest: "  ")
    return caption + table.lines + end
  }

  private static func race(_ explanation: Explanation) -> [String] {
    guard explanation.finding.rule.contains("race"), let at = explanation.findingPosition,
      let pair = RacePair(endingAt: at, of: explanation.trace)
    else { return [] }
    return ["Race on \(pair.second.object)"]
      + [pair.first, pair.second].flatMap { step in
        let values = step.valueText
        let line =
          "step \(step.number)  CPU \(step.cpu) \(step.context)  \(step.kind.words)"
          + (values.isEmpty ? "" : " \(values)") + "  in \(step.site)"
        return TextLayout.wrapped(line, first: "  ", rest: "    ")
      }
  }

  private static func locks(_ explanation: Explanation) -> [String] {
    let trace = explanation.trace
    if explanation.finding.rule == "deadlock" {
      let edges = trace.deadlockSentences
      if edges.isEmpty { return waits(trace) }
      return ["Who waits for whom"]
        + edges.flatMap { TextLayout.wrapped($0 + ".", first: "  ", rest: "    ") }
    }
    let lines = trace.locksAtEnd.flatMap { lock -> [String] in
      var text = lock.name
      if let taken = lock.taken {
        text += ": CPU \(taken.cpu) \(taken.context) since step \(taken.number) in \(taken.site)"
      } else {
        text += ": free"
      }
      for waiter in lock.waiters { text += "; CPU \(waiter.cpu) waits in \(waiter.site)" }
      return TextLayout.wrapped(text, first: "  ", rest: "    ")
    }
    return lines.isEmpty ? ["Locks at the end: none held."] : ["Locks at the end"] + lines
  }

  /// What CPUs wait for that is no lock.
  private static func waits(_ trace: ScheduleTrace) -> [String] {
    let waiting = trace.waitSentences
    if waiting.isEmpty { return [] }
    return ["Who waits for what"]
      + waiting.flatMap { TextLayout.wrapped($0 + ".", first: "  ", rest: "    ") }
  }

  private static func others(_ explanation: Explanation) -> [String] {
    if explanation.others.isEmpty { return [] }
    let list = explanation.others.joined(separator: ", ")
    return TextLayout.wrapped("Also met on the way: \(list)", rest: "  ")
  }

  private static func commands(_ explanation: Explanation) -> [String] {
    let width = explanation.commands.map(\.label.count).max() ?? 0
    return explanation.commands.flatMap { command in
      TextReport.repeatLines(
        command.line, label: TextLayout.leading(command.label + ":", width + 2),
        columnsMax: TextLayout.proseColumnsMax)
    }
  }
}
