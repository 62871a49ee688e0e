// Runs a machine on fibers of one thread, every interleaving chosen by a strategy.
//
// A step: the chosen CPU executes the operation that it announced and runs on to its next.  A
// waiter on a lock is blocked, not spinning.  Interrupts are choices: wherever a CPU has them
// enabled and the budget is not used up, "deliver source S to CPU C" may come next.

import CMachine
import Synchronization

/// Bounds of a schedule.
public struct SimulationOptions: Sendable {
  /// Where CPUs may be interrupted.
  public var granularity = Granularity.sync
  /// Points after which a schedule is cut.
  public var pointsMax = 20_000
  /// Interrupts of each source, all CPUs together, in a schedule.
  public var interruptBudget: [InterruptSource: Int] = [:]

  /// Granularity `sync`, no interrupts.
  public init() {}
}

/// A simulated CPU.
struct SimulatedCPU {
  enum Status { case running, finished }

  var status = Status.finished
  var fiber: Fiber?
  /// The operation it executes when it is chosen.
  var announced: PointKind = .relax
  var object: UnsafeMutableRawPointer?
  var site: UInt16 = 0
  /// True once it has reached its first point: interrupts can come.
  var started = false
  /// An interrupt to run before the announced operation: source + 1, or 0.
  var delivery: UInt8 = 0
}

/// A machine whose time is its schedule.
///
/// One thread uses it.  Each `run` starts from the arena as it was at `captureStart()`.
public final class SimulatedMachine {
  /// The machine that runs.
  public let machine: Machine
  private let options: SimulationOptions
  private let pool: FiberPool
  private let cpus: UnsafeMutablePointer<SimulatedCPU>
  private let touched: TouchedLines
  private let choiceArena: Arena
  private let choices: Table<ScheduleChoice>
  private var budget: InlineArray<4, Int> = .init(repeating: 0)
  private var strategy = ScheduleStrategy()
  private var body: ((CPU) -> Void)?
  private var running = 0
  private var unfinished = 0
  private var points = 0
  private var hash: UInt64 = 0
  private var end = ScheduleEnd.complete
  /// Who waited for which lock when the last schedule ended in a deadlock; empty if it did not.
  public private(set) var waits: [LockWait] = []
  /// True while one CPU runs by itself: writes are noted, nothing is scheduled.
  private var alone = false

  /// A simulated machine around `machine`; throws if there is no memory for stacks.
  public init(_ machine: Machine, options: SimulationOptions) throws {
    self.machine = machine
    self.options = options
    pool = try FiberPool(stackBytes: 128 << 10)
    cpus = .allocate(capacity: machine.cpuCount)
    cpus.initialize(repeating: SimulatedCPU(), count: machine.cpuCount)
    touched = TouchedLines(of: machine.arena)
    choiceArena = Arena(byteCount: machine.cpuCount * 5 * 2 + 4096)
    choices = choiceArena.table(of: ScheduleChoice.self, count: machine.cpuCount * 5)
  }

  deinit { cpus.deallocate() }

  /// Takes the modelled memory as it is now for the start of every schedule.
  public func captureStart() { touched.capture() }

  /// Runs one schedule from the start state.
  ///
  /// - Parameters:
  ///   - seed: of the CPUs' streams and of the strategy.
  ///   - body: what each CPU does.
  ///   - atEnd: runs alone on CPU 0 after all ended without a finding; a rule that breaks in it is
  ///     the schedule's finding.
  public func run(
    seed: UInt64, strategy: ScheduleStrategy, body: @escaping (CPU) -> Void,
    atEnd: @escaping (CPU) -> Void = { _ in }
  ) -> ScheduleOutcome {
    touched.restore()
    machine.reset(seed: SplitMix64.split(seed, 1))
    self.strategy = strategy
    strategy.begin(seed: SplitMix64.split(seed, 2))
    self.body = body
    startCPUs()
    schedule()
    leaveCPUs()
    self.body = nil
    if end == .complete { runAlone(atEnd) }
    return ScheduleOutcome(end: end, points: points, traceHash: hash)
  }

