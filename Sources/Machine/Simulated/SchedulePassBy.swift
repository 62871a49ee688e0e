// Points that are none now, and those that take more than a choice.

import CMachine

extension Schedule {
  /// A point of a kind that is none now, or that takes more than a choice.
  @inline(never) static func passApart(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    if state.pointee.passedBy & PointKind(packed: packed).bit != 0 {
      return passBy(state, packed, object)
    }
    Schedule(state: state).announceOther(packed, object)
    passRarely(state)
  }

  /// A point where no other CPU comes in: what it writes is noted.
  @inline(never) static func passBy(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    let kind = PointKind(packed: packed)
    let offset = Int(bitPattern: object) &- Int(bitPattern: state.pointee.arenaBase)
    state.pointee.touched.note(offset: kind.writes ? offset : -1)
    // Where a CPU runs by itself, no other CPU is left to let go of a lock.
    let isQuiet = state.pointee.isScheduling ? !kind.isNote : kind != .lock
    if !isQuiet || state.pointee.operationObservers != 0 { passByNoted(state, packed, object) }
  }

  /// The same where more than that is to be done.
  @inline(never) static func passByNoted(
    _ state: UnsafeMutablePointer<ScheduleState>, _ packed: UInt64,
    _ object: UnsafeMutableRawPointer?
  ) {
    let kind = PointKind(packed: packed)
    let schedule = Schedule(state: state)
    if !state.pointee.isScheduling {
      // No other CPU is left to let go of it.
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

  func leaveAlone(_ packed: UInt64, _ object: UnsafeMutableRawPointer) {
    let cpu = CPU(record: state.pointee.records, site: Site(UInt16(truncatingIfNeeded: packed)))
    cpu.bug(.deadlock, .lock, Int(bitPattern: object), 0)
  }

  func tell(_ id: Int, _ operation: CPUOperation, _ object: UnsafeMutableRawPointer?) {
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
