// Finds accesses that race, though this schedule may have come out well: vector clocks say which
// accesses nothing orders (FastTrack, Flanagan and Freund, PLDI 2009).
//
// Each context of each CPU has a clock of its own.  Order comes from
//   - locks, and a trylock that took its lock;
//   - atomic read-modify-writes of one word: each after those before it;
//   - spawn, join, and wake before the end of a wait on the same word;
//   - interrupts off on a CPU, against its hardirqs and softirqs; softirqs off, against its
//     softirqs; what raised a softirq or sent an interrupt, before the handler.
// None comes from marked reads and writes, an atomic cell's plain `read` and `write` among them: as
// the kernel's READ_ONCE and WRITE_ONCE they may be seen early.  And none from a task to a handler
// on the same CPU: so a race with the CPU's own handler shows wherever the handler came.
//
// Rule    A race has at least one plain access and one write.  It is a finding of the context that
//         came second, and the schedule goes on.  A lost update, if that is asked for, has two
//         marked writes.

import Machine

/// A judge of the schedules of one machine.
public final class RaceDetector: ScheduleObserver {
  /// Races kept, each pair of sites once; more are only findings of their schedules.
  public static let raceCountMax = 64

  /// True to end a schedule at its first race.
  public var endsSchedule = false
  /// True to tell, as `unordered-update`, of a marked word that one context reads and then writes
  /// while nothing orders what another writes: for programs whose counters have locks, though they
  /// are read without.
  public var judgesUpdates = false
  /// Schedules seen so far.
  public private(set) var schedules: UInt64 = 0
  let machine: Machine
  var clocks: VectorClocks
  var words: ShadowMemory
  /// Of accesses smaller than a word.
  var bytes: ShadowMemory
  let shadowedBytes: Int
  /// Kinds that the access that is judged now has raced with: each is told once, a bit each.
  var told: UInt8 = 0
  private let masks: Table<CPUMask>
  private let records: Table<RaceRecord>
  private var recordCount = 0
  private let arena: Arena
  /// True once a schedule needed more memory than there is for clocks: races may be missed.
  public private(set) var isExhausted = false

  /// What a CPU holds off now.
  private struct CPUMask: BitwiseCopyable {
    var interruptsOff: Int32
    /// What holds softirqs off: interrupts off in a task, softirqs off.
    var softirqsOff: Int32
    var isSoftirqRunning: Bool
  }

  /// A detector for `machine`, whose memory is all given out.
  public init(_ machine: Machine) {
    self.machine = machine
    shadowedBytes = (machine.arena.used + 63) & ~63
    arena = Arena(
      byteCount: Self.byteCount(cpuCount: machine.cpuCount, arenaByteCount: shadowedBytes))
    clocks = VectorClocks(in: arena, cpuCount: machine.cpuCount)
    words = ShadowMemory(in: arena, bytes: shadowedBytes, shift: 2)
    bytes = ShadowMemory(in: arena, bytes: shadowedBytes, shift: 0)
    masks = arena.table(of: CPUMask.self, count: machine.cpuCount)
    records = arena.table(of: RaceRecord.self, count: Self.raceCountMax)
  }

  /// Bytes that a detector for modelled memory of `arenaByteCount` bytes takes.
  public static func byteCount(cpuCount: Int, arenaByteCount: Int) -> Int {
    VectorClocks.byteCount(cpuCount: cpuCount)
      + ShadowMemory.byteCount(bytes: arenaByteCount, shift: 2)
      + ShadowMemory.byteCount(bytes: arenaByteCount, shift: 0) + cpuCount * 64 + 65_536
  }

  /// The races of all schedules, in the order found.
  public var races: [Race] { (0..<recordCount).map { records[$0].race(machine) } }

  public override var interest: ScheduleInterest { .operations }

  public override func begin(_ view: ScheduleView) {
    clocks.begin()
    words.begin()
    bytes.begin()
    for cpu in 0..<machine.cpuCount {
      masks[cpu] = CPUMask(interruptsOff: 0, softirqsOff: 0, isSoftirqRunning: false)
    }
  }

