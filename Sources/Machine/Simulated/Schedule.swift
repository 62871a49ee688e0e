// What happens at a scheduling point of a simulated machine.
//
// A step: the chosen CPU executes the operation that it announced and runs on to its next.  So the
// state between two steps is that of code at rest between two operations.
//
// Rule    Runs on the fibers of the CPUs: no allocation, no reference counting, no error leaves it.
//         A fiber may be left at any switch and never come back.

import CMachine
import Synchronization

/// The running schedule.
///
/// Safe because the state lives as long as its machine, and one thread uses both.
@safe struct Schedule {
  let state: UnsafeMutablePointer<ScheduleState>

  @inline(__always) private var view: ScheduleView { ScheduleView(state: state) }

  /// A point of the running CPU: others may come first.
  @inline(__always) func pass(_ packed: UInt64, _ object: UnsafeMutableRawPointer?) {
    let kind = PointKind(packed: packed)
    if state.pointee.mode == .alone || kind.isNote || kind.isPlain && state.pointee.skipsPlain {
      return passBy(kind, packed, object)
    }
    let id = state.pointee.running
    repeat {
      announce(id, kind, packed, object)
      if let starter = state.pointee.starter {
        state.pointee.starter = nil
        state.pointee.cpus[id].fiber.hopTo(starter)
      } else {
        goOn(from: id)
      }
    } while runDelivered(id)
    execute(id, kind, packed, object)
  }

  /// Decides who comes next and goes there; comes back when it is CPU `id`'s turn.
  @inline(__always) func goOn(from id: Int) {
    let choice = decide()
    if choice.cpu == UInt8.max {
      return state.pointee.cpus[id].fiber.switchTo(state.pointee.thread)
    }
    switchTo(choice, from: state.pointee.cpus[id].fiber, id)
  }

  /// Goes on with what was chosen, from the stack `fiber` of CPU `id`, or of the thread if -1.
  @inline(__always) func switchTo(_ choice: ScheduleChoice, from fiber: Fiber, _ id: Int) {
    let next = Int(choice.cpu)
    state.pointee.current = next
    if choice.delivery != 0 { spend(choice) }
    if next == id { return }
    state.pointee.running = next
    fiber.hopTo(state.pointee.cpus[next].fiber)
  }

  private func spend(_ choice: ScheduleChoice) {
    let cpu = Int(choice.cpu)
    let source = Int(choice.delivery) - 1
    state.pointee.cpus[cpu].delivery = choice.delivery
    let bit = UInt32(1) << UInt32(source)
    if state.pointee.records[cpu].remoteInterrupts.load(ordering: .relaxed) & bit != 0 {
      state.pointee.records[cpu].remoteInterrupts.bitwiseAnd(~bit, ordering: .relaxed)
    } else {
      state.pointee.budget[source] -= 1
      state.pointee.budgetLeft -= 1
    }
  }

  /// Runs the interrupt that was chosen for a CPU, on its fiber; false if there was none.
  @inline(__always) private func runDelivered(_ id: Int) -> Bool {
    if state.pointee.cpus[id].delivery == 0 { return false }
    deliver(id)
    return true
  }

  private func deliver(_ id: Int) {
    let source = Int(state.pointee.cpus[id].delivery) - 1
    state.pointee.cpus[id].delivery = 0
    state.pointee.cpus[id].localPoints &+= 1
    state.pointee.lastYielded = false
    chain(UInt64(source + 1) << 48 | UInt64(id))
    let cpu = CPU(record: state.pointee.records + id, site: .interruptEntry)
    cpu.interrupt(from: InterruptSource(rawValue: source) ?? .timer)
  }

  /// Says what CPU `id` does next, and whether it can.
  @inline(__always) private func announce(
    _ id: Int, _ kind: PointKind, _ packed: UInt64, _ object: UnsafeMutableRawPointer?
  ) {
    state.pointee.cpus[id].packed = packed
    state.pointee.cpus[id].object = object
    if state.pointee.records[id].interruptDepth == 0 {
      state.pointee.interruptible.insert(id)
    } else {
      state.pointee.interruptible.remove(id)
    }
    if canWait(kind) && mustWait(id, kind, object) {
      state.disable(id)
    } else {
      state.enable(id)
    }
  }

  @inline(__always) private func canWait(_ kind: PointKind) -> Bool {
    kind == .lock || kind == .join || kind == .sleep || kind == .wait
  }

  private func mustWait(_ id: Int, _ kind: PointKind, _ object: UnsafeMutableRawPointer?) -> Bool {
    switch kind {
    case .lock:
      guard let object else { return false }
      return SpinLockRecord.isTaken(object)
    case .join:
      return !state.pointee.finished.contains(Int(bitPattern: object) - 1)
    case .sleep:
      state.pointee.cpus[id].deadline = state.pointee.now &+ UInt64(UInt(bitPattern: object))
      state.pointee.sleeping.insert(id)
      return true
    default:
      return kind == .wait
    }
  }

