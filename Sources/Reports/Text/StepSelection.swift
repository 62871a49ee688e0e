// Which steps of a schedule a report shows, when it cannot show all of them.
//
// In the order of what they tell: where the finding is, where CPUs change, what concerns the object
// of the finding, what one CPU reads that another wrote, locks; the later ones first.

import Exploration
import Machine

/// The positions of the steps shown, in order.
struct StepSelection {
  private(set) var positions: [Int] = []

  /// Selects steps.
  ///
  /// - Parameters:
  ///   - visible: positions that loops do not hide, in order.
  ///   - rowsMax: rows that may be used, by what `rows` says of a selection.
  init(
    _ explanation: Explanation, visible: [Int], rowsMax: Int, rows: ([Int]) -> Int
  ) {
    let classes = Self.classes(explanation, visible)
    var chosen: Set<Int> = []
    for candidates in classes {
      for position in candidates.reversed() where !chosen.contains(position) {
        chosen.insert(position)
        let sorted = visible.filter { chosen.contains($0) }
        if rows(sorted) > rowsMax { chosen.remove(position) }
      }
    }
    positions = visible.filter { chosen.contains($0) }
    fillSingleGaps(visible, rowsMax, rows)
  }

  /// A gap of one step takes as much room as the step.
  private mutating func fillSingleGaps(
    _ visible: [Int], _ rowsMax: Int, _ rows: ([Int]) -> Int
  ) {
    var shown = Set(positions)
    for index in visible.indices where !shown.contains(visible[index]) {
      let before = index == 0 || shown.contains(visible[index - 1])
      let after = index + 1 == visible.count || shown.contains(visible[index + 1])
      if !before || !after { continue }
      shown.insert(visible[index])
      let filled = visible.filter { shown.contains($0) }
      if rows(filled) > rowsMax { shown.remove(visible[index]) }
    }
    positions = visible.filter { shown.contains($0) }
  }

  private static func classes(_ explanation: Explanation, _ visible: [Int]) -> [[Int]] {
    let steps = explanation.trace.steps
    var ends: [Int] = []
    var changes: [Int] = []
    var locks: [Int] = []
    for (index, position) in visible.enumerated() {
      let column = ExplainColumn(steps[position])
      let next = index + 1 < visible.count ? ExplainColumn(steps[visible[index + 1]]) : nil
      let before = index > 0 ? ExplainColumn(steps[visible[index - 1]]) : nil
      if next == nil { ends.append(position) }
      if before != column || next != column { changes.append(position) }
      let kind = steps[position].kind
      if kind == .lock || kind == .tryLock || kind == .unlock { locks.append(position) }
    }
    if let position = explanation.findingPosition {
      // The loop that hides it stands for it.
      ends.append(visible.last { $0 <= position } ?? position)
    }
    let subject = explanation.finding.subject
    let about = visible.filter {
      !subject.isEmpty
        && (steps[$0].object == subject || steps[$0].object.hasPrefix(subject + "."))
    }
    let handed = handedOver(steps, visible)
    return [ends.sorted(), changes, about, handed, locks, Array(visible.suffix(400))]
  }

  /// Steps that see what another column wrote, with the steps that wrote it.
  private static func handedOver(_ steps: [TraceStep], _ visible: [Int]) -> [Int] {
    var writer: [String: Int] = [:]
    var found: [Int] = []
    for position in visible {
      let step = steps[position]
      guard step.kind.isAccess, !step.object.isEmpty else { continue }
      let isLock = step.kind == .lock || step.kind == .tryLock || step.kind == .unlock
      if isLock { continue }
      if let before = writer[step.object],
        ExplainColumn(steps[before]) != ExplainColumn(step)
      {
        found += [before, position]
      }
      if step.kind.writes { writer[step.object] = position }
    }
    return found.sorted()
  }
}