  public override func end(_ outcome: ScheduleOutcome, _ view: ScheduleView) {
    schedules += 1
    if clocks.isExhausted { isExhausted = true }
  }

  public override func execute(
    _ cpu: CPU, _ operation: CPUOperation, succeeds: Bool, _ view: ScheduleView
  ) {
    let thread = cpu.id &* 4 &+ Int(cpu.context.rawValue)
    switch operation.kind {
    case .plainRead: access(cpu, operation, .plainRead, thread, view)
    case .plainWrite: access(cpu, operation, .plainWrite, thread, view)
    case .markedRead: access(cpu, operation, .markedRead, thread, view)
    case .markedWrite: access(cpu, operation, .markedWrite, thread, view)
    case .atomic:
      if operation.object == 0 { return }
      access(cpu, operation, .markedWrite, thread, view)
      guard let slot = slot(operation) else { return }
      clocks.meet(thread, vector(slot))
    case .lock: acquire(operation, thread)
    case .tryLock: if succeeds { acquire(operation, thread) }
    case .unlock, .wake: release(operation, thread)
    case .wait: acquire(operation, thread)
    case .relax, .sleep: break
    default: order(cpu.id, thread, cpu.context, operation)
    }
  }

  /// What is known of the object is known here.
  private func acquire(_ operation: CPUOperation, _ thread: Int) {
    guard let slot = slot(operation) else { return }
    let vector = words.vector(slot)
    if vector != 0 { clocks.join(thread, vector) }
  }

  /// What is known here is known of the object.
  private func release(_ operation: CPUOperation, _ thread: Int) {
    guard let slot = slot(operation) else { return }
    clocks.release(thread, into: vector(slot))
  }

  /// The vector of a lock or word, a fresh one if it has none.
  @inline(__always) private func vector(_ slot: Int) -> Int {
    let vector = words.vector(slot)
    return vector != 0 ? vector : freshVector(slot)
  }

  private func freshVector(_ slot: Int) -> Int {
    let vector = clocks.handOutShared()
    words.setVector(slot, vector)
    return vector
  }

  private func slot(_ operation: CPUOperation) -> Int? {
    if operation.object == 0 || operation.object > UInt64(shadowedBytes) { return nil }
    return words.slots(Int(operation.object) &- 1, 4).lowerBound
  }

  /// Order between the contexts of one CPU, and between CPUs that start and end each other.
  private func order(_ cpu: Int, _ thread: Int, _ context: ContextKind, _ operation: CPUOperation) {
    switch operation.kind {
    case .spawn: startTarget(operation, thread)
    case .join: joinTarget(operation, thread)
    case .interruptDisable: turnOff(cpu, thread, context)
    case .interruptEnable: turnOn(cpu, thread, context)
    case .softirqDisable: if context == .task { holdSoftirqs(cpu, thread) }
    case .softirqEnable: if context == .task { letSoftirqs(cpu, thread) }
    case .interruptEnter: enterInterrupt(cpu, thread, context)
    case .interruptExit: exitInterrupt(cpu, thread, context)
    case .softirqEnter: enterSoftirq(cpu, thread)
    case .softirqExit:
      masks[cpu].isSoftirqRunning = false
      clocks.release(thread, into: clocks.pseudo(.softirqs, cpu))
    case .softirqRaise: raise(cpu, thread)
    case .interruptSend:
      guard let target = target(operation) else { return }
      clocks.release(thread, into: clocks.pseudo(.send, target))
    default: break
    }
  }

  private func target(_ operation: CPUOperation) -> Int? {
    if operation.object == 0 || operation.object > UInt64(machine.cpuCount) { return nil }
    return Int(operation.object) - 1
  }

