// What a strategy or an observer sees of a schedule at one of its points.

/// An operation that a CPU has announced, or executed.
public struct CPUOperation: BitwiseCopyable, Hashable, Sendable {
  /// What it does.
  public var kind: PointKind
  /// Bytes that it reads or writes at the object.
  public var bytes: UInt8
  /// Where in the code.
  public var site: UInt16
  /// What it does it to: an offset in the machine's memory + 1, or a CPU's number + 1 for `spawn`,
  /// `join` and `interruptSend`; 0 if nothing.
  public var object: UInt64

  /// From a word made by `CPU.pack`.
  @inline(__always) init(packed: UInt64, number: UInt64) {
    kind = PointKind(packed: packed)
    bytes = UInt8(truncatingIfNeeded: packed &>> 32)
    site = UInt16(truncatingIfNeeded: packed)
    object = number
  }

  /// True if the order of the two can matter: same object, and one of them writes.
  @inline(__always) public func conflicts(with other: CPUOperation) -> Bool {
    object == other.object && object != 0 && kind.isAccess && other.kind.isAccess
      && (kind.writes || other.kind.writes)
  }
}

/// A schedule at one of its points.
///
/// Safe because it is handed out only while the machine that it shows is alive.
@safe public struct ScheduleView: BitwiseCopyable {
  let state: UnsafeMutablePointer<ScheduleState>

  /// True if the machine has more CPUs than `FewCPUs` can name.
  @inline(__always) public var isWide: Bool { state.pointee.isWide }
  /// CPUs of the machine.
  @inline(__always) public var cpuCount: Int { state.pointee.cpuCount }
  /// No CPU of the machine.
  @inline(__always) public var none: CPUSet { CPUSet(cpuCount: state.pointee.cpuCount) }
  /// CPUs that can execute what they announced.
  @inline(__always) public var enabled: CPUSet { state.pointee.enabled }
  /// How many they are.
  @inline(__always) public var enabledCount: Int { state.pointee.enabledCount }
  /// CPUs that started and have not ended.
  @inline(__always) public var unfinished: CPUSet { state.pointee.unfinished }
  /// True once the CPU's code came to its end.
  @inline(__always) public func hasEnded(_ cpu: Int) -> Bool {
    state.pointee.finished.contains(cpu)
  }
  /// The CPU that was chosen last; -1 at the first point.
  @inline(__always) public var current: Int { state.pointee.current }
  /// What it executed then; a `relax` of nobody at the first point.
  @inline(__always) public var last: CPUOperation {
    CPUOperation(packed: state.pointee.lastPacked, number: state.pointee.lastNumber)
  }
  /// True if it only gave others a turn: a failed trylock, a relax.
  @inline(__always) public var lastYielded: Bool { state.pointee.lastYielded }
  /// Points passed so far.
  @inline(__always) public var points: Int { state.pointee.points }

  /// True from the point on at which the machine gives everybody a fair turn.
  @inline(__always) public var isInFairPart: Bool {
    state.pointee.points > state.pointee.fairAfter
  }
  /// Where CPUs may be interrupted.
  @inline(__always) public var granularity: Granularity {
    state.pointee.skipsPlain ? .sync : .all
  }

  /// Starts the draws of a schedule; they are the schedule's, whoever asks for one.
  public func startDraws(seed: UInt64) { state.pointee.draws = EvenDraws(seed: seed) }

  /// Draws one of the CPUs that can go on, which are one at least, each as likely as any other.
  @inline(__always) public func draw() -> Int {
    _slowPath(state.pointee.isWide) ? state.drawOfMany() : state.draw()
  }

  /// What a CPU will execute when it is chosen.
  @inline(__always) public func announced(_ cpu: Int) -> CPUOperation {
    state.operation(announcedBy: cpu)
  }

  /// How many points the CPU has passed, interrupts that came to it among them.
  @inline(__always) public func localPoints(_ cpu: Int) -> Int {
    Int(state.pointee.cpus[cpu].localPoints)
  }

  /// True if an interrupt may come somewhere.
  @inline(__always) public var isInterruptible: Bool { state.mayInterrupt() }

  /// CPUs that an interrupt of `source` may come to.
  public func deliverable(_ source: InterruptSource) -> CPUSet {
    state.deliverable(source)
  }

  /// The default schedule: the current CPU goes on until it waits or gives way, then the lowest
  /// that can; after giving way the next one, going round.  No interrupts unless nobody can go on.
  public var defaultChoice: ScheduleChoice {
    let enabled = state.pointee.enabled
    let current = state.pointee.current
    if enabled.isEmpty { return firstDelivery }
    if current < 0 { return ScheduleChoice(cpu: enabled.first) }
    if state.pointee.lastYielded { return ScheduleChoice(cpu: enabled.next(after: current)) }
    return ScheduleChoice(cpu: enabled.contains(current) ? current : enabled.first)
  }

  private var firstDelivery: ScheduleChoice {
    for source in InterruptSource.allCases {
      let cpus = deliverable(source)
      if !cpus.isEmpty { return ScheduleChoice(source, to: cpus.first) }
    }
    fatalError("a strategy is asked while there is a choice")
  }
}
