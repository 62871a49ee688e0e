// The steps of a schedule as text: a caption, the table, and a finding of the end.

import Machine

extension TextRenderer {
  static func interleaving(_ explanation: Explanation, _ rowsMax: Int) -> [String] {
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
}