  /// A CPU that is started, and its handlers, know what who starts it does.
  private func startTarget(_ operation: CPUOperation, _ thread: Int) {
    guard let target = target(operation) else { return }
    for context in 1..<4 { clocks.join(target * 4 + context, thread) }
    clocks.release(thread, into: target * 4)
  }

  /// Nothing comes to a CPU that ended: what its handlers did is over, too.
  private func joinTarget(_ operation: CPUOperation, _ thread: Int) {
    guard let target = target(operation) else { return }
    for context in 0..<4 { clocks.join(thread, target * 4 + context) }
  }
}

extension RaceDetector {
  private func turnOff(_ cpu: Int, _ thread: Int, _ context: ContextKind) {
    if masks[cpu].interruptsOff == 0 { clocks.join(thread, clocks.pseudo(.interrupts, cpu)) }
    masks[cpu].interruptsOff &+= 1
    if context == .task { holdSoftirqs(cpu, thread) }
  }

  private func turnOn(_ cpu: Int, _ thread: Int, _ context: ContextKind) {
    masks[cpu].interruptsOff &-= 1
    if masks[cpu].interruptsOff == 0 {
      clocks.release(thread, into: clocks.pseudo(.interrupts, cpu))
    }
    if context == .task { letSoftirqs(cpu, thread) }
  }

  private func holdSoftirqs(_ cpu: Int, _ thread: Int) {
    if masks[cpu].softirqsOff == 0 { clocks.join(thread, clocks.pseudo(.softirqs, cpu)) }
    masks[cpu].softirqsOff &+= 1
  }

  private func letSoftirqs(_ cpu: Int, _ thread: Int) {
    masks[cpu].softirqsOff &-= 1
    if masks[cpu].softirqsOff == 0 {
      clocks.release(thread, into: clocks.pseudo(.softirqs, cpu))
    }
  }

  /// A hardirq comes only with interrupts on; an NMI at any time, so nothing is known to it.
  private func enterInterrupt(_ cpu: Int, _ thread: Int, _ context: ContextKind) {
    masks[cpu].interruptsOff &+= 1
    if context == .nmi { return }
    clocks.join(thread, clocks.pseudo(.interrupts, cpu))
    clocks.join(thread, clocks.pseudo(.send, cpu))
  }

  private func exitInterrupt(_ cpu: Int, _ thread: Int, _ context: ContextKind) {
    masks[cpu].interruptsOff &-= 1
    if context == .nmi { return }
    clocks.release(thread, into: clocks.pseudo(.interrupts, cpu))
  }

  private func enterSoftirq(_ cpu: Int, _ thread: Int) {
    masks[cpu].isSoftirqRunning = true
    clocks.join(thread, clocks.pseudo(.softirqs, cpu))
    clocks.join(thread, clocks.pseudo(.raise, cpu))
  }

  /// A softirq that runs already sees what was raised in one of its next rounds.
  private func raise(_ cpu: Int, _ thread: Int) {
    clocks.release(thread, into: clocks.pseudo(.raise, cpu))
    if masks[cpu].isSoftirqRunning {
      clocks.join(cpu &* 4 &+ Int(ContextKind.softirq.rawValue), clocks.pseudo(.raise, cpu))
    }
  }
}

extension RaceDetector {
  /// Writes a race down; the same sites once.
  func note(_ cpu: CPU, _ race: RaceRecord) {
    var isNew = true
    for index in 0..<recordCount where records[index].isSame(as: race) {
      records[index].count += 1
      isNew = false
    }
    if isNew && recordCount < Self.raceCountMax {
      records[recordCount] = race
      recordCount += 1
    }
    let evidence = (Int(race.firstSite), Int(race.firstThread) / 4, Int(race.firstThread & 3))
    let rule: Rule = race.isUpdate ? .unorderedUpdate : .dataRace
    if endsSchedule {
      cpu.bug(rule, .word, race.offset, evidence.0, evidence.1, evidence.2, race.firstPoint)
    }
    cpu.report(rule, .word, race.offset, evidence.0, evidence.1, evidence.2, race.firstPoint)
  }
}
