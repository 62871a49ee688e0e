// What happens at a scheduling point of a simulated machine.
//
// A step: the chosen CPU executes the operation that it announced and runs on to its next.  So the
// state between two steps is that of code at rest between two operations.
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

  @inline(__always) private var view: ScheduleView { ScheduleView(state: state) }

  /// What the running CPU is about to do: others may come first, if its kind is a point now.
  @inline(__always) func point(_ packed: UInt64, _ object: UnsafeMutableRawPointer?) {
    if state.pointee.passedBy & PointKind(packed: packed).bit != 0 { return passBy(packed, object) }
    Schedule.pass(state, packed, object)
  }

  /// A point of the running CPU: others may come first.
  ///
  /// All that is to be noted of a step is noted before the switch, and there is one switch: behind
  /// it all CPUs do the same, so that the processor foresees where they return to.
  @inline(never) private static func pass(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    let schedule = Schedule(state: state)
    let cpu = state.pointee.cpus + state.pointee.running
    let own = cpu.pointee.fiber
    let next =
      schedule.announce(cpu, packed, object) ? schedule.nextRarely() : schedule.nextQuickly()
    if next.control != own.control { own.hopTo(next) }
    if cpu.pointee.arrival != SimulatedCPU.Arrival.goesOn { schedule.arrive(cpu) }
  }

  /// What CPU comes next, by its fiber; its step is noted.  Somebody can go on.
  @inline(__always) func nextQuickly() -> Fiber {
    if state.pointee.points >= state.pointee.quickUntil { return nextRarely() }
    state.pointee.points &+= 1
    let next: Int
    if state.pointee.drawsEvenly && !state.mayInterrupt() {
      next = state.draw()
    } else {
      let choice = state.pointee.strategy._withUnsafeGuaranteedRef { $0.choose(view) }
      if choice.delivery != 0 { return follow(checked(choice)) }
      next = Int(choice.cpu)
      precondition(state.pointee.enabled.contains(next), "a strategy chooses who can go on")
    }
    let cpu = state.pointee.cpus + next
    let packed = cpu.pointee.packed
    if PointKind(packed: packed).isQuick {
      note(cpu, packed, next)
      take(cpu, PointKind(packed: packed), next)
    } else {
      cpu.pointee.arrival = SimulatedCPU.Arrival.executes
    }
    state.pointee.current = next
    state.pointee.running = next
    return cpu.pointee.fiber
  }

  /// The same where there is more to do or to ask; the thread's fiber if the schedule is over.
  @inline(never) func nextRarely() -> Fiber {
    if state.pointee.starter != nil { return nextToStart() }
    let choice = decide()
    return choice.cpu == UInt8.max ? state.pointee.thread : follow(choice)
  }

  private func follow(_ choice: ScheduleChoice) -> Fiber {
    let next = Int(choice.cpu)
    state.pointee.current = next
    if choice.delivery == 0 {
      state.pointee.cpus[next].arrival = SimulatedCPU.Arrival.executes
    } else {
      spend(choice)
      state.pointee.cpus[next].arrival = choice.delivery
    }
    state.pointee.running = next
    return state.pointee.cpus[next].fiber
  }

  private func spend(_ choice: ScheduleChoice) {
    let cpu = Int(choice.cpu)
    let source = Int(choice.delivery) - 1
    let bit = UInt32(1) << UInt32(source)
    if state.pointee.records[cpu].remoteInterrupts.load(ordering: .relaxed) & bit != 0 {
      state.pointee.records[cpu].remoteInterrupts.bitwiseAnd(~bit, ordering: .relaxed)
    } else {
      state.pointee.budget[source] -= 1
      state.pointee.budgetLeft -= 1
    }
  }

  /// What a CPU does first when it is switched to, on its fiber.
  @inline(never) private func arrive(_ cpu: UnsafeMutablePointer<SimulatedCPU>) {
    let id = state.pointee.running
    let arrival = cpu.pointee.arrival
    let (packed, object) = (cpu.pointee.packed, state.object(announcedBy: id))
    cpu.pointee.arrival = SimulatedCPU.Arrival.goesOn
    if arrival <= SimulatedCPU.Arrival.deliveryMax {
      let deadline = cpu.pointee.deadline
      deliver(id, source: Int(arrival) - 1)
      // Its operation is still to come.
      cpu.pointee.wasWoken = PointKind(packed: packed) == .wait && cpu.pointee.waitsOn == 0
      // Its handler may have slept itself.
      cpu.pointee.keepsDeadline = PointKind(packed: packed) == .sleep
      cpu.pointee.deadline = deadline
      return Schedule.pass(state, packed, object)
    }
    if arrival == SimulatedCPU.Arrival.executes {
      note(cpu, packed, id)
      // Before it takes effect: a CPU that is spawned runs at once to its first point.
      if state.pointee.operationObservers != 0 {
        tell(id, state.operation(announcedBy: id), object)
      }
      take(cpu, PointKind(packed: packed), id)
    }
    let kind = PointKind(packed: packed)
    if kind == .unlock, let object {
      CPU(record: state.pointee.records + id, site: Site(UInt16(truncatingIfNeeded: packed)))
        .judgeRelease(of: object)
    } else if !kind.isQuick {
      act(kind, object)
    }
  }

  private func deliver(_ id: Int, source: Int) {
    // The operations of its handler can go on, whatever it waits for itself.
    state.enable(id)
    state.pointee.lockers.remove(id)
    state.endSleep(id)
    state.pointee.cpus[id].localPoints &+= 1
    state.pointee.lastYielded = false
    chain(UInt64(source + 1) << 48 | UInt64(id))
    let cpu = CPU(record: state.pointee.records + id, site: .interruptEntry)
    cpu.interrupt(from: InterruptSource(rawValue: source) ?? .timer)
  }

  /// Notes what a CPU does next; true if that may keep it, or more than a choice is to be made.
  @inline(__always) private func announce(
    _ cpu: UnsafeMutablePointer<SimulatedCPU>, _ packed: UInt64, _ object: UnsafeMutableRawPointer?
  ) -> Bool {
    let kind = PointKind(packed: packed)
    cpu.pointee.packed = packed
    if !kind.isQuick { return announceRare(cpu, kind, object) }
    let offset = Int(bitPattern: object) &- Int(bitPattern: state.pointee.arenaBase)
    cpu.pointee.number = object == nil ? 0 : UInt64(truncatingIfNeeded: offset &+ 1)
    cpu.pointee.line = state.pointee.touched.line(at: kind.writes ? offset : -1)
    return kind == .lock && announceLock(state.pointee.running, object)
  }

  @inline(never) private func announceRare(
    _ cpu: UnsafeMutablePointer<SimulatedCPU>, _ kind: PointKind, _ object: UnsafeMutableRawPointer?
  ) -> Bool {
    cpu.pointee.number = state.number(kind, object)
    cpu.pointee.line = state.pointee.touched.none
    if mustWait(state.pointee.running, kind, object) { state.disable(state.pointee.running) }
    return true
  }

  /// True if the CPU may have closed a cycle of CPUs that wait for each other.
  @inline(__always) private func announceLock(
    _ id: Int, _ lock: UnsafeMutableRawPointer?
  ) -> Bool {
    state.pointee.lockers.insert(id)
    guard let lock else { return false }
    let word = SpinLockRecord.word(of: lock)
    if word == 0 { return false }
    state.disable(id)
    return !state.pointee.enabled.contains(SpinLockRecord.holder(word))
  }

  private func mustWait(
    _ id: Int, _ kind: PointKind, _ object: UnsafeMutableRawPointer?
  ) -> Bool {
    switch kind {
    case .join:
      return !state.pointee.finished.contains(Int(bitPattern: object) - 1)
    case .sleep:
      if !state.pointee.cpus[id].keepsDeadline {
        state.pointee.cpus[id].deadline = state.now &+ UInt64(UInt(bitPattern: object))
      }
      state.pointee.cpus[id].keepsDeadline = false
      state.pointee.sleeping.insert(id)
      state.settle()
      return true
    case .wait:
      let wasWoken = state.pointee.cpus[id].wasWoken
      state.pointee.cpus[id].wasWoken = false
      if !wasWoken { state.pointee.cpus[id].waitsOn = state.pointee.cpus[id].number }
      return !wasWoken
    default:
      return false
    }
  }

  /// Notes the step of CPU `id`, which executes what it announced.
  @inline(__always) private func note(
    _ cpu: UnsafeMutablePointer<SimulatedCPU>, _ packed: UInt64, _ id: Int
  ) {
    let number = cpu.pointee.number
    cpu.pointee.localPoints &+= 1
    state.pointee.lastPacked = packed
    state.pointee.lastNumber = number
    chain(number &<< 32 ^ packed &<< 8 ^ UInt64(truncatingIfNeeded: id))
  }

  @inline(__always) private func chain(_ word: UInt64) {
    let mixed = (state.pointee.hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    state.pointee.hash = mixed ^ (mixed &>> 32)
  }

  /// Notes what CPU `id` writes, and who can go on once it has.
  @inline(__always) private func take(
    _ cpu: UnsafeMutablePointer<SimulatedCPU>, _ kind: PointKind, _ id: Int
  ) {
    state.pointee.touched.note(line: cpu.pointee.line)
    state.pointee.lastYielded = kind == .relax
    if kind.isLocking { takeLock(cpu, kind, id) }
  }

  /// Who waits for a lock that is taken now; who no longer does when it is let go.
  @inline(__always) private func takeLock(
    _ cpu: UnsafeMutablePointer<SimulatedCPU>, _ kind: PointKind, _ id: Int
  ) {
    let number = cpu.pointee.number
    let lock = state.pointee.arenaBase + (Int(truncatingIfNeeded: number) &- 1)
    if kind == .unlock {
      if SpinLockRecord.word(of: lock) != state.pointee.records[id].holder {
        cpu.pointee.arrival = SimulatedCPU.Arrival.isJudged
      }
      forEachLocker(number, of: ~state.pointee.enabled.bits) { state.enable($0) }
    } else if kind == .tryLock && SpinLockRecord.isTaken(lock) {
      state.pointee.lastYielded = true
    } else {
      state.pointee.lockers.remove(id)
      forEachLocker(number, of: state.pointee.enabled.bits) { state.disable($0) }
    }
  }

  /// Those of some CPUs that announced to take a lock.
  @inline(__always) private func forEachLocker(
    _ lock: UInt64, of some: UInt64, _ body: (Int) -> Void
  ) {
    CPUSet(bits: state.pointee.lockers.bits & some).visit { cpu in
      if state.pointee.cpus[cpu].number == lock { body(cpu) }
    }
  }

  private func act(_ kind: PointKind, _ object: UnsafeMutableRawPointer?) {
    switch kind {
    case .spawn:
      start(Int(bitPattern: object) - 1)
    case .wake:
      wake(state.number(.wake, object))
    default:
      break
    }
  }

  /// Wakes the CPUs that wait on a word, also those that handle an interrupt meanwhile.
  private func wake(_ word: UInt64) {
    state.pointee.unfinished.visit { cpu in
      if state.pointee.cpus[cpu].waitsOn != word { return }
      state.pointee.cpus[cpu].waitsOn = 0
      if state.pointee.cpus[cpu].kind == .wait { state.enable(cpu) }
    }
  }

  /// CPU `id` has ended.
  func letJoinersGoOn(_ id: Int) {
    CPUSet(bits: state.pointee.unfinished.bits & ~state.pointee.enabled.bits).visit { cpu in
      let waiting = state.pointee.cpus[cpu]
      if waiting.kind == .join && waiting.number == UInt64(id + 1) { state.enable(cpu) }
    }
  }
}

