// What a schedule's guard asks, and where it goes on after a trap or in silence.
//
// Rule    `look` runs in the handler of a signal, on another stack: it only reads.

import CMachine

extension Schedule {
  init(in context: UnsafeMutableRawPointer) {
    self.init(state: context.assumingMemoryBound(to: ScheduleState.self))
  }

  /// The fiber of the running CPU; progress is the points passed.
  func look(_ progress: UnsafeMutablePointer<UInt64>) -> UnsafeMutablePointer<pt_fiber>? {
    progress.pointee = UInt64(truncatingIfNeeded: state.pointee.points)
    return state.pointee.cpus[state.pointee.running].fiber.control
  }

  /// Ends the schedule with a finding of the running CPU, at its last point.
  func land(_ signal: Int32) {
    let id = state.pointee.running
    let site = UInt16(truncatingIfNeeded: state.pointee.cpus[id].packed)
    CPU(record: state.pointee.records + id, site: Site(site)).leave(after: signal)
  }
}
