// The phase of the decay of per-CPU lists, which no recording tells: found by trying.

import JSON5
import Outcomes

/// Replays a recording with several phases.
struct PhaseFit {
  /// Phases that are tried, over the second from one decay to the next.
  private static let count = 10
  private let plan: RunPlan

  init(_ plan: RunPlan) { self.plan = plan }

  /// The outcome of the phase that comes nearest to the kernel, the first of equals; with a remark
  /// on the others.
  func execute(_ progress: (RunProgress) -> Bool) -> Outcome {
    var best: (outcome: Outcome, phase: Int, distance: Int)?
    var distances: [Int] = []
    var isStopped = false
    for number in 0..<Self.count where !isStopped {
      let phase = number * 1_000_000 / Self.count
      var tried = plan
      tried.trace?.options.decayPhase = phase
      let outcome = NativeRun(tried).execute { state in
        isStopped = isStopped || progress(state)
        return isStopped
      }
      let distance = outcome.run?.trace?.pagesApart ?? 0
      distances.append(distance)
      if best == nil || distance < best?.distance ?? 0 || !outcome.findings.isEmpty {
        best = (outcome, phase, distance)
      }
      if !outcome.findings.isEmpty { break }
    }
    guard let best else { return NativeRun(plan).execute(progress) }
    var outcome = best.outcome
    outcome.header.options = JSON5Writer.text(plan.resolved)
    let range = "\(distances.min() ?? 0) to \(distances.max() ?? 0)"
    outcome.run?.trace?.remarks.append(
      "of \(distances.count) phases of the decay, \(best.phase / 1000) ms fits best: pages taken"
        + " and drained differ by \(best.distance), by \(range) over all phases")
    return outcome
  }
}
