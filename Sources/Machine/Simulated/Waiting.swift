// How one CPU waits for another: started and joined CPUs, a word that changes, time.

import CMachine
import Glibc
import Synchronization

extension CPU {
  /// Starts CPU `target`, which a simulated machine keeps until then (`startedCPUs`).
  ///
  /// A scheduling point.  Natively all CPUs run from the start, and this only says so.
  public func spawn(_ target: Int) {
    point(.spawn, UnsafeMutableRawPointer(bitPattern: target + 1), 0)
  }

  /// Waits until CPU `target` has come to its end.  A scheduling point.
  public func join(_ target: Int) {
    point(.join, UnsafeMutableRawPointer(bitPattern: target + 1), 0)
    if isSimulated { return }
    let other = record.pointee.shared.pointee.records + target
    while other.pointee.hasEnded.load(ordering: .acquiring) == 0 { relax() }
  }

  /// Lets `ticks` of time pass: points of a simulated machine, microseconds of a native one.
  public func sleep(ticks: Int) {
    point(.sleep, UnsafeMutableRawPointer(bitPattern: max(ticks, 0)), 0)
    if !isSimulated { usleep(UInt32(truncatingIfNeeded: max(ticks, 0))) }
  }

  /// Notes that work got done, so that waiting for it is no livelock.
  @inline(__always) public func noteProgress() {
    if isSimulated { noteSimulatedProgress() }
  }

  @inline(__always) var isSimulated: Bool {
    record.pointee.attention.load(ordering: .relaxed) & Attention.simulated != 0
  }

  private func noteSimulatedProgress() {
    guard let context = record.pointee.hookContext else { return }
    let state = context.assumingMemoryBound(to: ScheduleState.self)
    state.pointee.progressAt = state.pointee.points
  }
}

extension AtomicCell {
  /// Waits while the word is `value`, until another CPU calls `wake`.
  ///
  /// The word is looked at and the CPU put to sleep in one step, as by a futex; a wake that came
  /// before is not remembered.  Natively the wait looks at the word alone.
  public func wait(_ cpu: CPU, while value: Int) {
    if read(cpu) != value { return }
    if cpu.isSimulated { return cpu.point(.wait, address) }
    while atRest == value { cpu.relax() }
  }

  /// Wakes the CPUs that wait on the word.  A scheduling point.
  public func wake(_ cpu: CPU) { cpu.point(.wake, address) }
}
