// Folds what a schedule does again and again: the first round stays, with how often it was done.

import Exploration
import Machine

/// The rounds of loops in a trace.
struct LoopFolding {
  /// Steps of the longest round that is looked for.
  static let roundStepsMax = 12
  /// Rounds from which on a loop is folded.
  static let roundsMin = 3

  /// Positions that are folded away.
  private(set) var hidden: Set<Int> = []
  /// By the position of the last step of a loop's first round: steps of a round, and rounds.
  private(set) var loops: [Int: (steps: Int, rounds: Int)] = [:]

  /// The loops of a trace.
  ///
  /// A loop that nobody cuts into is folded whatever it does.  One that others cut into is folded
  /// if it only waits: no step of it changes or learns anything new.
  init(_ steps: [TraceStep]) {
    foldUninterrupted(steps)
    foldWaiting(steps)
  }

  private mutating func foldUninterrupted(_ steps: [TraceStep]) {
    var start = 0
    while start < steps.count {
      let column = ExplainColumn(steps[start])
      var end = start
      while end < steps.count && ExplainColumn(steps[end]) == column { end += 1 }
      fold(Array(start..<end)) { left, right in
        Self.isSameOperation(steps[left], steps[right])
      }
      start = end
    }
  }

  private mutating func foldWaiting(_ steps: [TraceStep]) {
    let columns = steps.map { ExplainColumn($0) }
    var seen: Set<ExplainColumn> = []
    for column in columns where seen.insert(column).inserted {
      let own = steps.indices.filter { columns[$0] == column && !hidden.contains($0) }
      fold(own) { left, right in
        Self.isSameOperation(steps[left], steps[right]) && Self.changesNothing(steps[left])
          && steps[left].old == steps[right].old
      }
    }
  }

  /// Folds loops of a sequence of positions.
  private mutating func fold(_ positions: [Int], _ isSame: (Int, Int) -> Bool) {
    var start = 0
    while start < positions.count {
      var best = (steps: 0, rounds: 1)
      for length in 1...Self.roundStepsMax where start + 2 * length <= positions.count {
        let rounds = Self.rounds(positions, from: start, length, isSame)
        if rounds >= Self.roundsMin && rounds * length > best.rounds * best.steps {
          best = (length, rounds)
        }
      }
      if best.steps == 0 {
        start += 1
        continue
      }
      let end = start + best.steps * best.rounds
      for index in (start + best.steps)..<end { hidden.insert(positions[index]) }
      loops[positions[start + best.steps - 1]] = best
      start = end
    }
  }

  /// How many rounds of `length` there are from `start` on, all like the first.
  private static func rounds(
    _ positions: [Int], from start: Int, _ length: Int, _ isSame: (Int, Int) -> Bool
  ) -> Int {
    var end = start + length
    while end < positions.count,
      isSame(positions[start + (end - start) % length], positions[end])
    {
      end += 1
    }
    return (end - start) / length
  }

  private static func isSameOperation(_ left: TraceStep, _ right: TraceStep) -> Bool {
    left.kind == right.kind && left.object == right.object && left.site == right.site
      && left.succeeds == right.succeeds
  }

  private static func changesNothing(_ step: TraceStep) -> Bool {
    step.old == step.new && (!step.kind.writes || step.kind == .tryLock && !step.succeeds)
  }
}
