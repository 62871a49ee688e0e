// Runs a machine on Dispatch worker threads, one a CPU, which all start at once.

import CMachine
import Dispatch
import Glibc
import Synchronization

/// How a native run went.
public struct NativeOutcome: Sendable {
  /// Wall time from the gate's opening to the last worker's end, in nanoseconds.
  public var elapsedNanoseconds: UInt64 = 0
  /// CPUs that made no progress for too long.
  public var stuck: [Int] = []
  /// Who waited for which lock then; empty if nobody was stuck.
  public var waits: [LockWait] = []
  /// Where those were then that were stuck without waiting for a lock, and the holders of locks
  /// that others waited for.
  public var places: [CPUPlace] = []
  /// Workers that did not even leave when told; their threads are lost to the process.
  public var abandoned = 0
  /// Clock ticks a second, measured over the run.
  public var ticksPerSecond: Double = 1e9
}

/// Limits of a native run.
public struct NativeLimits: Sendable {
  /// Nanoseconds after which workers are asked to end; nil for no limit.
  public var durationNanoseconds: UInt64?
  /// Nanoseconds without any progress of an unfinished CPU after which it counts as stuck.
  public var stuckNanoseconds: UInt64 = 60_000_000_000
  /// Nanoseconds between two pauses; nil for none.
  public var pauseNanoseconds: UInt64?
  /// Nanoseconds that workers have to leave their code once a run is stuck; then they are given up.
  public var leaveNanoseconds: UInt64 = 5_000_000_000
  /// Nanoseconds between two calls of `tick`.
  public var tickNanoseconds: UInt64 = 1_000_000_000

  /// No limit of time.
  public init() {}
}

/// A machine on threads.
public final class NativeMachine: @unchecked Sendable {
  /// The machine that runs.
  public let machine: Machine
  private let resume = DispatchSemaphore(value: 0)
  /// Odd while a pause is on; each pause has a number of its own.
  private let pauseNumber = Atomic<UInt64>(0)
  private let finished = Atomic<Int>(0)
  /// True once no more interrupts are sent.
  private let isOver = Atomic<Bool>(false)
  private let progress: Table<UInt64>
  private let ended: Table<UInt64>
  /// The number of the pause that a CPU is parked in.
  private let parkedIn: Table<UInt64>
  private let progressArena: Arena
  /// Time between two looks at which signals are due.
  private static let sendingNanoseconds: UInt32 = 100_000

  /// A native machine around `machine`.
  public init(_ machine: Machine) {
    self.machine = machine
    progressArena = Arena(byteCount: machine.cpuCount * 64 * 3 + 4096)
    progress = progressArena.table(of: UInt64.self, count: machine.cpuCount * 8)
    ended = progressArena.table(of: UInt64.self, count: machine.cpuCount * 8)
    parkedIn = progressArena.table(of: UInt64.self, count: machine.cpuCount * 8)
  }

  /// Bytes that a native machine takes besides its machine: threads, and a stack for each CPU.
  public static func byteCount(cpuCount: Int) -> Int {
    cpuCount * (AddressSpace.threadByteCount + FiberPool.byteCount(stackBytes: 256 << 10))
  }

  /// Runs `body` on every CPU at once until all have ended, or the limits say otherwise.
  ///
  /// Once for each native machine.  If the system makes too few threads, the process ends with one
  /// line on standard error and status 2, before any CPU runs.
  ///
  /// - Parameters:
  ///   - body: what a CPU does; it calls `step(cpu)` between operations and ends when
  ///     `cpu.shouldStop`.
  ///   - atPause: runs on CPU 0's behalf while every worker is between two operations.
  ///   - tick: called once a `tickNanoseconds` with the elapsed nanoseconds; true ends the run.
  public func run(
    limits: NativeLimits, body: @escaping @Sendable (CPU) -> Void,
    atPause: () -> Void = {}, tick: (UInt64) -> Bool = { _ in false }
  ) -> NativeOutcome {
    precondition(
      finished.load(ordering: .relaxed) == 0, "a native machine runs once: make a new one")
    let schedule = prepareSignals()
    machine.shared.pointee.deliversAtPoints =
      !machine.usesSignals && machine.shared.pointee.meanPointsBetween != 0
    let (cpus, sender) = makeThreads(schedule, body)
    let startTicks = pt_ticks()
    let start = DispatchTime.now().uptimeNanoseconds
    cpus.open()
    sender?.open()

    var outcome = NativeOutcome()
    supervise(cpus, (start, startTicks), limits, &outcome, atPause, tick)
    isOver.store(true, ordering: .relaxed)
    _ = sender?.wait()
    if outcome.abandoned == 0 {
      machine.shared.pointee.deliversAtPoints = false
      machine.takeLateInterrupts()
    }
    let elapsed = max(DispatchTime.now().uptimeNanoseconds - start, 1)
    outcome.elapsedNanoseconds = elapsed
    outcome.ticksPerSecond = Double(pt_ticks() &- startTicks) * 1e9 / Double(elapsed)
    return outcome
  }

