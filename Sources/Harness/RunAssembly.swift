// Puts a run together: machine, allocator, workers, handlers, judges.

import Checker
import Machine
import PageAllocator
import Workloads

/// Everything that one run consists of.
final class RunAssembly: @unchecked Sendable {
  let plan: RunPlan
  let machine: Machine
  let allocator: PageAllocator
  let environment: WorkloadEnvironment
  private(set) lazy var native = NativeMachine(machine)
  let judges: RunJudges
  /// The workers of each CPU.
  private(set) var loops: [WorkerLoop] = []
  private(set) var handlerStates: [HandlerState] = []
  private(set) var replay: TraceReplay?
  private(set) var traceStatistics: TraceStatistics?

  /// True once somebody found something.
  var hasFinding: Bool { machine.hasFinding || !judges.findings.isEmpty }

  /// All names that a run's reports can show.
  static var catalog: Catalog {
    var catalog = Catalog()
    catalog.addPageAllocator()
    catalog.addWorkloads()
    catalog.addChecker()
    return catalog
  }

  init(_ plan: RunPlan) {
    self.plan = plan
    machine = Machine(
      cpuCount: plan.cpuCount, arenaByteCount: plan.arenaByteCount, catalog: Self.catalog)
    machine.reset(seed: SplitMix64.split(plan.seed, 0))
    allocator = PageAllocator(plan.allocator, on: machine)
    allocator.switchOn(plan.bugs)
    environment = WorkloadEnvironment(
      machine: machine, allocator: allocator, workerCPUs: plan.workerCPUs,
      privateBytes: plan.privateByteCount, pageCacheSlots: plan.pageCacheSlots,
      receivePages: plan.receivePages)
    judges = RunJudges(plan, machine, allocator)
    if let trace = plan.trace { addReplay(trace) }
    addWorkers()
    addHandlers()
    machine.setStatistics(plan.statistics)
  }

  private func addWorkers() {
    var workers = [[Worker]](repeating: [], count: plan.cpuCount)
    var number = 0
    for (index, entry) in plan.workloads.enumerated() {
      for cpu in entry.cpus {
        let workload = entry.kind.make(environment, entry.values, cpu, number)
        workers[cpu].append(Worker(workload: workload, index: index, weight: entry.weight))
        number += 1
      }
    }
    loops = workers.map(WorkerLoop.init)
  }

  private func addHandlers() {
    if plan.interrupts.delivery == .off { return }
    machine.setSignals(perSecond: plan.interrupts.signalsPerSecond ?? 0)
    for source in InterruptSource.allCases {
      let between = plan.interrupts[source]
      machine.setPointsBetween(source, between)
      if between == 0 { continue }
      switch source {
      case .nic:
        handlerStates += installNetworkHandlers(
          environment, budget: min(plan.receivePages, NetworkReceive.budgetMax))
      case .block: handlerStates += installBlockHandlers(environment)
      case .timer: handlerStates += installTimerHandlers(environment)
      case .interProcessor: handlerStates += installInterProcessorHandler(environment)
      case .nmi: handlerStates += installNMIHandler(environment)
      }
    }
  }

  private func addReplay(_ trace: TracePlan) {
    let replay = TraceReplay(
      trace.resolved, on: allocator,
      decayPhase: trace.options.decays ? trace.options.decayPhase.map { UInt64($0) } : nil)
    let statistics = TraceStatistics(allocator, replay, cpuCount: plan.cpuCount)
    allocator.subscribe(statistics)
    self.replay = replay
    traceStatistics = statistics
  }
}
