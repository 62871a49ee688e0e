// The state of the schedule that a simulated machine runs: who announced what, who can go on, how
// far it got.  One record in raw memory, because it is read and written at every point.

import CMachine
import Synchronization

/// A simulated CPU; a line of the processor's cache.
@_alignment(16) struct SimulatedCPU {
  /// What a CPU that is switched to does first.
  enum Arrival {
    /// Nothing: its operation is noted before the switch.
    static var goesOn: UInt8 { 0 }
    /// Interrupt source + 1 up to here: it handles an interrupt, and announces its operation anew.
    static var deliveryMax: UInt8 { 5 }
    /// It notes its operation itself: observers want to be told, it is no quick one, or it is
    /// judged, as it lets go of a lock that it does not hold.
    static var executes: UInt8 { 6 }
  }

  var fiber: Fiber
  let record: UnsafeMutablePointer<CPURecord>
  /// What it announced, as packed by `CPU.pack`.
  var packed: UInt64 = 0
  /// The object, as observers know it: an offset in the machine's memory + 1, or a number.
  var number: UInt64 = 0
  /// Virtual time at which its sleep is over.
  var deadline: UInt64 = 0
  /// The word that it waits on and was not woken from, as observers know it; 0 if there is none.
  var waitsOn: UInt64 = 0
  /// The same of the code that an interrupt cut into.
  var waitedOnOutside: UInt64 = 0
  /// Points that it passed, interrupts that came to it among them.
  var localPoints: UInt32 = 0
  /// A value of `Arrival`.
  var arrival = Arrival.goesOn
  /// True if it was woken while an interrupt held it up: its wait, announced anew, is over.
  var wasWoken = false
  /// True if an interrupt cut into its sleep, which, announced anew, keeps its deadline.
  var keepsDeadline = false

  @inline(__always) var kind: PointKind { PointKind(packed: packed) }

  /// Those of `count` records, each on a line of its own, with a fiber for the time being; whoever
  /// asks for them deallocates them.
  static func allocate(
    _ count: Int, _ records: UnsafeMutablePointer<CPURecord>, _ fiber: Fiber
  ) -> UnsafeMutablePointer<SimulatedCPU> {
    let bytes = count * MemoryLayout<SimulatedCPU>.stride
    let cpus = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: SimulatedCPU.self, capacity: count)
    for id in 0..<count {
      (cpus + id).initialize(to: SimulatedCPU(fiber: fiber, record: records + id))
    }
    return cpus
  }
}

extension PointKind {
  /// The kind in a word made by `CPU.pack`.
  @inline(__always) init(packed: UInt64) {
    self = unsafeBitCast(UInt8(truncatingIfNeeded: packed &>> 16), to: PointKind.self)
  }

  /// True for a point where the CPU can go on, but for a lock that is taken, and that neither
  /// starts nor wakes others, nor gives way.
  @inline(__always) var isQuick: Bool { rawValue < PointKind.relax.rawValue }

  /// The points that are not, a bit each.
  @inline(__always) static var slow: UInt32 { interruptEnter.bit &- relax.bit }

  /// True for the operations of a lock.
  @inline(__always) var isLocking: Bool { rawValue <= PointKind.unlock.rawValue }

}

/// The state of one schedule; first what every point reads or writes.
struct ScheduleState: ~Copyable {
  let cpus: UnsafeMutablePointer<SimulatedCPU>
  let records: UnsafeMutablePointer<CPURecord>
  let shared: UnsafeMutablePointer<MachineShared>
  let arenaBase: UnsafeMutableRawPointer
  /// Position 0 ... 7 of each set of CPUs below 8, by the set's bits.
  let sets: SmallSets
  /// The strategy of the schedule, and what of it decides where no interrupt may come any more.
  var strategy: Unmanaged<ScheduleStrategy>
  var amongCPUs: Unmanaged<ScheduleStrategy>
  /// That of the two which is asked now; follows from the rest by `settle`.
  var asked: Unmanaged<ScheduleStrategy>
  /// True if the strategy need not be asked where no interrupt may come.
  var drawsEvenly = false
  var draws = EvenDraws(seed: 0)
  /// The CPU whose code runs.
  var running = 0
  var current = -1
  /// CPUs that can execute what they announced, and how many: change by `enable` and `disable`.
  var enabled = CPUSet(cpuCount: 1)
  var enabledCount = 0
  var points = 0
  /// Points up to which nothing is due but the strategy's choice; -1 if something always is.
  /// Follows from the rest by `settle`.
  var quickUntil = -1
  /// The same where, beside that, the machine draws by itself who comes next.
  var drawsUntil = -1
  var hash: UInt64 = 0
  var unfinished = CPUSet(cpuCount: 1)
  /// Interrupts that may still come.
  var budgetLeft = 0
  /// CPUs that announced a `lock`.
  var lockers = CPUSet(cpuCount: 1)
  /// What was executed last, as announced.
  var lastPacked: UInt64 = 0
  var lastNumber: UInt64 = 0
  var lastYielded = false
  /// Kinds that are no points now, a bit each; and those with the points that are not quick, which
  /// on a machine of many CPUs is all of them.
  private(set) var passedBy: UInt32 = .max
  private(set) var apart: UInt32 = .max
  var touched: TouchedLines