  /// Between two operations of a CPU: notes that it goes on, and waits if the run pauses.
  ///
  /// The CPU holds no lock and has interrupts on.
  @inline(__always) public func step(_ cpu: CPU) {
    _ = progress.shared(cpu.id * 8).add(1)
    let pause = pauseNumber.load(ordering: .relaxed)
    if pause & 1 != 0 { park(cpu, pause) }
  }

  /// Operations of all CPUs so far.
  public var stepsSoFar: UInt64 {
    (0..<machine.cpuCount).reduce(0) { $0 &+ progress.shared($1 * 8).load() }
  }

  private func runCPU(_ id: Int, _ body: @escaping @Sendable (CPU) -> Void) {
    pt_set_thread_name("cpu\(id)")
    let cpu = machine.cpu(id)
    let usesSignals = machine.usesSignals
    _ = FiberCall.run(cpu) { cpu in
      cpu.preparePointsDelivery()
      if usesSignals { cpu.openSignals() }
      body(cpu)
      // From here on a signal may come in the middle of the switch back.
      pt_set_current_cpu(nil)
    }
    if usesSignals { cpu.closeSignals() }
    cpu.record.pointee.attention.store(0, ordering: .relaxed)
    cpu.record.pointee.hasEnded.store(1, ordering: .releasing)
    ended.shared(id * 8).store(1)
    finished.add(1, ordering: .sequentiallyConsistent)
  }

  /// Readies signals, before CPUs run; nil if none will be sent from outside.
  private func prepareSignals() -> SignalSchedule? {
    if !machine.usesSignals { return nil }
    precondition(
      machine.shared.pointee.pointsBetween[InterruptSource.nmi.rawValue] == 0,
      "NMIs come at points: a signal waits while a handler runs, and in the middle of a library")
    installSignals()
    return machine.shared.pointee.meanPointsBetween == 0 ? nil : SignalSchedule(machine)
  }

  /// The threads of all CPUs, and that which sends interrupts by signal.
  private func makeThreads(
    _ schedule: SignalSchedule?, _ body: @escaping @Sendable (CPU) -> Void
  ) -> (cpus: ThreadTeam, sender: ThreadTeam?) {
    do throws(NoThreads) {
      let cpus = try ThreadTeam(machine.cpuCount) { self.runCPU($0, body) }
      guard let schedule else { return (cpus, nil) }
      // A sleeper that is let in as soon as it wakes: the rate depends on it.
      return (cpus, try ThreadTeam(1, qos: .userInteractive) { _ in self.send(schedule) })
    } catch {
      HostShortage.end(error)
    }
  }

  /// Sends interrupts by signal until the run is over.
  private func send(_ schedule: SignalSchedule) {
    pt_set_thread_name("signals")
    var schedule = schedule
    let start = DispatchTime.now().uptimeNanoseconds
    while !isOver.load(ordering: .relaxed) {
      schedule.send(at: DispatchTime.now().uptimeNanoseconds - start)
      pt_sleep(Self.sendingNanoseconds)
    }
  }

  private func park(_ cpu: CPU, _ pause: UInt64) {
    // At rest means that no interrupt comes either.
    if machine.usesSignals { pt_signals_block() }
    defer { if machine.usesSignals { pt_signals_unblock() } }
    parkedIn.shared(cpu.id * 8).store(pause)
    // A signal may belong to an earlier pause, or be missed: the number alone says when to go on.
    while pauseNumber.load(ordering: .acquiring) == pause {
      _ = resume.wait(timeout: .now() + .milliseconds(5))
    }
  }
}

