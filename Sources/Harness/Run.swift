// A native run, from a plan to an outcome.

import Machine
import Outcomes
import PageAllocator
import Synchronization
import Workloads

/// How far a run is.
public struct RunProgress: Sendable {
  /// Wall time since the workers started.
  public var elapsedNanoseconds: UInt64
  /// Operations of all workers so far.
  public var operations: UInt64
  /// Interrupts sent by signal so far; 0 unless they come as signals.
  public var interruptsSent: UInt64
  /// The run's bound of time; nil if it has none.
  public var durationNanoseconds: UInt64?
}

/// Runs plans.
public enum Run {
  /// Runs `plan` on threads and judges it.
  ///
  /// - Parameter progress: called about ten times a second; true asks the run to end early.
  public static func execute(
    _ plan: RunPlan, progress: (RunProgress) -> Bool = { _ in false }
  ) -> Outcome {
    if plan.trace?.options.fitsPhase == true { return PhaseFit(plan).execute(progress) }
    return NativeRun(plan).execute(progress)
  }

  /// Checks that there is room for a run of `plan`.
  ///
  /// - Parameter limit: bytes that may be taken even if the system gives more.
  /// - Throws: ``NoAddressSpace`` with the bytes wanted.
  public static func expectRoom(
    for plan: RunPlan, within limit: Int = .max
  ) throws(NoAddressSpace) {
    try AddressSpace.expect(plan.nativeByteCount, within: limit)
  }

  /// Builds all that a run of `plan` consists of and lets go of it, to see that it can be built.
  public static func build(_ plan: RunPlan) { _ = RunAssembly(plan) }
}

/// One native run.
final class NativeRun: @unchecked Sendable {
  private let plan: RunPlan
  private let assembly: RunAssembly
  private let tally: WorkloadTally
  private let workersLeft: Atomic<Int>

  init(_ plan: RunPlan) {
    self.plan = plan
    assembly = RunAssembly(plan)
    tally = WorkloadTally(cpuCount: plan.cpuCount, workloads: plan.workloads.count)
    workersLeft = Atomic(plan.workerCPUs)
  }

  func execute(_ progress: (RunProgress) -> Bool) -> Outcome {
    beginHandlers()
    var limits = NativeLimits()
    limits.durationNanoseconds = plan.stop.durationNanoseconds
    limits.stuckNanoseconds = plan.stop.stuckNanoseconds
    limits.pauseNanoseconds = plan.checks.pauseNanoseconds
    limits.tickNanoseconds = 100_000_000
    var askedToEnd = false
    var foundFirst = false
    let outcome = assembly.native.run(
      limits: limits, body: { self.runCPU($0) },
      atPause: { self.assembly.judges.note(at: .pause) },
      tick: { elapsed in
        let state = RunProgress(
          elapsedNanoseconds: elapsed, operations: self.assembly.native.stepsSoFar,
          interruptsSent: self.assembly.machine.interruptsSentSoFar,
          durationNanoseconds: limits.durationNanoseconds)
        if progress(state) { askedToEnd = true }
        foundFirst = self.plan.stop.atFirstFinding && self.assembly.hasFinding
        return askedToEnd || foundFirst
      })
    let isWhole = !assembly.machine.isHalted && outcome.stuck.isEmpty
    if isWhole { giveBack() }
    if isWhole && !assembly.machine.isHalted { assembly.judges.note(at: .end) }
    if outcome.abandoned == 0 { assembly.judges.note(at: .over) }
    let collector = OutcomeCollector(plan, assembly, tally, outcome)
    return collector.collect(askedToEnd: askedToEnd, foundFirst: foundFirst)
  }

  /// Before the threads start: an interrupt may come at a CPU's first point.
  private func beginHandlers() {
    let states = assembly.handlerStates
    for id in 0..<assembly.machine.cpuCount {
      assembly.machine.runAlone(id) { cpu in for state in states { state.begin(cpu) } }
    }
  }

  /// What a CPU does from the start of the run to its end.
  private func runCPU(_ cpu: CPU) {
    if let replay = assembly.replay {
      replay.run(cpu, step: { self.assembly.native.step($0) })
      return noteEnd(cpu)
    }
    let loop = assembly.loops[cpu.id]
    let isThread = cpu.id >= plan.workerCPUs
    let operations = isThread ? Int.max : plan.stop.operations ?? Int.max
    loop.begin(cpu)
    loop.run(
      cpu, 0..<operations, seed: SplitMix64.split(plan.seed, UInt64(cpu.id) + 1),
      NativeOperations(native: assembly.native, tally: tally))
    tally.end(cpu)
    loop.finish(cpu)
    noteEnd(cpu)
  }

  /// Kernel threads end when the last worker did.
  private func noteEnd(_ cpu: CPU) {
    if cpu.id >= plan.workerCPUs { return }
    let left = workersLeft.subtract(1, ordering: .acquiringAndReleasing).newValue
    if left == 0 { assembly.machine.stop() }
  }

  /// Gives back what nobody holds any more: what was left in mailboxes, queues, caches and lists.
  private func giveBack() {
    let assembly = self.assembly
    let machine = assembly.machine
    // What interrupts and softirqs are still due may leave pages with any CPU.
    for id in 0..<machine.cpuCount {
      machine.runAlone(id) { cpu in
        cpu.disableInterrupts()
        cpu.enableInterrupts()
        cpu.disableSoftirqs()
        cpu.enableSoftirqs()
      }
    }
    for id in 0..<machine.cpuCount {
      machine.runBounded(id) { cpu in assembly.giveBack(cpu) }
    }
    machine.runBounded(0) { cpu in assembly.giveBackShared(cpu) }
    // Draining puts right what is wrong with the per-CPU lists.
    if machine.isHalted { return }
    // As at a pause, all lists: there is time for it once.
    assembly.judges.note(at: .pause)
    machine.runBounded(0) { cpu in assembly.allocator.drainAlone(cpu) }
  }
}

/// What a native run adds to each operation: it may end or pause before it, and books it.
private struct NativeOperations: OperationWatch {
  let native: NativeMachine
  let tally: WorkloadTally

  func mayBegin(_ cpu: CPU) -> Bool {
    if cpu.shouldStop { return false }
    native.step(cpu)
    return true
  }

  func operate(_ cpu: CPU, _ worker: Worker, _ number: Int) {
    tally.begin(cpu, worker.index, operation: number)
    tally.measure(cpu, worker.index) { worker.workload.operate($0) }
  }
}
