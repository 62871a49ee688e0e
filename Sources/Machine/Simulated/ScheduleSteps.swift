// A step: announced by its CPU, and noted before that goes on.

import CMachine

extension Schedule {
  /// Notes what the running CPU of few does next, which is quick; true if it may have closed a
  /// cycle of CPUs that wait for each other.
  @inline(__always) func announce(
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

  /// Notes what the running CPU does next, whatever it is, on any machine.
  func announceOther(_ packed: UInt64, _ object: UnsafeMutableRawPointer?) {
    let id = state.pointee.running
    let cpu = state.pointee.cpus + id
    let kind = PointKind(packed: packed)
    cpu.pointee.packed = packed
    cpu.pointee.number = state.number(kind, object)
    cpu.pointee.arrival = SimulatedCPU.Arrival.executes
    if mustWait(id, kind, object) { state.disable(id) }
  }

  /// Notes that CPU `id` wants a lock with that word; of a machine of few CPUs.
  @inline(__always) private func announceLock(_ id: Int, _ word: UInt32) -> Bool {
    state.pointee.lockers.few.insert(id)
    if word == 0 { return false }
    if state.pointee.enabled.few.contains(id) {
      state.pointee.enabled.few.remove(id)
      state.pointee.enabledCount &-= 1
    }
    return !state.pointee.enabled.few.contains(SpinLockRecord.holder(word))
  }

  func mustWait(
    _ id: Int, _ kind: PointKind, _ object: UnsafeMutableRawPointer?
  ) -> Bool {
    switch kind {
    case .lock:
      state.pointee.lockers.insert(id)
      return object.map { SpinLockRecord.isTaken($0) } == true
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
  @inline(__always) func note(
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

  @inline(__always) func chain(_ word: UInt64) {
    let mixed = (state.pointee.hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    state.pointee.hash = mixed ^ (mixed &>> 32)
  }

  /// Who waits for a lock that CPU `id` takes now; who no longer does when it lets go of it.
  @inline(__always) func takeLock(_ cpu: UnsafeMutablePointer<SimulatedCPU>, _ id: Int) {
    let (kind, number) = (cpu.pointee.kind, cpu.pointee.number)
    let lock = state.pointee.arenaBase + (Int(truncatingIfNeeded: number) &- 1)
    if kind == .tryLock && SpinLockRecord.isTaken(lock) {
      state.pointee.lastYielded = true
    } else if _slowPath(state.pointee.isWide) {
      changeLockers(kind, number, id, &state.pointee.lockers, &state.pointee.enabled)
    } else {
      changeLockers(kind, number, id, &state.pointee.lockers.few, &state.pointee.enabled.few)
    }
  }

  @inline(__always) private func changeLockers<CPUs: SetOfCPUs>(
    _ kind: PointKind, _ number: UInt64, _ id: Int, _ lockers: inout CPUs, _ enabled: inout CPUs
  ) {
    if kind == .unlock {
      lockers.subtracting(enabled).visit { cpu in
        if state.pointee.cpus[cpu].number != number { return }
        enabled.insert(cpu)
        state.pointee.enabledCount &+= 1
      }
    } else {
      lockers.remove(id)
      lockers.intersection(enabled).visit { cpu in
        if state.pointee.cpus[cpu].number != number { return }
        enabled.remove(cpu)
        state.pointee.enabledCount &-= 1
      }
    }
  }

  /// The end of a point after which `chosen`, whose turn it is, takes a lock or lets it go.
  @inline(never) static func passLocking(
    _ state: UnsafeMutablePointer<ScheduleState>, _ cpu: UnsafeMutablePointer<SimulatedCPU>,
    _ chosen: UnsafeMutablePointer<SimulatedCPU>
  ) {
    Schedule(state: state).takeLock(chosen, state.pointee.running)
    if chosen != cpu { cpu.pointee.fiber.leapTo(chosen.pointee.fiber) }
  }
}
