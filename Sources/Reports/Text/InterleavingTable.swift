// An interleaving as a table: a column for each CPU and each kind of interrupt on it.
//
// A row belongs to one column, so its text may run on to the right, over those of the others.

import Exploration
import Machine

/// The rows of a schedule's table.
struct InterleavingTable {
  private let explanation: Explanation
  private let steps: [TraceStep]
  private let columns: [ExplainColumn]
  private let folding: LoopFolding
  private let visible: [Int]
  private let indentations: [Int]
  /// Steps shown, loops not counted.
  private(set) var shownCount = 0
  /// The lines of the table, titles included.
  private(set) var lines: [String] = []

  /// The table of at most about `rowsMax` rows, each of at most 80 columns.
  init(_ explanation: Explanation, rowsMax: Int) {
    self.explanation = explanation
    steps = explanation.trace.steps
    folding = LoopFolding(steps)
    let hidden = folding.hidden
    // Where an interrupt ends says the switch that follows.
    let steps = steps
    visible = steps.indices.filter {
      !hidden.contains($0) && steps[$0].kind != .interruptExit && steps[$0].kind != .softirqExit
    }
    var present: [ExplainColumn] = []
    for step in steps where !present.contains(ExplainColumn(step)) {
      present.append(ExplainColumn(step))
    }
    columns = present.sorted()
    // The last column keeps room for a line of text.
    let distance = columns.count > 1 ? min(37 / (columns.count - 1), 26) : 0
    indentations = columns.indices.map { 7 + $0 * distance }
    if columns.isEmpty { return }
    let titles = titles()
    let selection = StepSelection(
      explanation, visible: visible, rowsMax: max(rowsMax + 2 - titles.count, 4),
      rows: { [self] in rows($0).count })
    shownCount = selection.positions.count
    lines = titles + rows(selection.positions)
  }

  /// The columns' names on one line; short where there is little room, below each other where there
  /// is hardly any.
  private func titles() -> [String] {
    let rule = String(repeating: "-", count: TextLayout.proseColumnsMax)
    for names in [columns.map(\.title), columns.map(\.shortTitle)] {
      var line = " step"
      var fits = true
      for (index, name) in names.enumerated() {
        fits = fits && line.count < indentations[index]
        line = TextLayout.leading(line, indentations[index]) + name
      }
      if fits && line.count <= TextLayout.proseColumnsMax { return [line, rule] }
    }
    let lines = columns.enumerated().map { index, column in
      TextLayout.leading(index == 0 ? " step" : "", indentations[index]) + column.title
    }
    return lines + [rule]
  }

  /// The rows of a selection.
  private func rows(_ shown: [Int]) -> [String] {
    var rows: [String] = []
    var before: Int?
    var sites: [ExplainColumn: String] = [:]
    let findingAt = explanation.findingPosition.flatMap { at in shown.last { $0 <= at } }
    for position in shown {
      rows += gap(between: before, and: position)
      let column = ExplainColumn(steps[position])
      let kind = steps[position].kind
      let isNew = before.map { ExplainColumn(steps[$0]) != column } ?? true
      let why = reason(before, position)
      if isNew && why != .start && kind != .interruptEnter && kind != .softirqEnter {
        rows += cell("", column, "switch (\(why.text))")
      }
      var text = Self.text(steps[position])
      if kind == .interruptEnter { text = why.text }
      let site = steps[position].site
      if sites[column] != site { text += "  (\(TextLayout.clipped(site, to: 40)))" }
      sites[column] = site
      rows += cell("\(steps[position].number)", column, text)
      if let loop = folding.loops[position] {
        let what = loop.steps == 1 ? "the step above" : "the \(loop.steps) steps above"
        rows += cell("", column, "\(what) x \(loop.rounds) times")
      }
      if position == findingAt {
        rows += cell("", column, "!! \(explanation.finding.rule)")
      }
      before = position
    }
    return rows + gap(between: before, and: steps.count)
  }

  /// Why the column of a step runs: what the first step of this stretch of it says.
  private func reason(_ before: Int?, _ position: Int) -> SwitchReason {
    let column = ExplainColumn(steps[position])
    var at = position
    while at > (before.map { $0 + 1 } ?? 0), ExplainColumn(steps[at - 1]) == column { at -= 1 }
    return steps[at].reason ?? .start
  }

  /// The row that stands for the steps between two that are shown.
  private func gap(between before: Int?, and next: Int) -> [String] {
    let start = before.map { $0 + 1 } ?? 0
    let skipped = visible.filter { $0 >= start && $0 < next }
    guard let first = skipped.first else { return [] }
    let column = ExplainColumn(steps[first])
    let isOne = skipped.allSatisfy { ExplainColumn(steps[$0]) == column }
    var text = "... " + NumberText.counted(skipped.count, "step")
    if isOne {
      var sites: [String] = []
      for position in skipped where !sites.contains(steps[position].site) {
        sites.append(steps[position].site)
      }
      let named = sites.prefix(2).joined(separator: ", ")
      text += " in " + named + (sites.count > 2 ? " .." : "")
    } else {
      let changes = zip(skipped, skipped.dropFirst()).filter {
        ExplainColumn(steps[$0]) != ExplainColumn(steps[$1])
      }
      text += " of several CPUs, \(changes.count) switch" + (changes.count == 1 ? "" : "es")
    }
    return isOne ? cell("", column, text) : ["       " + text]
  }

  /// One row, or more if its text does not fit.
  private func cell(_ number: String, _ column: ExplainColumn, _ text: String) -> [String] {
    let index = columns.firstIndex(of: column) ?? 0
    let indentation = indentations[index]
    let margin = String(repeating: " ", count: indentation)
    let first = TextLayout.leading(TextLayout.trailing(number, 5), indentation)
    return TextLayout.wrapped(text, first: first, rest: margin + "  ")
  }

  /// A step in a cell: what reads shows what it saw, what writes what it made of it.
  static func text(_ step: TraceStep) -> String {
    let values = step.valueText
    switch step.kind {
    case .plainRead, .markedRead, .plainWrite, .markedWrite:
      if values.isEmpty { return step.text }
      return step.object + " " + values
    default: return values.isEmpty ? step.text : step.text + " " + values
    }
  }
}