  var finished = CPUSet(cpuCount: 1)
  var sleeping = CPUSet(cpuCount: 1)
  /// CPUs that announced on their start what they must wait for, and that nobody has looked at.
  var waitingAtStart = CPUSet(cpuCount: 1)
  /// CPUs that wait for the end of another.
  var joiners = CPUSet(cpuCount: 1)
  let arenaByteCount: Int
  let cpuCount: Int
  /// True if that is more than the words of a set that a quick point looks at.
  var isWide: Bool { enabled.isWide }
  let thread: Fiber
  /// True while others may come first; else one CPU runs by itself, or none.
  var isScheduling = false
  var skipsPlain = true
  var budget: InlineArray<5, Int> = .init(repeating: 0)
  var pointsMax = 0
  /// Points after which everybody gets a fair turn, whatever the strategy.
  var fairAfter = 0
  /// True if the strategy chooses even then.
  var decidesToTheEnd = false
  var livelockPoints = 0
  var progressAt = 0
  /// Virtual time that sleepers let pass beside a tick a point.
  var ticksSkipped: UInt64 = 0
  var end = ScheduleEnd.complete
  /// Seed of the fair turns at the end; the stream starts when they do.
  var fairSeed: UInt64 = 0
  var fairStream: RandomStream?
  var program: Unmanaged<SimulatedProgram>?
  var observers: InlineArray<8, Unmanaged<ScheduleObserver>?> = .init(repeating: nil)
  var observerCount = 0
  /// Observers of operations and of choices, a bit each.
  var operationObservers: UInt8 = 0
  var choiceObservers: UInt8 = 0
  /// The fiber to go back to once the CPUs that are being started have announced their first
  /// operations.
  var starter: Fiber?
  /// The next CPU to start, and the one after the last.
  var startNext = 0
  var startEnd = 0
}

extension ScheduleState {
  /// Says which kinds are no points from now on.
  mutating func passBy(_ kinds: UInt32) {
    passedBy = kinds
    apart = isWide ? .max : kinds | PointKind.slow
  }
}

// Of the pointer, not of the record: a call of a method of the record may copy all of it.
extension UnsafeMutablePointer<ScheduleState> {
  @inline(__always) func enable(_ cpu: Int) {
    if pointee.enabled.contains(cpu) { return }
    pointee.enabled.insert(cpu)
    pointee.enabledCount &+= 1
  }

  @inline(__always) func disable(_ cpu: Int) {
    if !pointee.enabled.contains(cpu) { return }
    pointee.enabled.remove(cpu)
    pointee.enabledCount &-= 1
  }

  /// Virtual time.
  var now: UInt64 { UInt64(truncatingIfNeeded: pointee.points) &+ pointee.ticksSkipped }

  /// From now on something is due at every point, until `settle` says otherwise.
  @inline(__always) func beQuickNever() {
    pointee.quickUntil = -1
    pointee.drawsUntil = -1
  }

  /// Notes anew until when points are quick.
  func settle() {
    let isQuick =
      !pointee.isWide && pointee.sleeping.isEmpty && pointee.waitingAtStart.isEmpty
      && pointee.starter == nil && pointee.operationObservers | pointee.choiceObservers == 0
    pointee.quickUntil = isQuick ? pointee.fairAfter : -1
    let mayInterrupt =
      pointee.budgetLeft > 0
      || pointee.shared.pointee.remoteInterruptsSent.load(ordering: .relaxed) != 0
    pointee.asked = mayInterrupt ? pointee.strategy : pointee.amongCPUs
    pointee.drawsUntil = pointee.drawsEvenly && !mayInterrupt ? pointee.quickUntil : -1
  }

  /// The CPU sleeps no longer, if it did.
  func endSleep(_ cpu: Int) {
    if !pointee.sleeping.contains(cpu) { return }
    pointee.sleeping.remove(cpu)
    settle()
  }

  /// What a CPU announced.
  @inline(__always) func operation(announcedBy cpu: Int) -> CPUOperation {
    CPUOperation(packed: pointee.cpus[cpu].packed, number: pointee.cpus[cpu].number)
  }

  /// What observers know an object by; 0 if it is none.
  @inline(__always) func number(
    _ kind: PointKind, _ object: UnsafeMutableRawPointer?
  ) -> UInt64 {
    guard let object else { return 0 }
    let distance = UnsafeRawPointer(pointee.arenaBase).distance(to: UnsafeRawPointer(object))
    return UInt64(
      truncatingIfNeeded: kind.isAboutMemory ? distance &+ 1 : Int(bitPattern: object))
  }