extension Schedule {
  /// A point where nobody else comes in: only what it writes is noted, and observers are told.
  @inline(never) private func passBy(_ packed: UInt64, _ object: UnsafeMutableRawPointer?) {
    let kind = PointKind(packed: packed)
    if kind.writes { state.pointee.touched.note(line: state.pointee.touched.line(of: object)) }
    if !state.pointee.isScheduling {
      // Nobody is left who could let go of it.
      if kind == .lock, let object, SpinLockRecord.isTaken(object) { leaveAlone(packed, object) }
      return
    }
    if state.pointee.operationObservers != 0 {
      let operation = Operation(packed: packed, number: state.number(kind, object))
      tell(state.pointee.running, operation, object)
    }
  }

  private func leaveAlone(_ packed: UInt64, _ object: UnsafeMutableRawPointer) {
    let cpu = CPU(record: state.pointee.records, site: Site(UInt16(truncatingIfNeeded: packed)))
    cpu.bug(.deadlock, .lock, Int(bitPattern: object), 0)
  }

  private func tell(_ id: Int, _ operation: Operation, _ object: UnsafeMutableRawPointer?) {
    let cpu = CPU(record: state.pointee.records + id, site: Site(operation.site))
    let fails =
      operation.kind == .tryLock && object.map { SpinLockRecord.isTaken($0) } == true
    for index in 0..<state.pointee.observerCount
    where state.pointee.operationObservers & (1 << UInt8(index)) != 0 {
      state.pointee.observers[index]?._withUnsafeGuaranteedRef {
        $0.execute(cpu, operation, succeeds: !fails, view)
      }
    }
  }
}