extension NativeMachine {
  private func supervise(
    _ cpus: ThreadTeam, _ startTime: (nanoseconds: UInt64, ticks: UInt64),
    _ limits: NativeLimits,
    _ outcome: inout NativeOutcome, _ atPause: () -> Void, _ tick: (UInt64) -> Bool
  ) {
    let start = startTime.nanoseconds
    var nextTick = limits.tickNanoseconds
    var nextPause = limits.pauseNanoseconds ?? .max
    var watch = ProgressWatch(cpuCount: machine.cpuCount)
    while true {
      if cpus.wait(until: .now() + .milliseconds(10)) { return }
      let elapsed = DispatchTime.now().uptimeNanoseconds - start
      if let duration = limits.durationNanoseconds, elapsed >= duration { machine.stop() }
      if elapsed >= nextTick {
        nextTick = elapsed + limits.tickNanoseconds
        if tick(elapsed) { machine.stop() }
      }
      let ticksPerNanosecond = Double(pt_ticks() &- startTime.ticks) / Double(max(elapsed, 1))
      let patience = Double(min(limits.stuckNanoseconds, Self.deadlockNanoseconds))
      let waitTicks = UInt64(patience * ticksPerNanosecond)
      if elapsed >= nextPause, let every = limits.pauseNanoseconds {
        pauseWorkers(stuckNanoseconds: limits.stuckNanoseconds, waitTicks: waitTicks, atPause)
        nextPause = DispatchTime.now().uptimeNanoseconds - start + every
      }
      let cycle = machine.lockCycle(waitedFor: waitTicks)
      let idle = watch.stuck(
        progress: { self.progress.shared($0 * 8).load() },
        ended: { self.ended.shared($0 * 8).load() != 0 }, elapsed, limits.stuckNanoseconds)
      if !cycle.isEmpty || !idle.isEmpty {
        outcome.stuck = cycle.isEmpty ? idle : cycle
        outcome.waits = machine.lockWaits(ticksPerSecond: ticksPerNanosecond * 1e9)
        outcome.places = places(outcome.stuck, outcome.waits) { watch.silence($0, elapsed) }
        report(cycle.isEmpty ? .stuck : .deadlock, outcome.stuck)
        machine.halt()
        let leave = DispatchTimeInterval.nanoseconds(Int(clamping: limits.leaveNanoseconds))
        if !cpus.wait(until: .now() + leave) {
          outcome.abandoned = machine.cpuCount - finished.load(ordering: .relaxed)
        }
        return
      }
    }
  }

  /// Runs code while all are at rest; not at all if one does not come to rest in time, or CPUs
  /// wait for each other.
  private func pauseWorkers(
    stuckNanoseconds: UInt64, waitTicks: UInt64, _ body: () -> Void
  ) {
    let pause = pauseNumber.add(1, ordering: .sequentiallyConsistent).newValue
    let deadline = DispatchTime.now().uptimeNanoseconds + stuckNanoseconds
    while !allAtRest(in: pause) && !machine.isHalted
      && DispatchTime.now().uptimeNanoseconds < deadline
      && machine.lockCycle(waitedFor: waitTicks).isEmpty
    {
      usleep(200)
    }
    if allAtRest(in: pause) && !machine.isHalted { body() }
    pauseNumber.add(1, ordering: .sequentiallyConsistent)
    for _ in 0..<machine.cpuCount { resume.signal() }
  }

  private func allAtRest(in pause: UInt64) -> Bool {
    (0..<machine.cpuCount).allSatisfy {
      parkedIn.shared($0 * 8).load() == pause || ended.shared($0 * 8).load() != 0
    }
  }

  /// Where those are that are stuck outside of locks, and those that hold what others wait for.
  private func places(
    _ stuck: [Int], _ waits: [LockWait], silence: (Int) -> UInt64
  ) -> [CPUPlace] {
    let waiting = waits.map(\.cpu)
    let asked = (0..<machine.cpuCount).filter { id in
      !waiting.contains(id) && (stuck.contains(id) || waits.contains { $0.holder == id })
    }
    var places = asked.map { id in
      CPUPlace(
        cpu: id, hasEnded: ended.shared(id * 8).load() != 0, silentNanoseconds: silence(id))
    }
    machine.locate(&places)
    return places
  }

  /// How long CPUs wait for each other before that is a deadlock.
  private static var deadlockNanoseconds: UInt64 { 1_000_000_000 }

  private func report(_ rule: Rule, _ ids: [Int]) {
    // Written on behalf of a CPU that is not moving; its own code no longer touches the record.
    for id in ids {
      let record = machine.records + id
      let waiting = record.pointee.waitingFor.load(ordering: .relaxed)
      let site = UInt16(truncatingIfNeeded: record.pointee.waitingSite.load(ordering: .relaxed))
      machine.noteRunFinding(
        rule, Site(waiting == 0 ? 0 : site), waiting == 0 ? .nothing : .lock,
        Int(bitPattern: waiting), id)
    }
  }
}
