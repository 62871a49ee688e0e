// Where sizes of one config are tried: a simulated machine for each number of frames.

import Exploration
import Machine

/// What of a config gets smaller when a schedule is shrunk.
struct RunSize: Equatable {
  /// The operations of each CPU, by number.
  var only: [[Int]]
  /// Interrupts in a schedule of each source.
  var interrupts: Int
  /// Frames of all zones.
  var frames: Int
}

/// The machines on which the schedules of one config are tried.
final class RunBench {
  /// The size that the config has.
  let size: RunSize
  private let plan: ScaledPlan
  /// By number of frames.
  private var machines: [Int: (run: SimulatedRun, replayer: Replayer)] = [:]
  /// Points at which operations started in the schedule that was looked at last.
  private var looked: (size: RunSize, deviations: [Deviation], starts: [[Int]])?

  /// The machines of the plan of `run`, which is the first of them.
  init(_ run: SimulatedRun, _ replayer: Replayer) {
    plan = run.scaled
    size = RunSize(
      only: run.only, interrupts: plan.scale.interrupts, frames: plan.scale.frames)
    machines[size.frames] = (run, replayer)
  }

  /// The plan of a size.
  func plan(_ size: RunSize) -> ScaledPlan { plan.sized(size) }

  /// True if there is memory for a machine of this size.
  func hasRoom(for size: RunSize) -> Bool {
    if machines[size.frames] != nil { return true }
    guard let run = try? SimulatedRun(plan(size)) else { return false }
    machines[size.frames] = (run, Replayer(run.simulated, run.program()))
    return true
  }

  /// The machine for a size that there is room for, set to it.
  func machine(_ size: RunSize) -> (run: SimulatedRun, replayer: Replayer) {
    guard hasRoom(for: size), let made = machines[size.frames] else {
      fatalError("a size is tried only where there is room for it")
    }
    made.run.only = size.only
    made.run.interrupts = size.interrupts
    return made
  }

  /// Points that each CPU had passed at the start of each operation of a schedule; runs it, unless
  /// it was the last one asked for.
  func starts(_ size: RunSize, _ script: ReplayScript) -> [[Int]] {
    if let looked, looked.size == size, looked.deviations == script.deviations {
      return looked.starts
    }
    let (run, replayer) = machine(size)
    _ = replayer.replay(script)
    looked = (size, script.deviations, run.starts)
    return run.starts
  }
}
