// What comes next in a schedule, or how it ends.

import CMachine
import Synchronization

extension Schedule {
  /// Stands for "the schedule is over".
  static var over: ScheduleChoice { ScheduleChoice(cpu: Machine.cpuCountMax) }

  /// What comes next; `over` if the schedule is.
  func decide() -> ScheduleChoice {
    if state.pointee.points >= state.pointee.fairAfter { return decideLate() }
    if !beginStep() { return Schedule.over }
    let view = ScheduleView(state: state)
    let choice = state.pointee.strategy._withUnsafeGuaranteedRef { $0.choose(view) }
    return checked(choice)
  }

  /// Counts a step and lets time pass; false if nobody can go on.
  private func beginStep() -> Bool {
    state.pointee.points &+= 1
    if !state.pointee.sleeping.isEmpty { wakeSleepers() }
    if state.pointee.enabledCount == 0 && !canGoOn() { return false }
    return !closesCycle()
  }

  func checked(_ choice: ScheduleChoice) -> ScheduleChoice {
    if choice.delivery == 0 {
      precondition(
        state.pointee.enabled.contains(Int(choice.cpu)), "a strategy chooses who can go on")
    } else {
      checkDelivery(choice)
    }
    if state.pointee.choiceObservers != 0 { tell(choice) }
    return choice
  }

  private func checkDelivery(_ choice: ScheduleChoice) {
    guard let source = choice.source else { return }
    precondition(
      state.deliverable(source).contains(Int(choice.cpu)),
      "a strategy delivers what may come")
  }

  private func tell(_ choice: ScheduleChoice) {
    for index in 0..<state.pointee.observerCount
    where state.pointee.choiceObservers & (1 << UInt8(index)) != 0 {
      state.pointee.observers[index]?._withUnsafeGuaranteedRef {
        $0.decide(choice, ScheduleView(state: state))
      }
    }
  }

  /// Late in a schedule: whatever the strategy, all get their turns, so that what still does not
  /// end is at fault itself.
  private func decideLate() -> ScheduleChoice {
    if state.pointee.points >= state.pointee.pointsMax {
      let since = max(state.pointee.progressAt, state.pointee.fairAfter)
      let isStill =
        state.pointee.points - since >= state.pointee.livelockPoints
        && !state.pointee.decidesToTheEnd
      state.pointee.end = isStill ? .livelock : .cut
      if isStill { reportLivelock() }
      return Schedule.over
    }
    if !beginStep() { return Schedule.over }
    let view = ScheduleView(state: state)
    if state.pointee.decidesToTheEnd {
      return checked(state.pointee.strategy._withUnsafeGuaranteedRef { $0.choose(view) })
    }
    let enabled = state.pointee.enabled
    if enabled.isEmpty { return checked(view.defaultChoice) }
    var stream = state.pointee.fairStream ?? RandomStream(seed: state.pointee.fairSeed)
    let position = stream.below(enabled.count)
    state.pointee.fairStream = stream
    return checked(ScheduleChoice(cpu: enabled.nth(position)))
  }

  /// True if somebody can go on although every CPU waits: time passes, or an interrupt may come.
  ///
  /// Time first: an interrupt may still come before what the sleeper does then, or not at all.
  private func canGoOn() -> Bool {
    if !state.pointee.sleeping.isEmpty {
      var earliest = UInt64.max
      state.pointee.sleeping.visit { earliest = min(earliest, state.pointee.cpus[$0].deadline) }
      if earliest > state.now { state.pointee.ticksSkipped &+= earliest &- state.now }
      wakeSleepers()
      return true
    }
    if state.mayInterrupt() { return true }
    state.pointee.end = .deadlock
    reportDeadlock(state.pointee.unfinished)
    return false
  }

  private func wakeSleepers() {
    state.pointee.sleeping.visit { cpu in
      if state.pointee.cpus[cpu].deadline > state.now { return }
      state.pointee.sleeping.remove(cpu)
      state.enable(cpu)
    }
    state.settle()
  }

  /// True if the running CPU has just closed a cycle of CPUs that wait for each other, or one that
  /// was started.
  private func closesCycle() -> Bool {
    var looked = state.pointee.waitingAtStart
    if !looked.isEmpty {
      state.pointee.waitingAtStart = view.none
      state.settle()
    }
    looked.insert(state.pointee.running)
    looked = looked.intersection(state.pointee.unfinished).subtracting(state.pointee.enabled)
    var isClosed = false
    looked.visit { id in isClosed = isClosed || reportCycle(from: id) }
    return isClosed
  }

  /// Nobody in such a cycle ever goes on, even if others, or interrupts, still do.
  private func reportCycle(from id: Int) -> Bool {
    var cycle = view.none
    var cpu = id
    for _ in 0...state.pointee.cpuCount {
      cycle.insert(cpu)
      guard let next = awaited(by: cpu) else { return false }
      if next == id {
        state.pointee.end = .deadlock
        reportDeadlock(cycle)
        return true
      }
      cpu = next
    }
    return false
  }

  /// The CPU that a waiting CPU waits for; nil if it waits for none.
  private func awaited(by cpu: Int) -> Int? {
    if !state.pointee.unfinished.contains(cpu) || state.pointee.enabled.contains(cpu) {
      return nil
    }
    guard let object = state.object(announcedBy: cpu) else { return nil }
    switch state.pointee.cpus[cpu].kind {
    case .lock:
      let word = SpinLockRecord.word(of: object)
      return word == 0 ? nil : SpinLockRecord.holder(word)
    case .join: return Int(bitPattern: object) - 1
    default: return nil
    }
  }

  private func reportDeadlock(_ cpus: CPUSet) {
    cpus.visit { id in
      let waiting = state.pointee.cpus[id]
      let object = Int(bitPattern: state.object(announcedBy: id))
      let site = Site(UInt16(truncatingIfNeeded: waiting.packed))
      let cpu = CPU(record: state.pointee.records + id, site: site)
      switch waiting.kind {
      case .lock: cpu.report(.deadlock, .lock, object, id)
      case .join: cpu.report(.deadlock, .cpu, object - 1, id)
      // Nothing else waits for ever: this is a `wait` for a word.
      default: cpu.report(.deadlock, .word, waitedWord(id), id)
      }
    }
  }

  /// Where in the machine's memory the word lies that a CPU waits for.
  private func waitedWord(_ id: Int) -> Int {
    Int(truncatingIfNeeded: state.operation(announcedBy: id).object) - 1
  }

  private func reportLivelock() {
    let id = state.pointee.unfinished.first
    let site = Site(UInt16(truncatingIfNeeded: state.pointee.cpus[id].packed))
    CPU(record: state.pointee.records + id, site: site).report(
      .livelock, .cpu, id, state.pointee.points - state.pointee.progressAt)
  }
}
