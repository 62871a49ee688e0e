// The second way of a choice: the strategy is asked, and nothing else is due.

import CMachine

extension Schedule {
  /// What follows the choice is a call in the end: few registers are to be saved for one call.
  @inline(never) static func passAsking(_ state: UnsafeMutablePointer<ScheduleState>) {
    // Asked first, as each CPU that starts comes here.
    if state.pointee.starter != nil { return passRarely(state) }
    if state.pointee.points >= state.pointee.quickUntil { return passRarely(state) }
    let choice = Schedule(state: state).ask()
    if choice.delivery != 0 { return passDelivering(state, choice) }
    pass(state, Int(choice.cpu))
  }

  /// The end of a point after which CPU `next` goes on.
  @inline(never) private static func pass(
    _ state: UnsafeMutablePointer<ScheduleState>, _ next: Int
  ) {
    precondition(state.pointee.enabled.few.contains(next), "a strategy chooses who can go on")
    let cpu = state.pointee.cpus + state.pointee.running
    Schedule(state: state).goOn(from: cpu, next)
  }

  @inline(never) private static func passDelivering(
    _ state: UnsafeMutablePointer<ScheduleState>, _ choice: ScheduleChoice
  ) {
    let own = state.pointee.cpus[state.pointee.running].fiber
    let schedule = Schedule(state: state)
    schedule.give(schedule.follow(schedule.checked(choice)), from: own)
  }

  /// Counts a step, and asks for it.
  @inline(__always) private func ask() -> ScheduleChoice {
    state.pointee.points &+= 1
    return state.pointee.asked._withUnsafeGuaranteedRef { $0.choose(view) }
  }

  /// The CPU whose turn is next; its step is noted.  At least one CPU can go on.
  @inline(__always) func nextTurn() -> Turn {
    state.drawsNext() ? turn(of: draw()) : askedTurn()
  }

  /// The same where the strategy is to be asked, or more is due.
  private func askedTurn() -> Turn {
    if state.pointee.points >= state.pointee.quickUntil { return nextRarely() }
    let choice = ask()
    if choice.delivery != 0 { return follow(checked(choice)) }
    precondition(
      state.pointee.enabled.contains(Int(choice.cpu)), "a strategy chooses who can go on")
    return turn(of: Int(choice.cpu))
  }

  @inline(__always) func turn(of next: Int) -> Turn {
    beginTurn(of: next)
    let cpu = state.pointee.cpus + next
    if cpu.pointee.arrival != SimulatedCPU.Arrival.goesOn {
      return Turn(fiber: cpu.pointee.fiber, arrives: true)
    }
    if note(cpu, next).isLocking { takeLock(cpu, next) }
    return Turn(fiber: cpu.pointee.fiber)
  }
}
