// What happens at a scheduling point of a simulated machine.
//
// A step: the chosen CPU executes the operation that it announced and runs on to its next.  So the
// state between two steps is that of code at rest between two operations.
//
// A choice is made in one of three ways, each a tier with a file of its own:
//
//                          point: a CPU is about to do something
//                                          |
//                         a point of that kind now? --- no ---> passApart   SchedulePassBy
//                                          | yes
//                                      announce                             ScheduleSteps
//                                          |
//            +-----------------------------+----------------------------+
//    points < drawsUntil           points < quickUntil                 else
//            |                             |                            |
//         1. draw                    2. passAsking                3. passRarely
//     the machine itself,            the strategy is           observers, sleepers, the fair
//     no interrupt may come          asked, no more is due     end, a CPU that cannot go on
//           (here)                    (ScheduleAsking)     (ScheduleRarely, ScheduleDecision)
//            |                             |                            |
//            +--------------+--------------+                     decide, follow
//                           |                                           |
//                 note its step, then                     switch to its fiber, on which
//                 switch to its fiber:                    `arrive` notes its step first
//                 back in its code at once                       (ScheduleArrival)
//
// Rule    Runs on the fibers of the CPUs: no allocation, no reference counting, no error leaves it.
//         A fiber may be left at any switch and never come back.  What is done for the CPU that
//         comes next is done on another's fiber, or the thread's: no rule may break there.

import CMachine
import Synchronization

/// The running schedule.
///
/// Safe because the state lives as long as its machine, and one thread uses both.
@safe struct Schedule {
  let state: UnsafeMutablePointer<ScheduleState>

  @inline(__always) var view: ScheduleView { ScheduleView(state: state) }

  /// What the running CPU is about to do: others may come first, if its kind is a point now.
  ///
  /// All that is to be noted of a step is noted before the switch, and the switch comes last: who
  /// goes on returns to its code at once.  What is rare is a call in the end too, so that here no
  /// register is to be saved.
  @inline(never) static func point(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    if state.pointee.apart & PointKind(packed: packed).bit != 0 {
      return passApart(state, packed, object)
    }
    let schedule = Schedule(state: state)
    let id = state.pointee.running
    let cpu = state.pointee.cpus + id
    if schedule.announce(cpu, id, packed, object) { return passRarely(state) }
    if !state.drawsNext() { return passAsking(state) }
    schedule.goOn(from: cpu, schedule.draw())
  }

  /// Ends a point of `cpu`, after which CPU `next` goes on, in its code or by `arrive`.
  @inline(__always) func goOn(from cpu: UnsafeMutablePointer<SimulatedCPU>, _ next: Int) {
    beginTurn(of: next)
    let chosen = state.pointee.cpus + next
    if chosen.pointee.arrival != SimulatedCPU.Arrival.goesOn {
      return giveToArrive(chosen.pointee.fiber, from: cpu.pointee.fiber)
    }
    if note(chosen, next).isLocking { return Schedule.passLocking(state, cpu, chosen) }
    if chosen != cpu { cpu.pointee.fiber.leapTo(chosen.pointee.fiber) }
  }

  @inline(__always) func draw() -> Int {
    state.pointee.points &+= 1
    return state.draw()
  }

  @inline(__always) func beginTurn(of next: Int) {
    state.pointee.current = next
    state.pointee.running = next
  }
}
