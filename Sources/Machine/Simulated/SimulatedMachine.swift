// Runs a machine on fibers of one thread, every interleaving chosen by a strategy.
//
// A waiter on a lock is blocked, not spinning.  Interrupts are choices: wherever a CPU has them
// enabled and the budget is not used up, "deliver source S to CPU C" may come next.  Resetting the
// machine between two schedules costs what the schedule touched.

import CMachine
import Synchronization

/// Bounds of a schedule.
public struct SimulationOptions: Sendable {
  /// Where CPUs may be interrupted.
  public var granularity = Granularity.sync
  /// Points after which a schedule is cut.
  public var pointsMax = 20_000
  /// Points after which every CPU that can go on is as likely to as any other, whatever the
  /// strategy, so that what does not get on is at fault itself; nil for half of `pointsMax`.
  public var fairAfter: Int?
  /// Points of that last part in a row without progress of anybody that are a livelock.
  public var livelockPoints = 5_000
  /// Interrupts of each source, all CPUs together, in a schedule.
  public var interruptBudget: [InterruptSource: Int] = [:]
  /// CPUs that run from the start, 0 ..< this; the others wait to be spawned.  Nil for all.
  public var startedCPUs: Int?
  /// Bytes of a CPU's stack.
  public var stackBytes = 128 << 10
  /// Tenths of a second of processor time in which some point is passed, or the CPU is stuck; ten
  /// times as long where a CPU runs by itself.  0 for any time.
  public var silenceTenthsMax: UInt32 = Silence.tenthsMax

  /// Granularity `sync`, no interrupts, all CPUs.
  public init() {}
}

/// A machine whose time is its schedule.
///
/// One thread uses it.  Each `run` starts from the arena as it was at `captureStart()`.
public final class SimulatedMachine {
  /// The machine that runs.
  public let machine: Machine
  /// Bounds of each schedule; may change between schedules.
  public var options: SimulationOptions
  private let pool: FiberPool
  private let state: UnsafeMutablePointer<ScheduleState>
  private let guarding: UnsafeMutablePointer<pt_guard>
  private var observers: [ScheduleObserver] = []
  /// Who waited for which lock when the last schedule ended in a deadlock; empty if it did not.
  public private(set) var waits: [LockWait] = []

  /// A simulated machine around `machine`; throws if there is no memory for stacks.
  public init(_ machine: Machine, options: SimulationOptions = SimulationOptions()) throws {
    self.machine = machine
    self.options = options
    pool = try FiberPool(stackBytes: options.stackBytes)
    let cpus = SimulatedCPU.allocate(machine.cpuCount, machine.records, pool.thread)
    state = .allocate(capacity: 1)
    state.initialize(
      to: ScheduleState(
        cpus: cpus, records: machine.records, shared: machine.shared,
        arenaBase: machine.arena.base, sets: SmallSets(),
        strategy: .passUnretained(Self.noStrategy),
        amongCPUs: .passUnretained(Self.noStrategy), asked: .passUnretained(Self.noStrategy),
        touched: TouchedLines(of: machine.arena),
        arenaByteCount: machine.arena.byteCount, cpuCount: machine.cpuCount, thread: pool.thread))
    guarding = .make(
      UnsafeMutableRawPointer(state),
      look: { context, progress in Schedule(in: context).look(progress) },
      land: { context, signal in Schedule(in: context).land(signal) })
    for id in 0..<machine.cpuCount {
      cpus[id].fiber = try pool.start(entry: Self.entry, argument: opaque)
    }
    machine.reset(seed: 0)
  }

  /// Bytes that a simulated machine takes besides its machine, whose modelled memory has
  /// `arenaByteCount` bytes: stacks, the memory as it was at the start, a note for each line of it.
  public static func byteCount(
    cpuCount: Int, arenaByteCount: Int, options: SimulationOptions = SimulationOptions()
  ) -> Int {
    cpuCount * FiberPool.byteCount(stackBytes: options.stackBytes) + arenaByteCount
      + arenaByteCount / 64 * 5
  }

