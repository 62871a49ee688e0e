// How the CPUs of a schedule begin and end.

import CMachine
import Synchronization

extension Schedule {
  /// Runs CPUs, which are fresh, each up to its first operation or its end; comes back to `fiber`.
  ///
  /// From one CPU to the next, not by way of `fiber`: a switch costs more than all else here.
  @inline(__always) func start(_ cpus: Range<Int>, from fiber: Fiber) {
    state.pointee.starter = fiber
    state.pointee.startNext = cpus.lowerBound
    state.pointee.startEnd = cpus.upperBound
    state.beQuickNever()
    give(nextToStart(), from: fiber)
  }

  /// The next CPU that starts; once all have, who starts them, or, if that is the thread and the
  /// strategy has begun before, the first choice.
  func nextToStart() -> Turn {
    noteWaitingAtStart(state.pointee.running)
    let id = state.pointee.startNext
    if id < state.pointee.startEnd {
      state.pointee.startNext = id + 1
      state.pointee.unfinished.insert(id)
      state.enable(id)
      state.pointee.running = id
      return Turn(fiber: state.pointee.cpus[id].fiber)
    }
    let starter = state.pointee.starter ?? state.pointee.thread
    state.pointee.starter = nil
    state.settle()
    if starter.control == state.pointee.thread.control && state.pointee.drawsEvenly {
      return first()
    }
    return Turn(fiber: starter)
  }

  private func noteWaitingAtStart(_ id: Int) {
    if state.pointee.unfinished.contains(id) && !state.pointee.enabled.contains(id) {
      state.pointee.waitingAtStart.insert(id)
    }
  }

  /// Runs CPU `id`, which the running CPU spawns, up to its first operation.
  func start(_ id: Int) {
    let running = state.pointee.running
    precondition(
      id >= 0 && id < state.pointee.cpuCount && !state.pointee.unfinished.contains(id)
        && !state.pointee.finished.contains(id), "a CPU is spawned once")
    start(id..<id + 1, from: state.pointee.cpus[running].fiber)
    state.pointee.running = running
  }

  /// From the thread's stack: goes on with the first choice; comes back when the schedule is over.
  func goOnFirst(from thread: Fiber) { give(first(), from: thread) }

  /// The first choice, once all CPUs have started.
  private func first() -> Turn {
    if state.pointee.unfinished.isEmpty { return Turn(fiber: state.pointee.thread) }
    return state.pointee.enabled.isEmpty ? nextRarely() : nextTurn()
  }

  /// The running CPU's code came to its end; comes back when its fiber is to run code again.
  @inline(__always) func finish() {
    let id = state.pointee.running
    let fiber = state.pointee.cpus[id].fiber
    state.pointee.unfinished.remove(id)
    state.disable(id)
    state.pointee.finished.insert(id)
    state.pointee.progressAt = state.pointee.points
    letJoinersGoOn(id)
    give(nextAfterEnd(), from: fiber)
  }

  @inline(__always) private func nextAfterEnd() -> Turn {
    if state.pointee.unfinished.isEmpty && state.pointee.starter == nil {
      return Turn(fiber: state.pointee.thread)
    }
    return state.pointee.enabledCount == 0 ? nextRarely() : nextTurn()
  }

  /// CPU `id` has ended.
  @inline(__always) func letJoinersGoOn(_ id: Int) {
    if !state.pointee.joiners.isEmpty { wakeJoiners(id) }
  }

  @inline(never) func wakeJoiners(_ id: Int) {
    state.pointee.joiners.visit { cpu in
      let waiting = state.pointee.cpus[cpu]
      if waiting.kind != .join || waiting.number != UInt64(id + 1) { return }
      state.pointee.joiners.remove(cpu)
      state.enable(cpu)
    }
  }
}
