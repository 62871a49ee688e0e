// A config on the simulated machine: its workloads and judges as a program whose schedules a
// strategy chooses.
//
// Rule    Every schedule starts from one state.  The modelled memory is the machine's to put back;
//         workers, handlers and judges are started anew by `prepare`, their memory from an image.

import Checker
import Exploration
import Machine
import MachineChecks
import PageAllocator
import Workloads

/// One config, scaled down, ready to run schedules of.
public final class SimulatedRun {
  /// The machine.
  public let simulated: SimulatedMachine
  /// The operations that each CPU does, by number.
  public var only: [[Int]]
  /// Interrupts in a schedule of each source that the config has on.
  public var interrupts: Int { didSet { setInterruptBudget() } }
  /// What runs.
  let scaled: ScaledPlan
  private let assembly: RunAssembly
  private let image: ArenaImage
  private let judgesLocks: Bool
  /// The order of locks in each schedule by itself, so that its replay shows the same.
  let lockdep: Lockdep?
  /// Points that each CPU had passed at the start of each of its operations, and after the last.
  private(set) var starts: [[Int]]

  /// A run of a plan.
  ///
  /// - Throws: ``NoAddressSpace``, and what the machine throws when there is no memory for stacks.
  public init(_ scaled: ScaledPlan) throws {
    self.scaled = scaled
    let scale = scaled.scale
    try AddressSpace.expect(
      scaled.small.simulatedByteCount(judgingLocks: scale.races == true || scale.watch != nil))
    assembly = RunAssembly(scaled.small)
    var options = SimulationOptions()
    options.pointsMax = scale.pointsMax
    // An operation notes progress at its start alone, and a long one has thousands of points: the
    // more, the more pages it asks for.
    options.livelockPoints = max(options.pointsMax * 2 / 5, 1000 * scale.pages)
    interrupts = scale.interrupts
    let cpus = assembly.machine.cpuCount
    let every = Array(0..<scale.operations)
    var lists = scale.only ?? [[Int]](repeating: every, count: cpus)
    while lists.count < cpus { lists.append([]) }
    only = Array(lists.prefix(cpus))
    judgesLocks = scale.races == true
    starts = [[Int]](repeating: [], count: cpus)
    simulated = try SimulatedMachine(assembly.machine, options: options)
    image = ArenaImage(of: assembly.environment.privateArena)
    if judgesLocks {
      let races = RaceDetector(assembly.machine)
      races.judgesUpdates = true
      simulated.observe(races)
    }
    lockdep = judgesLocks || scale.watch != nil ? Lockdep(simulated) : nil
    if let watch = scale.watch, lockdep?.watch(watch) == false {
      preconditionFailure("what is watched for was checked when the config was read")
    }
    setInterruptBudget()
    simulated.captureStart()
  }

  private func setInterruptBudget() {
    for source in scaled.small.interrupts.sources {
      simulated.options.interruptBudget[source] = interrupts
    }
  }

  /// The judges of each schedule but those of locks and accesses.
  var checks: [Check] { assembly.judges.checks.filter { $0.name != Check.vacuity.name } }
  /// CPUs that do anything.
  public var cpus: Int { only.count { !$0.isEmpty } }
  /// Operations of all CPUs.
  public var operations: Int { only.reduce(0) { $0 + $1.count } }

  /// The program; it keeps the run alive.
  public func program() -> SimulatedProgram {
    SimulatedProgram(
      prepare: { self.prepare() }, body: { [unowned self] in runCPU($0) },
      giveBack: { [unowned self] in assembly.giveBack($0) }, atEnd: { [unowned self] in judge($0) })
  }

  private func prepare() {
    image.restore()
    assembly.judges.beginSchedule()
    lockdep?.forget()
    // Its sentences name schedules, and this one has the same number whenever it is run.
    lockdep?.schedule = 0
    for id in 0..<assembly.machine.cpuCount {
      starts[id].removeAll(keepingCapacity: true)
      let cpu = assembly.machine.cpu(id)
      assembly.loops[id].begin(cpu)
      for state in assembly.handlerStates { state.begin(cpu) }
    }
  }

  private func runCPU(_ cpu: CPU) {
    let loop = assembly.loops[cpu.id]
    if !loop.hasWork || only[cpu.id].isEmpty { return }
    // Each schedule has its own requests.
    let own = UInt64(cpu.draw(.workload, below: 1 << 62))
    loop.run(cpu, only[cpu.id], seed: own, ScheduledOperations(run: self))
    noteStart(cpu)
    loop.finish(cpu)
  }

  /// Notes that a CPU came to the start of an operation, or to the end of the last.
  fileprivate func noteStart(_ cpu: CPU) {
    starts[cpu.id].append(simulated.pointsPassed(by: cpu.id))
    cpu.noteProgress()
  }

  private func judge(_ cpu: CPU) {
    assembly.giveBackShared(cpu)
    for finding in assembly.judges.look(at: .undrained) { assembly.machine.note(finding) }
    assembly.allocator.drainAlone(cpu)
    for finding in assembly.judges.look(at: .end) { assembly.machine.note(finding) }
    let violations = judgesLocks ? lockdep?.violations ?? [] : []
    for violation in violations {
      assembly.machine.note(violation.finding(assembly.machine.catalog))
    }
  }

  /// Operations done in all schedules so far.
  var operationsDone: UInt64 { assembly.machine.total(WorkloadCounter.operations.id) }
}

/// What a schedule adds to each operation: where it began, and progress.
private struct ScheduledOperations: OperationWatch {
  unowned let run: SimulatedRun

  func mayBegin(_ cpu: CPU) -> Bool {
    run.noteStart(cpu)
    return true
  }

  func operate(_ cpu: CPU, _ worker: Worker, _ number: Int) {
    cpu.count(WorkloadCounter.operations.id, 1)
    worker.workload.operate(cpu)
  }
}
