// A config's schedule that is shrunk: besides its deviations, the operations that its CPUs do, the
// interrupts that may come, the frames there are.

import Exploration
import Machine

/// A config of some size.
struct RunSubject: ShrinkSubject {
  private static let framesMin = 64
  private let bench: RunBench
  private let script: ReplayScript
  /// What there is of it.
  let size: RunSize

  /// The config as large as it is on `bench`.
  init(_ bench: RunBench, _ script: ReplayScript) {
    self.init(bench, script, bench.size)
  }

  private init(_ bench: RunBench, _ script: ReplayScript, _ size: RunSize) {
    self.bench = bench
    self.script = script
    self.size = size
  }

  var operations: Int { size.only.reduce(0) { $0 + $1.count } }
  var cpus: Int { size.only.count { !$0.isEmpty } }

  /// A machine set to this size.
  func prepare() -> (run: SimulatedRun, replayer: Replayer) { bench.machine(size) }

  /// With no more interrupts than some deviations have of any source.
  func withInterrupts(of deviations: [Deviation]) -> RunSubject {
    var size = size
    let used = InterruptSource.allCases.map { source in
      deviations.count { $0.interrupt == source }
    }
    size.interrupts = min(size.interrupts, used.max() ?? 0)
    return RunSubject(bench, script, size)
  }

  func replay(_ deviations: [Deviation]) -> ReplayedSchedule {
    var script = script
    script.deviations = deviations
    return prepare().replayer.replay(script)
  }

  /// Without a CPU, without half of one's operations, without one operation, the last first; with
  /// half the frames.  Not with fewer interrupts: what shows without one is mostly something else.
  func smaller() -> [RunSubject] {
    var all: [RunSubject] = []
    func add(_ change: (inout RunSize) -> Void) {
      var size = size
      change(&size)
      all.append(RunSubject(bench, script, size))
    }
    for cpu in size.only.indices where !size.only[cpu].isEmpty && cpus > 1 {
      add { $0.only[cpu] = [] }
    }
    for cpu in size.only.indices where size.only[cpu].count > 3 {
      let half = size.only[cpu].count / 2
      add { $0.only[cpu].removeLast(half) }
      add { $0.only[cpu].removeFirst(half) }
    }
    for cpu in size.only.indices where operations > 1 {
      for index in size.only[cpu].indices.reversed() { add { $0.only[cpu].remove(at: index) } }
    }
    var half = size
    half.frames /= 2
    if half.frames >= Self.framesMin && bench.hasRoom(for: half) { add { $0 = half } }
    return all
  }

  /// Without those in operations that are gone; what came after them comes so much earlier.
  func adapt(_ deviations: [Deviation], from larger: RunSubject) -> [Deviation] {
    if size.only == larger.size.only { return deviations }
    var recorded = script
    recorded.deviations = deviations
    let starts = bench.starts(larger.size, recorded)
    return deviations.compactMap { adapt($0, from: larger.size.only, starts) }
  }

  private func adapt(
    _ deviation: Deviation, from larger: [[Int]], _ starts: [[Int]]
  ) -> Deviation? {
    let cpu = deviation.cpu
    if cpu < 0 || cpu >= size.only.count || cpu >= starts.count { return deviation }
    if size.only[cpu].isEmpty { return larger[cpu].isEmpty ? deviation : nil }
    var moved = deviation
    for (index, number) in larger[cpu].enumerated() where !size.only[cpu].contains(number) {
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

  /// Schedules of this size with the requests of the one that is shrunk, by strategies in turns.
  func search(for signature: String, round: Int, replays: Int) -> ShrinkSearch {
    let search = ScheduleSearch(prepare().replayer, script)
    for count in 0..<replays {
      let done = search.run(UInt64(round) << 32 | UInt64(count))
      if done.shows(signature) { return ShrinkSearch(done.script.deviations, replays: count + 1) }
    }
    return ShrinkSearch(nil, replays: replays)
  }
}