  /// Runs code on CPU 0 by itself; what it writes is put back by the next schedule.
  public func runAlone(_ body: @escaping (CPU) -> Void) {
    alone = true
    machine.reset(attention: Attention.simulated, hook: simulatedPoint, context: opaque)
    if !FiberCall.run(machine.cpu(0), on: pool, body) { end = .finding }
    machine.reset(attention: 0, hook: { _, _, _ in }, context: nil)
    alone = false
  }

  private var opaque: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  private func startCPUs() {
    points = 0
    waits = []
    hash = 0x9E37_79B9_7F4A_7C15
    end = .complete
    for source in InterruptSource.allCases {
      budget[source.rawValue] = options.interruptBudget[source] ?? 0
    }
    machine.reset(attention: Attention.simulated, hook: simulatedPoint, context: opaque)
    let entry: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
      SimulatedMachine.with(context) { $0.enter() }
    }
    for id in 0..<machine.cpuCount {
      machine.records[id].leave = simulatedLeave
      machine.records[id].leaveContext = opaque
      cpus[id] = SimulatedCPU()
      cpus[id].status = .running
      do {
        cpus[id].fiber = try pool.start(entry: entry, argument: opaque)
      } catch {
        fatalError("no memory for the stack of a simulated CPU: \(error)")
      }
    }
    unfinished = machine.cpuCount
  }

  /// From the thread's stack: starts the first choice; comes back when the schedule is over.
  private func schedule() {
    if let choice = choose() { switchTo(choice, from: nil) }
  }

  private func leaveCPUs() {
    for id in 0..<machine.cpuCount {
      if let fiber = cpus[id].fiber { pool.abandon(fiber) }
      cpus[id].fiber = nil
      machine.records[id].leave = nil
      machine.records[id].attention.store(0, ordering: .relaxed)
    }
  }

  /// The first thing on a CPU's fiber.
  private func enter() {
    let id = running
    cpus[id].started = true
    body?(machine.cpu(id))
    cpus[id].status = .finished
    unfinished -= 1
    guard unfinished > 0, let choice = choose() else { return backToThread(from: id) }
    switchTo(choice, from: id)
  }

  private func backToThread(from id: Int) { cpus[id].fiber?.switchTo(pool.thread) }

  fileprivate func leave() {
    end = .finding
    backToThread(from: running)
  }

  /// Calls `body` with the machine of a hook, without a reference of its own: the frame may be
  /// left.
  @inline(__always) fileprivate static func with(
    _ context: UnsafeMutableRawPointer?, _ body: (SimulatedMachine) -> Void
  ) {
    guard let context else { fatalError("a hook of a simulated machine knows it") }
    Unmanaged<SimulatedMachine>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
  }
}

extension SimulatedMachine {
  /// A point of the running CPU: others may come first.
  fileprivate func pass(_ kind: PointKind, _ site: UInt16, _ object: UnsafeMutableRawPointer?) {
    if alone || (kind.isPlain && options.granularity == .sync) {
      return touched.note(kind, object)
    }
    let id = running
    repeat {
      cpus[id].announced = kind
      cpus[id].object = object
      cpus[id].site = site
      guard let choice = choose() else { return backToThread(from: id) }
      switchTo(choice, from: id)
    } while runDelivered(id)
    touched.note(kind, object)
    chain(id, kind, site, object)
  }

  /// Runs the interrupt that was chosen for a CPU, on its fiber; false if there was none.
  private func runDelivered(_ id: Int) -> Bool {
    if cpus[id].delivery == 0 { return false }
    let source = InterruptSource(rawValue: Int(cpus[id].delivery) - 1) ?? .timer
    cpus[id].delivery = 0
    hash = (hash ^ UInt64(id << 8 | source.rawValue + 1)) &* 0xD134_2543_DE82_EF95
    machine.cpu(id).interrupt(from: source)
    return true
  }

