// A config on the simulated machine: its workloads and judges as a program whose schedules a
// strategy chooses.
//
// Rule    Every schedule starts from one state.  The modelled memory is the machine's to put back;
//         workers, handlers and judges are started anew by `prepare`, their memory from an image.

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
  /// The plan that runs.
  let plan: RunPlan
  private let assembly: RunAssembly
  private let image: ArenaImage
  private let judgesLocks: Bool
  /// The order of locks in each schedule by itself, so that its replay shows the same.
  let lockdep: Lockdep?
  /// Points that each CPU had passed at the start of each of its operations, and after the last.
  private(set) var starts: [[Int]]

  /// A run of a plan, scaled down as its section `explore` says.
  ///
  /// - Throws: ``ExploreError`` for a plan that cannot be explored, and what the machine throws
  ///   when there is no memory for stacks.
  public init(_ whole: RunPlan) throws {
    let scale = whole.exploreScale
    plan = try whole.scaledDown()
    assembly = RunAssembly(plan)
    var options = SimulationOptions()
    options.pointsMax = scale.pointsMax ?? options.pointsMax
    // An operation notes progress at its start alone, and a long one has thousands of points.
    options.livelockPoints = options.pointsMax * 2 / 5
    interrupts = scale.interrupts ?? 0
    let cpus = assembly.machine.cpuCount
    let every = Array(0..<(scale.operations ?? 1))
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
    for source in plan.interruptSources {
      simulated.options.interruptBudget[source] = interrupts
    }
  }

  /// CPUs that do anything.
  public var cpus: Int { only.count { !$0.isEmpty } }
  /// Operations of all CPUs.
  public var operations: Int { only.reduce(0) { $0 + $1.count } }

  /// The program; it keeps the run alive.
  public func program() -> SimulatedProgram {
    SimulatedProgram(
      prepare: { self.prepare() }, body: { [unowned self] in runCPU($0) },
      giveBack: { [unowned self] in giveBack($0) }, atEnd: { [unowned self] in judge($0) })
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
      for worker in assembly.workers[id] { worker.workload.begin(cpu) }
      for state in assembly.handlerStates { state.begin(cpu) }
    }
  }

  private func runCPU(_ cpu: CPU) {
    let workers = assembly.workers[cpu.id]
    let total = workers.reduce(0) { $0 + $1.weight }
    if total == 0 || only[cpu.id].isEmpty { return }
    // Each schedule has its own requests, and each operation those of its number, whichever others
    // are done.
    let own = UInt64(cpu.draw(.workload, below: 1 << 62))
    for number in only[cpu.id] {
      starts[cpu.id].append(simulated.pointsPassed(by: cpu.id))
      cpu.noteProgress()
      cpu.beginOperation(UInt64(number), seed: own)
      cpu.count(WorkloadCounter.operations.id, 1)
      var draw = cpu.draw(.workload, below: total)
      var chosen = 0
      while draw >= workers[chosen].weight {
        draw -= workers[chosen].weight
        chosen += 1
      }
      workers[chosen].workload.operate(cpu)
      cpu.judgeBalance()
    }
    starts[cpu.id].append(simulated.pointsPassed(by: cpu.id))
    cpu.noteProgress()
    for worker in workers { worker.workload.finish(cpu) }
    cpu.judgeBalance()
  }

  /// What is left in mailboxes and with handlers.
  private func giveBack(_ cpu: CPU) {
    assembly.environment.mailboxes.freeReceived(cpu, assembly.allocator, most: 1 << 20)
    for state in assembly.handlerStates { state.finish(cpu) }
  }

  private func judge(_ cpu: CPU) {
    assembly.environment.pageCache?.evictAll(cpu, assembly.allocator)
    let ofLists = assembly.judges.findingsOfLists()
    for finding in ofLists { assembly.machine.note(finding) }
    assembly.allocator.drainAll(cpu)
    for finding in assembly.judges.findingsOfSchedule() { assembly.machine.note(finding) }
    let violations = judgesLocks ? lockdep?.violations ?? [] : []
    for violation in violations {
      assembly.machine.note(violation.finding(assembly.machine.catalog))
    }
  }

  /// Operations done in all schedules so far.
  var operationsDone: UInt64 { assembly.machine.total(WorkloadCounter.operations.id) }
}
