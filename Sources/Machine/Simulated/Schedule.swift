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
    let next = schedule.draw()
    schedule.beginTurn(of: next)
    let chosen = state.pointee.cpus + next
    if chosen.pointee.arrival != SimulatedCPU.Arrival.goesOn {
      return schedule.giveToArrive(chosen.pointee.fiber, from: cpu.pointee.fiber)
    }
    if schedule.note(chosen, next).isLocking { return passLocking(state, cpu, chosen) }
    if next != id { cpu.pointee.fiber.leapTo(chosen.pointee.fiber) }
  }

  /// The same from where `chosen`, whose turn it is, takes a lock or lets it go.
  @inline(never) private static func passLocking(
    _ state: UnsafeMutablePointer<ScheduleState>, _ cpu: UnsafeMutablePointer<SimulatedCPU>,
    _ chosen: UnsafeMutablePointer<SimulatedCPU>
  ) {
    Schedule(state: state).takeLock(chosen, state.pointee.running)
    if chosen != cpu { cpu.pointee.fiber.leapTo(chosen.pointee.fiber) }
  }

  /// A point of a kind that is none now, or that takes more than a choice.
  @inline(never) private static func passApart(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    if state.pointee.passedBy & PointKind(packed: packed).bit != 0 {
      return passBy(state, packed, object)
    }
    Schedule(state: state).announceOther(packed, object)
    passRarely(state)
  }

  @inline(never) private static func passAsking(_ state: UnsafeMutablePointer<ScheduleState>) {
    let own = state.pointee.cpus[state.pointee.running].fiber
    let schedule = Schedule(state: state)
    // Asked first, as each CPU that starts comes here.
    if state.pointee.starter != nil { return schedule.give(schedule.nextToStart(), from: own) }
    schedule.give(schedule.askedTurn(), from: own)
  }

  @inline(never) private static func passRarely(_ state: UnsafeMutablePointer<ScheduleState>) {
    let own = state.pointee.cpus[state.pointee.running].fiber
    let schedule = Schedule(state: state)
    schedule.give(schedule.nextRarely(), from: own)
  }

  /// Lets another fiber go on, or this one, from where it stopped.
  @inline(__always) func give(_ turn: Turn, from own: Fiber) {
    if turn.arrives { return giveToArrive(turn.fiber, from: own) }
    if turn.fiber.control != own.control { own.leapTo(turn.fiber) }
  }

  @inline(never) private func giveToArrive(_ fiber: Fiber, from own: Fiber) {
    if fiber.control == own.control { return arrive() }
    own.leapTo(
      fiber, calling: { Schedule(in: $0.unsafelyUnwrapped).arrive() },
      UnsafeMutableRawPointer(state))
  }

  /// Whose turn is next; its step is noted.  Somebody can go on.
  @inline(__always) func nextTurn() -> Turn {
    state.drawsNext() ? turn(of: draw()) : askedTurn()
  }

  /// The same where the strategy is to be asked, or more is due.
  @inline(__always) private func askedTurn() -> Turn {
    if state.pointee.points >= state.pointee.quickUntil { return nextRarely() }
    state.pointee.points &+= 1
    let choice = state.pointee.asked._withUnsafeGuaranteedRef { $0.choose(view) }
    if choice.delivery != 0 { return follow(checked(choice)) }
    precondition(
      state.pointee.enabled.contains(Int(choice.cpu)), "a strategy chooses who can go on")
    return turn(of: Int(choice.cpu))
  }

  @inline(__always) private func draw() -> Int {
    state.pointee.points &+= 1
    return state.draw()
  }

  @inline(__always) private func beginTurn(of next: Int) {
    state.pointee.current = next
    state.pointee.running = next
  }

  @inline(__always) private func turn(of next: Int) -> Turn {
    beginTurn(of: next)
    let cpu = state.pointee.cpus + next
    if cpu.pointee.arrival != SimulatedCPU.Arrival.goesOn {
      return Turn(fiber: cpu.pointee.fiber, arrives: true)
    }
    if note(cpu, next).isLocking { takeLock(cpu, next) }
    return Turn(fiber: cpu.pointee.fiber)
  }

  /// The same where there is more to do or to ask; the thread's turn if the schedule is over.
  @inline(never) func nextRarely() -> Turn {
    if state.pointee.starter != nil { return nextToStart() }
    let choice = decide()
    return choice.cpu == UInt8.max ? Turn(fiber: state.pointee.thread) : follow(choice)
  }

  private func follow(_ choice: ScheduleChoice) -> Turn {
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

  private func spend(_ choice: ScheduleChoice) {
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

  /// What a CPU does first when it is switched to, on its fiber.
  private func arrive() {
    let id = state.pointee.running
    let cpu = state.pointee.cpus + id
    let arrival = cpu.pointee.arrival
    let (packed, object) = (cpu.pointee.packed, state.object(announcedBy: id))
    cpu.pointee.arrival = SimulatedCPU.Arrival.goesOn
    if arrival <= SimulatedCPU.Arrival.deliveryMax {
      let deadline = cpu.pointee.deadline
      let outside = cpu.pointee.waitedOnOutside
      cpu.pointee.waitedOnOutside = cpu.pointee.waitsOn
      cpu.pointee.waitsOn = 0
      deliver(id, source: Int(arrival) - 1)
      // Its handler may have waited itself, and somebody woken it from what it waits on.
      cpu.pointee.waitsOn = cpu.pointee.waitedOnOutside
      cpu.pointee.waitedOnOutside = outside
      // Its operation is still to come.
      cpu.pointee.wasWoken = PointKind(packed: packed) == .wait && cpu.pointee.waitsOn == 0
      // Its handler may have slept itself.
      cpu.pointee.keepsDeadline = PointKind(packed: packed) == .sleep
      cpu.pointee.deadline = deadline
      return Schedule.point(state, packed, object)
    }
    let kind = note(cpu, id)
    // Before it takes effect: a CPU that is spawned runs at once to its first point.
    if state.pointee.operationObservers != 0 {
      tell(id, state.operation(announcedBy: id), object)
    }
    if kind.isLocking { takeLock(cpu, id) }
    if kind == .unlock, let object {
      CPU(record: state.pointee.records + id, site: Site(UInt16(truncatingIfNeeded: packed)))
        .judgeRelease(of: object)
    } else if !kind.isQuick {
      state.pointee.lastYielded = kind == .relax
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

  /// Notes what the running CPU does next, which is quick; true if it may have closed a cycle of
  /// CPUs that wait for each other.
  @inline(__always) private func announce(
    _ cpu: UnsafeMutablePointer<SimulatedCPU>, _ id: Int, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) -> Bool {
    let offset = Int(bitPattern: object) &- Int(bitPattern: state.pointee.arenaBase)
    cpu.pointee.packed = packed
    cpu.pointee.number = object == nil ? 0 : UInt64(truncatingIfNeeded: offset &+ 1)
    let kind = PointKind(packed: packed)
    guard kind.isLocking, let object else { return false }
    let word = SpinLockRecord.word(of: object)
    if kind == .lock { return announceLock(id, word) }
    if kind == .unlock && word != cpu.pointee.record.pointee.holder {
      // It is judged then.
      cpu.pointee.arrival = SimulatedCPU.Arrival.executes
    }
    return false
  }

  private func announceOther(_ packed: UInt64, _ object: UnsafeMutableRawPointer?) {
    let id = state.pointee.running
    let cpu = state.pointee.cpus + id
    let kind = PointKind(packed: packed)
    cpu.pointee.packed = packed
    cpu.pointee.number = state.number(kind, object)
    cpu.pointee.arrival = SimulatedCPU.Arrival.executes
    if mustWait(id, kind, object) { state.disable(id) }
  }

  /// Notes that CPU `id` wants a lock with that word.
  @inline(__always) private func announceLock(_ id: Int, _ word: UInt32) -> Bool {
    state.pointee.lockers.insert(id)
    if word == 0 { return false }
    state.disable(id)
    return !state.pointee.enabled.contains(SpinLockRecord.holder(word))
  }

  private func mustWait(
    _ id: Int, _ kind: PointKind, _ object: UnsafeMutableRawPointer?
  ) -> Bool {
    switch kind {
    case .join:
      let awaited = Int(bitPattern: object) - 1
      precondition(
        awaited >= 0 && awaited < state.pointee.cpuCount, "a CPU of the machine is joined")
      if state.pointee.finished.contains(awaited) { return false }
      state.pointee.joiners.insert(id)
      return true
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

  /// Notes the step of CPU `id`, which executes what it announced, and what that writes; its kind.
  @inline(__always) private func note(
    _ cpu: UnsafeMutablePointer<SimulatedCPU>, _ id: Int
  ) -> PointKind {
    let (packed, number) = (cpu.pointee.packed, cpu.pointee.number)
    let kind = PointKind(packed: packed)
    cpu.pointee.localPoints &+= 1
    state.pointee.lastPacked = packed
    state.pointee.lastNumber = number
    state.pointee.lastYielded = false
    chain(number &<< 32 ^ packed &<< 8 ^ UInt64(truncatingIfNeeded: id))
    state.pointee.touched.note(offset: kind.writes ? Int(truncatingIfNeeded: number) &- 1 : -1)
    return kind
  }

  @inline(__always) private func chain(_ word: UInt64) {
    let mixed = (state.pointee.hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    state.pointee.hash = mixed ^ (mixed &>> 32)
  }

  /// Who waits for a lock that CPU `id` takes now; who no longer does when it lets go of it.
  @inline(__always) private func takeLock(_ cpu: UnsafeMutablePointer<SimulatedCPU>, _ id: Int) {
    let (kind, number) = (cpu.pointee.kind, cpu.pointee.number)
    let lock = state.pointee.arenaBase + (Int(truncatingIfNeeded: number) &- 1)
    if kind == .unlock {
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
      if state.pointee.cpus[cpu].waitedOnOutside == word {
        state.pointee.cpus[cpu].waitedOnOutside = 0
      }
      if state.pointee.cpus[cpu].waitsOn != word { return }
      state.pointee.cpus[cpu].waitsOn = 0
      if state.pointee.cpus[cpu].kind == .wait { state.enable(cpu) }
    }
  }

  /// CPU `id` has ended.
  @inline(__always) func letJoinersGoOn(_ id: Int) {
    if !state.pointee.joiners.isEmpty { wakeJoiners(id) }
  }

  @inline(never) private func wakeJoiners(_ id: Int) {
    state.pointee.joiners.visit { cpu in
      let waiting = state.pointee.cpus[cpu]
      if waiting.kind != .join || waiting.number != UInt64(id + 1) { return }
      state.pointee.joiners.remove(cpu)
      state.enable(cpu)
    }
  }
}

extension Schedule {
  /// A point where nobody else comes in: what it writes is noted.
  @inline(never) private static func passBy(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    let kind = PointKind(packed: packed)
    let offset = Int(bitPattern: object) &- Int(bitPattern: state.pointee.arenaBase)
    state.pointee.touched.note(offset: kind.writes ? offset : -1)
    let isQuiet = state.pointee.isScheduling && state.pointee.operationObservers == 0
    if !isQuiet || kind.isNote { passByNoted(state, packed, object) }
  }

  /// The same where more than that is to be done.
  @inline(never) private static func passByNoted(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    let kind = PointKind(packed: packed)
    let schedule = Schedule(state: state)
    if !state.pointee.isScheduling {
      // Nobody is left who could let go of it.
      if kind == .lock, let object, SpinLockRecord.isTaken(object) {
        schedule.leaveAlone(packed, object)
      }
      return
    }
    if kind == .interruptSend { state.settle() }
    if state.pointee.operationObservers != 0 {
      let operation = CPUOperation(packed: packed, number: state.number(kind, object))
      schedule.tell(state.pointee.running, operation, object)
    }
  }

  private func leaveAlone(_ packed: UInt64, _ object: UnsafeMutableRawPointer) {
    let cpu = CPU(record: state.pointee.records, site: Site(UInt16(truncatingIfNeeded: packed)))
    cpu.bug(.deadlock, .lock, Int(bitPattern: object), 0)
  }

  private func tell(_ id: Int, _ operation: CPUOperation, _ object: UnsafeMutableRawPointer?) {
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