  nonisolated(unsafe) private static let noStrategy = ScheduleStrategy()

  deinit {
    for id in 0..<machine.cpuCount { pool.abandon(state.pointee.cpus[id].fiber) }
    guarding.deallocate()
    state.pointee.touched.release()
    state.pointee.sets.release()
    state.pointee.cpus.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// Takes the modelled memory for the start of every schedule: as it was at the last start, if
  /// schedules ran since, with what was added and changed elsewhere.
  public func captureStart() {
    state.pointee.touched.restore()
    state.pointee.touched.capture(machine.arena)
  }

  /// Adds a judge or recorder of the schedules that follow; at most 8.
  ///
  /// - Parameter isFirst: true to be told before those that are there.
  public func observe(_ observer: ScheduleObserver, isFirst: Bool = false) {
    precondition(observers.count < 8, "a schedule has at most 8 observers")
    observers.insert(observer, at: isFirst ? 0 : observers.count)
    showObservers()
  }

  /// Removes one observer, wherever it stands.
  public func stopObserving(_ observer: ScheduleObserver) {
    observers.removeAll { $0 === observer }
    showObservers()
  }

  /// Removes all observers.
  public func removeObservers() {
    observers.removeAll()
    showObservers()
  }

  /// Puts them where a schedule finds them without counting references.
  private func showObservers() {
    state.pointee.observerCount = observers.count
    for index in 0..<8 {
      state.pointee.observers[index] =
        index < observers.count ? .passUnretained(observers[index]) : nil
    }
  }

  @inline(__always) private func forEachObserver(_ body: (ScheduleObserver) -> Void) {
    for index in 0..<state.pointee.observerCount {
      state.pointee.observers[index]?._withUnsafeGuaranteedRef(body)
    }
  }

  /// Runs one schedule from the start state.
  ///
  /// - Parameter seed: of the CPUs' streams and of the strategy.
  public func run(
    seed: UInt64, strategy: ScheduleStrategy, _ program: SimulatedProgram
  ) -> ScheduleOutcome {
    state.pointee.touched.restore()
    machine.beginSchedule(seed: SplitMix64.split(seed, 1))
    program.prepare?()
    beginSchedule(fairSeed: seed)
    state.pointee.strategy = .passUnretained(strategy)
    state.pointee.amongCPUs = .passUnretained(strategy.amongCPUs)
    state.pointee.asked = state.pointee.strategy
    state.pointee.decidesToTheEnd = strategy.decidesToTheEnd
    state.pointee.drawsEvenly = strategy.drawsEvenly
    state.pointee.program = .passUnretained(program)
    guarding.run(silenceMax: options.silenceTenthsMax) {
      let strategySeed = SplitMix64.split(seed, 2)
      if state.pointee.drawsEvenly {
        strategy.begin(seed: strategySeed, ScheduleView(state: state))
        startCPUs()
      } else {
        startCPUs()
        strategy.begin(seed: strategySeed, ScheduleView(state: state))
        if state.pointee.end == .complete { Schedule(state: state).goOnFirst(from: pool.thread) }
      }
    }
    leaveCPUs()
    // For those that have only an unowned reference to them, up to here.
    withExtendedLifetime(strategy) {}
    withExtendedLifetime(program) {}
    forEachObserver { $0.rest(ScheduleView(state: state)) }
    if state.pointee.end == .deadlock { noteWaits() }
    if let giveBack = program.giveBack {
      for id in 0..<machine.cpuCount where state.pointee.end == .complete {
        runAlone(id, giveBack)
      }
    }
    if state.pointee.end == .complete, let atEnd = program.atEnd { runAlone(0, atEnd) }
    if state.pointee.end == .complete && machine.hasFindings { state.pointee.end = .finding }
    if state.pointee.end == .finding && wasStuck { stuckSchedules += 1 }
    let outcome = ScheduleOutcome(
      end: state.pointee.end, points: state.pointee.points, traceHash: state.pointee.hash)
    strategy.end(outcome)
    forEachObserver { $0.end(outcome, ScheduleView(state: state)) }
    return outcome
  }

  /// Runs one schedule of a program that is a body alone.
  public func run(
    seed: UInt64, strategy: ScheduleStrategy, _ body: @escaping (CPU) -> Void
  ) -> ScheduleOutcome {
    run(seed: seed, strategy: strategy, SimulatedProgram(body: body))
  }

  /// True if the last schedule ended because a CPU passed no point any more, which takes its time.
  public var wasStuck: Bool {
    state.pointee.end == .finding && machine.hasFound(.stuck)
  }

  /// Schedules so far that ended like that.
  public private(set) var stuckSchedules = 0

  /// Points that a CPU has passed in the schedule that runs.
  public func pointsPassed(by cpu: Int) -> Int {
    precondition(cpu >= 0 && cpu < machine.cpuCount, "a CPU of the machine")
    return Int(state.pointee.cpus[cpu].localPoints)
  }

  /// Runs code on CPU `id` by itself; what it writes is put back by the next schedule.
  public func runAlone(_ id: Int = 0, _ body: @escaping (CPU) -> Void) {
    state.pointee.isScheduling = false
    state.pointee.passBy(.max)
    machine.reset(attention: Attention.simulated, hook: simulatedPoint, context: state)
    let silenceMax = options.silenceTenthsMax * Silence.patienceAlone
    if !FiberCall.run(machine.cpu(id), on: pool, silenceMax: silenceMax, body) {
      state.pointee.end = .finding
    }
    machine.reset(attention: 0, hook: { _, _, _ in }, context: nil)
  }

  private var opaque: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context else { fatalError("a fiber of a simulated machine knows it") }
    Unmanaged<SimulatedMachine>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.enter() }
  }

  private func beginSchedule(fairSeed: UInt64) {
    if !waits.isEmpty { waits = [] }
    state.pointee.points = 0
    state.pointee.pointsMax = options.pointsMax
    state.pointee.fairAfter = min(options.fairAfter ?? options.pointsMax / 2, options.pointsMax)
    state.pointee.livelockPoints = options.livelockPoints
    state.pointee.progressAt = 0
    state.pointee.ticksSkipped = 0
    state.pointee.hash = 0x9E37_79B9_7F4A_7C15
    state.pointee.end = .complete
    state.pointee.current = -1
    state.pointee.lastYielded = false
    state.pointee.lastPacked = CPU.pack(.relax, .machine, 0)
    state.pointee.lastNumber = 0
    let none = CPUSet(cpuCount: machine.cpuCount)
    state.pointee.enabled = none
    state.pointee.enabledCount = 0
    state.pointee.lockers = none
    state.pointee.unfinished = none
    state.pointee.finished = none
    state.pointee.sleeping = none
    state.pointee.joiners = none
    state.pointee.waitingAtStart = none
    state.pointee.skipsPlain = options.granularity == .sync
    state.pointee.fairSeed = fairSeed
    state.pointee.fairStream = nil
    state.pointee.budgetLeft = 0
    if options.interruptBudget.isEmpty {
      state.pointee.budget = .init(repeating: 0)
      return
    }
    for source in InterruptSource.allCases {
      let budget = options.interruptBudget[source] ?? 0
      state.pointee.budget[source.rawValue] = budget
      state.pointee.budgetLeft += budget
    }
  }

  private func startCPUs() {
    beginObservers()
    let tellsReads =
      options.granularity == .all || state.pointee.operationObservers != 0
    let attention = Attention.simulated | (tellsReads ? Attention.plainReads : 0)
    let idle = CPU.pack(.relax, .machine, 0)
    for id in 0..<machine.cpuCount {
      let record = machine.records + id
      record.pointee.hook = simulatedPoint
      record.pointee.hookContext = UnsafeMutableRawPointer(state)
      record.pointee.leave = simulatedLeave
      record.pointee.leaveContext = UnsafeMutableRawPointer(state)
      record.pointee.attention.store(attention, ordering: .relaxed)
      let cpu = state.pointee.cpus + id
      cpu.pointee.packed = idle
      cpu.pointee.number = 0
      cpu.pointee.waitsOn = 0
      cpu.pointee.waitedOnOutside = 0
      cpu.pointee.wasWoken = false
      cpu.pointee.keepsDeadline = false
      cpu.pointee.localPoints = 0
      cpu.pointee.arrival = SimulatedCPU.Arrival.goesOn
    }
    state.pointee.isScheduling = true
    state.pointee.passBy(PointKind.notes | (state.pointee.skipsPlain ? PointKind.plain : 0))
    let count = min(options.startedCPUs ?? machine.cpuCount, machine.cpuCount)
    Schedule(state: state).start(0..<max(count, 0), from: pool.thread)
  }

  private func beginObservers() {
    state.pointee.operationObservers = 0
    state.pointee.choiceObservers = 0
    for index in 0..<state.pointee.observerCount {
      state.pointee.observers[index]?._withUnsafeGuaranteedRef { observer in
        let interest = observer.interest
        if interest.contains(.operations) { state.pointee.operationObservers |= 1 << UInt8(index) }
        if interest.contains(.choices) { state.pointee.choiceObservers |= 1 << UInt8(index) }
        observer.begin(ScheduleView(state: state))
      }
    }
  }

  private func leaveCPUs() {
    state.pointee.isScheduling = false
    state.pointee.passBy(.max)
    state.pointee.starter = nil
    for id in 0..<machine.cpuCount {
      let fiber = state.pointee.cpus[id].fiber
      // A fiber whose CPU ended waits to run the next schedule's; any other is begun anew.
      if state.pointee.unfinished.contains(id) {
        fiber.restart(entry: Self.entry, argument: opaque)
      }
      machine.records[id].leave = nil
      machine.records[id].attention.store(0, ordering: .relaxed)
    }
  }

  /// What a CPU's fiber does: its code, schedule after schedule.
  private func enter() {
    while true {
      let cpu = CPU(record: state.pointee.records + state.pointee.running, site: .machine)
      state.pointee.program?._withUnsafeGuaranteedRef { $0.body(cpu) }
      Schedule(state: state).finish()
    }
  }

  private func noteWaits() {
    let waiting = state.pointee.unfinished.subtracting(state.pointee.enabled)
    for id in 0..<machine.cpuCount where waiting.contains(id) {
      let cpu = state.pointee.cpus[id]
      guard let object = state.object(announcedBy: id), cpu.kind == .lock else { continue }
      waits.append(
        machine.lockWait(cpu: id, Site(UInt16(truncatingIfNeeded: cpu.packed)), object))
    }
  }
}

private let simulatedPoint: PointHook = { context, packed, object in
  // Both are set, where this is a CPU's hook.
  let record = context.unsafelyUnwrapped.assumingMemoryBound(to: CPURecord.self)
  let schedule = Schedule(in: record.pointee.hookContext.unsafelyUnwrapped)
  Schedule.point(schedule.state, packed, object)
}

/// A rule broke on the running CPU, after which going on means nothing.
private let simulatedLeave: PointHook = { context, _, _ in
  guard let context else { return }
  let state = context.assumingMemoryBound(to: ScheduleState.self)
  state.pointee.end = .finding
  state.pointee.cpus[state.pointee.running].fiber.leapTo(state.pointee.thread)
}

extension Machine {
  func reset(attention: UInt32, hook: PointHook, context: UnsafeMutableRawPointer?) {
    for id in 0..<cpuCount {
      records[id].hook = hook
      records[id].hookContext = context
      records[id].attention.store(attention, ordering: .relaxed)
    }
  }
}