  /// Goes on with what was chosen, from the stack of CPU `current`, or the thread's if nil.
  private func switchTo(_ choice: ScheduleChoice, from current: Int?) {
    let next = Int(choice.cpu)
    cpus[next].delivery = choice.delivery
    if let source = choice.source { spend(source, on: next) }
    if next == current { return }
    running = next
    let stack = current.flatMap { cpus[$0].fiber } ?? pool.thread
    if let fiber = cpus[next].fiber { stack.switchTo(fiber, order: .unordered) }
  }

  private func spend(_ source: InterruptSource, on cpu: Int) {
    let bit = UInt32(1) << UInt32(source.rawValue)
    if machine.records[cpu].remoteInterrupts.load(ordering: .relaxed) & bit != 0 {
      machine.records[cpu].remoteInterrupts.bitwiseAnd(~bit, ordering: .relaxed)
    } else {
      budget[source.rawValue] -= 1
    }
  }

  private func chain(
    _ id: Int, _ kind: PointKind, _ site: UInt16, _ object: UnsafeMutableRawPointer?
  ) {
    let offset = object.flatMap { machine.arena.offset(of: $0) } ?? 0
    let word = UInt64(offset) << 24 ^ UInt64(site) << 12 ^ UInt64(kind.rawValue) << 8 ^ UInt64(id)
    hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 32
  }

  /// What comes next; nil if the schedule is over.
  private func choose() -> ScheduleChoice? {
    if points >= options.pointsMax {
      end = .cut
      return nil
    }
    points += 1
    let count = listChoices()
    if count == 0 {
      end = .deadlock
      reportDeadlock()
      return nil
    }
    let index = strategy.choose(choices, count: count)
    precondition(index >= 0 && index < count, "a strategy chooses among the choices")
    return choices[index]
  }

  private func listChoices() -> Int {
    var count = 0
    for id in 0..<machine.cpuCount where cpus[id].status == .running {
      if !isBlocked(id) {
        choices[count] = ScheduleChoice(cpu: UInt8(id), delivery: 0)
        count += 1
      }
      if !cpus[id].started || machine.records[id].interruptDepth != 0 { continue }
      let remote = machine.records[id].remoteInterrupts.load(ordering: .relaxed)
      for source in 0..<4 where budget[source] > 0 || remote & (1 << UInt32(source)) != 0 {
        choices[count] = ScheduleChoice(cpu: UInt8(id), delivery: UInt8(source + 1))
        count += 1
      }
    }
    return count
  }

  private func isBlocked(_ id: Int) -> Bool {
    guard cpus[id].announced == .lock, let object = cpus[id].object else { return false }
    let lock = object.assumingMemoryBound(to: SpinLockRecord.self)
    return lock.pointee.word.load(ordering: .relaxed) != 0
  }

  private func reportDeadlock() {
    waits = (0..<machine.cpuCount).compactMap { id in
      guard cpus[id].status == .running, let object = cpus[id].object else { return nil }
      return machine.lockWait(cpu: id, Site(cpus[id].site), object)
    }
    for id in 0..<machine.cpuCount where cpus[id].status == .running {
      machine.noteRunFinding(
        .deadlock, Site(cpus[id].site), .lock, Int(bitPattern: cpus[id].object), id)
    }
  }
}

private let simulatedPoint: PointHook = { context, kindAndSite, object in
  let record = CPU(entering: context).record
  let kind = PointKind(rawValue: UInt8(truncatingIfNeeded: kindAndSite >> 16)) ?? .relax
  SimulatedMachine.with(record.pointee.hookContext) {
    $0.pass(kind, UInt16(truncatingIfNeeded: kindAndSite), object)
  }
}

private let simulatedLeave: PointHook = { context, _, _ in
  SimulatedMachine.with(context) { $0.leave() }
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