  /// The announced operation takes effect right after this.
  @inline(__always) private func execute(
    _ id: Int, _ kind: PointKind, _ packed: UInt64, _ object: UnsafeMutableRawPointer?
  ) {
    let operation = state.operation(packed, object)
    state.pointee.cpus[id].localPoints &+= 1
    state.pointee.lastYielded = kind == .relax
    state.pointee.last = operation
    chain(operation.object << 32 ^ packed << 8 ^ UInt64(truncatingIfNeeded: id))
    // Before it takes effect: a CPU that is spawned runs at once to its first point.
    if state.pointee.operationObservers != 0 { tell(id, operation, object) }
    if kind.writes, let object {
      state.pointee.touched.note(object)
      if kind.rawValue <= PointKind.unlock.rawValue { executeLock(id, kind, packed, object) }
    } else if kind.rawValue >= PointKind.spawn.rawValue {
      executeRare(kind, object)
    }
  }

  @inline(__always) private func chain(_ word: UInt64) {
    let mixed = (state.pointee.hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    state.pointee.hash = mixed ^ (mixed &>> 32)
  }

  /// Who waits for a lock that is taken now; who no longer does when it is let go.
  @inline(__always) private func executeLock(
    _ id: Int, _ kind: PointKind, _ packed: UInt64, _ lock: UnsafeMutableRawPointer
  ) {
    if kind == .unlock {
      CPU(record: state.pointee.records + id, site: Site(UInt16(truncatingIfNeeded: packed)))
        .judgeRelease(of: lock)
      forEachWaiting(state.pointee.unfinished.bits & ~state.pointee.enabled.bits, .lock, lock) {
        state.enable($0)
      }
    } else if kind == .tryLock && SpinLockRecord.isTaken(lock) {
      state.pointee.lastYielded = true
    } else {
      forEachWaiting(state.pointee.enabled.bits, .lock, lock) { state.disable($0) }
    }
  }

  private func executeRare(_ kind: PointKind, _ object: UnsafeMutableRawPointer?) {
    switch kind {
    case .spawn:
      start(Int(bitPattern: object) - 1)
    case .wake:
      let waiting = state.pointee.unfinished.bits & ~state.pointee.enabled.bits
      forEachWaiting(waiting, .wait, object) { state.enable($0) }
    default:
      break
    }
  }

  @inline(__always) private func forEachWaiting(
    _ cpus: UInt64, _ kind: PointKind, _ object: UnsafeMutableRawPointer?, _ body: (Int) -> Void
  ) {
    CPUSet(bits: cpus).visit { cpu in
      if state.pointee.cpus[cpu].object == object && state.pointee.cpus[cpu].kind == kind {
        body(cpu)
      }
    }
  }

  /// Runs CPU `id` up to its first operation, from the fiber of the running CPU.
  private func start(_ id: Int) {
    let running = state.pointee.running
    precondition(
      id >= 0 && id < state.pointee.cpuCount && !state.pointee.unfinished.contains(id)
        && !state.pointee.finished.contains(id), "a CPU is spawned once")
    start(id, from: state.pointee.cpus[running].fiber)
    state.pointee.running = running
  }

  /// Runs CPU `id`, which is fresh, up to its first operation or its end.
  func start(_ id: Int, from fiber: Fiber) {
    state.pointee.unfinished.insert(id)
    state.pointee.starter = fiber
    state.pointee.running = id
    fiber.hopTo(state.pointee.cpus[id].fiber)
  }

  /// The running CPU's code came to its end.
  func finish() {
    let id = state.pointee.running
    state.pointee.unfinished.remove(id)
    state.disable(id)
    state.pointee.finished.insert(id)
    state.pointee.progressAt = state.pointee.points
    let target = UnsafeMutableRawPointer(bitPattern: id + 1)
    let waiting = state.pointee.unfinished.bits & ~state.pointee.enabled.bits
    forEachWaiting(waiting, .join, target) { state.enable($0) }
    let fiber = state.pointee.cpus[id].fiber
    if let starter = state.pointee.starter {
      state.pointee.starter = nil
      return fiber.hopTo(starter)
    }
    if state.pointee.unfinished.isEmpty { return fiber.switchTo(state.pointee.thread) }
    goOn(from: id)
  }
}

extension Schedule {
  /// A point where nobody else comes in: only what it writes is noted, and observers are told.
  private func passBy(
    _ kind: PointKind, _ packed: UInt64, _ object: UnsafeMutableRawPointer?
  ) {
    if kind.writes, let object { state.pointee.touched.note(object) }
    if state.pointee.mode == .alone {
      // Nobody is left who could let go of it.
      if kind == .lock, let object, SpinLockRecord.isTaken(object) { leaveAlone(packed, object) }
      return
    }
    if state.pointee.operationObservers != 0 {
      tell(state.pointee.running, state.operation(packed, object), object)
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
