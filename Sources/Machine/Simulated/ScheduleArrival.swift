// The switch to the CPU that goes on, and its first deeds where it was not in its code at once.

import CMachine

extension Schedule {
  /// Lets another fiber go on, or this one, from where it stopped.
  @inline(__always) func give(_ turn: Turn, from own: Fiber) {
    if turn.arrives { return giveToArrive(turn.fiber, from: own) }
    if turn.fiber.control != own.control { own.leapTo(turn.fiber) }
  }

  @inline(never) func giveToArrive(_ fiber: Fiber, from own: Fiber) {
    if fiber.control == own.control { return arrive() }
    own.leapTo(
      fiber, calling: { Schedule(in: $0.unsafelyUnwrapped).arrive() },
      UnsafeMutableRawPointer(state))
  }

  /// What a CPU does first when it is switched to, on its fiber.
  func arrive() {
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
      // Its handler may have waited itself, and another CPU woken it from that wait.
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

  func deliver(_ id: Int, source: Int) {
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

  func act(_ kind: PointKind, _ object: UnsafeMutableRawPointer?) {
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
  func wake(_ word: UInt64) {
    state.pointee.unfinished.visit { cpu in
      if state.pointee.cpus[cpu].waitedOnOutside == word {
        state.pointee.cpus[cpu].waitedOnOutside = 0
      }
      if state.pointee.cpus[cpu].waitsOn != word { return }
      state.pointee.cpus[cpu].waitsOn = 0
      if state.pointee.cpus[cpu].kind == .wait { state.enable(cpu) }
    }
  }
}
