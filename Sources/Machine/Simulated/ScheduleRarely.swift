// The third way of a choice: more is due than to ask the strategy, or an interrupt comes.

import CMachine
import Synchronization

extension Schedule {
  @inline(never) static func passRarely(_ state: UnsafeMutablePointer<ScheduleState>) {
    let own = state.pointee.cpus[state.pointee.running].fiber
    let schedule = Schedule(state: state)
    schedule.give(schedule.nextRarely(), from: own)
  }

  /// Whose turn is next where there is more to do or to ask; the thread's if the schedule is over.
  @inline(never) func nextRarely() -> Turn {
    if state.pointee.starter != nil { return nextToStart() }
    let choice = decide()
    return choice.cpu == Schedule.over.cpu ? Turn(fiber: state.pointee.thread) : follow(choice)
  }

  func follow(_ choice: ScheduleChoice) -> Turn {
    let next = Int(choice.cpu)
    beginTurn(of: next)
    if choice.delivery == 0 {
      state.pointee.cpus[next].arrival = SimulatedCPU.Arrival.executes
    } else {
      spend(choice)
      state.pointee.cpus[next].arrival = choice.delivery
    }
    return Turn(fiber: state.pointee.cpus[next].fiber, arrives: true)
  }

  func spend(_ choice: ScheduleChoice) {
    let cpu = Int(choice.cpu)
    let source = Int(choice.delivery) - 1
    let bit = UInt32(1) << UInt32(source)
    if state.pointee.records[cpu].remoteInterrupts.load(ordering: .relaxed) & bit != 0 {
      state.pointee.records[cpu].remoteInterrupts.bitwiseAnd(~bit, ordering: .relaxed)
    } else {
      state.pointee.budget[source] -= 1
      state.pointee.budgetLeft -= 1
      if state.pointee.budgetLeft == 0 { state.settle() }
    }
  }
}
