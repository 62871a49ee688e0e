// A config's schedule that is shrunk: besides its deviations, the operations that its CPUs do.

import Exploration
import Machine

/// A config with some of its operations.
struct RunSubject: ShrinkSubject {
  private let run: SimulatedRun
  private let replayer: Replayer
  private let script: ReplayScript
  /// The operations of each CPU, by number.
  let only: [[Int]]

  init(_ run: SimulatedRun, _ replayer: Replayer, _ script: ReplayScript, only: [[Int]]) {
    self.run = run
    self.replayer = replayer
    self.script = script
    self.only = only
  }

  var operations: Int { only.reduce(0) { $0 + $1.count } }
  var cpus: Int { only.count { !$0.isEmpty } }

  func replay(_ deviations: [Deviation]) -> ReplayedSchedule {
    run.only = only
    var script = script
    script.deviations = deviations
    return replayer.replay(script)
  }

  /// Without a CPU, then without one operation, the last first.
  func smaller() -> [RunSubject] {
    var all: [RunSubject] = []
    func add(_ only: [[Int]]) { all.append(RunSubject(run, replayer, script, only: only)) }
    for cpu in only.indices where only[cpu].count > 1 && cpus > 1 {
      var fewer = only
      fewer[cpu] = []
      add(fewer)
    }
    for cpu in only.indices {
      for index in only[cpu].indices.reversed() where operations > 1 {
        var fewer = only
        fewer[cpu].remove(at: index)
        add(fewer)
      }
    }
    return all
  }

  /// Without those in operations that are gone; what came after them comes so much earlier.
  func adapt(_ deviations: [Deviation], from larger: RunSubject) -> [Deviation] {
    _ = larger.replay(deviations)
    let starts = run.starts
    return deviations.compactMap { deviation in
      let cpu = deviation.cpu
      if cpu < 0 || cpu >= only.count { return deviation }
      if only[cpu].isEmpty { return larger.only[cpu].isEmpty ? deviation : nil }
      var moved = deviation
      for (index, number) in larger.only[cpu].enumerated() where !only[cpu].contains(number) {
        // A schedule that ended early has no later operations.
        if index + 1 >= starts[cpu].count { continue }
        let (start, end) = (starts[cpu][index], starts[cpu][index + 1])
        if deviation.point >= end {
          moved.point -= end - start
        } else if deviation.point > start {
          return nil
        }
      }
      return moved
    }
  }
}