  /// The object that a CPU announced.
  func object(announcedBy cpu: Int) -> UnsafeMutableRawPointer? {
    let number = Int(truncatingIfNeeded: pointee.cpus[cpu].number)
    if number == 0 { return nil }
    return pointee.cpus[cpu].kind.isAboutMemory
      ? pointee.arenaBase + (number &- 1) : UnsafeMutableRawPointer(bitPattern: number)
  }

  /// One of the enabled CPUs, which are one at least, each as likely as any other; of a machine
  /// of few CPUs.
  @inline(__always) func draw() -> Int {
    pointee.sets.member(
      pointee.enabled.few, pointee.draws.draw(count: pointee.enabledCount))
  }

  /// The same of any machine.
  @inline(never) func drawOfMany() -> Int {
    pointee.enabled.nth(pointee.draws.draw(count: pointee.enabledCount))
  }

  /// CPUs with interrupts on.
  private func interruptible() -> CPUSet {
    var able = pointee.unfinished
    pointee.unfinished.visit { cpu in
      if pointee.records[cpu].interruptDepth != 0 { able.remove(cpu) }
    }
    return able
  }

  /// CPUs that an NMI may come to: interrupts off keep none away.
  private func outsideNMI() -> CPUSet {
    var able = pointee.unfinished
    pointee.unfinished.visit { cpu in
      if pointee.records[cpu].context == .nmi { able.remove(cpu) }
    }
    return able
  }

  /// True if the machine draws who comes next, and nothing else is due.
  @inline(__always) func drawsNext() -> Bool { pointee.points < pointee.drawsUntil }

  /// True if an interrupt may come somewhere.
  @inline(__always) func mayInterrupt() -> Bool {
    pointee.budgetLeft > 0
      ? isInterruptible()
      : pointee.shared.pointee.remoteInterruptsSent.load(ordering: .relaxed) != 0 && hasRemote()
  }

  /// The CPU that runs nearly always has interrupts on.
  @inline(__always) private func isInterruptible() -> Bool {
    pointee.budgetLeft > pointee.budget[InterruptSource.nmi.rawValue]
      && pointee.unfinished.contains(pointee.running)
      && pointee.records[pointee.running].interruptDepth == 0 || isElsewhereInterruptible()
  }

  @inline(never) private func isElsewhereInterruptible() -> Bool {
    let nonMaskable = pointee.budget[InterruptSource.nmi.rawValue]
    if pointee.budgetLeft > nonMaskable
      && pointee.unfinished.contains(where: { pointee.records[$0].interruptDepth == 0 })
    {
      return true
    }
    return nonMaskable > 0
      && pointee.unfinished.contains(where: { pointee.records[$0].context != .nmi })
      || hasRemote()
  }

  @inline(never) private func hasRemote() -> Bool {
    if pointee.shared.pointee.remoteInterruptsSent.load(ordering: .relaxed) == 0 { return false }
    return pointee.unfinished.contains {
      pointee.records[$0].interruptDepth == 0 && isSent(.interProcessor, to: $0)
    }
  }

  func deliverable(_ source: InterruptSource) -> CPUSet {
    if pointee.budget[source.rawValue] == 0 { return sent(source) }
    return source == .nmi ? outsideNMI() : interruptible()
  }

  /// CPUs that another CPU sent an interrupt to, and that can take it.
  private func sent(_ source: InterruptSource) -> CPUSet {
    if pointee.shared.pointee.remoteInterruptsSent.load(ordering: .relaxed) == 0 {
      return CPUSet(cpuCount: pointee.cpuCount)
    }
    var sent = CPUSet(cpuCount: pointee.cpuCount)
    interruptible().visit { cpu in
      if isSent(source, to: cpu) { sent.insert(cpu) }
    }
    return sent
  }

  private func isSent(_ source: InterruptSource, to cpu: Int) -> Bool {
    let bits = pointee.records[cpu].remoteInterrupts.load(ordering: .relaxed)
    return bits & (1 << UInt32(source.rawValue)) != 0
  }
}

extension SpinLockRecord {
  /// The word of the lock at an address.
  @inline(__always) static func word(of lock: UnsafeMutableRawPointer) -> UInt32 {
    lock.assumingMemoryBound(to: SpinLockRecord.self).pointee.word.load(ordering: .relaxed)
  }

  /// True if the lock at an address is taken.
  @inline(__always) static func isTaken(_ lock: UnsafeMutableRawPointer) -> Bool {
    word(of: lock) != 0
  }

  /// The CPU that a taken lock's word names.
  @inline(__always) static func holder(_ word: UInt32) -> Int { Int(word & 0xffff) - 1 }
}
