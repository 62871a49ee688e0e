// A small machine with one workload: what the tests of processes and kernel users run on.

import Machine
import PageAllocator
import Testing

@testable import Workloads

/// One machine, its allocator and environment.
struct KernelWorkloadMachine {
  let machine: Machine
  let allocator: PageAllocator
  let environment: WorkloadEnvironment

  /// A machine with one zone of `pages` pages.
  init(
    pages: Int, cpus: Int = 2, pageblockOrder: Int = 9, seed: UInt64 = 1, kind: ZoneKind = .normal
  ) {
    var catalog = Catalog()
    catalog.addPageAllocator()
    catalog.addWorkloads()
    var tunables = AllocatorTunables()
    tunables.pageblockOrder = Order(pageblockOrder)
    let layout = ZoneLayout(
      node: 0, kind: kind, start: PageFrameNumber(0), spannedPages: pages, managedPages: pages)
    let plan = AllocatorPlan(
      zones: [layout], nodeCount: 1, nodeOfCPU: [Int](repeating: 0, count: cpus),
      tunables: tunables)
    machine = Machine(
      cpuCount: cpus,
      arenaByteCount: plan.arenaByteCount + Mailboxes.arenaByteCount(cpus: cpus) + 1 << 20,
      catalog: catalog)
    allocator = PageAllocator(plan, on: machine)
    environment = WorkloadEnvironment(
      machine: machine, allocator: allocator, workerCPUs: cpus, privateBytes: 4 << 20,
      pageCacheSlots: 0)
    machine.reset(seed: seed)
  }

  /// A worker of `kind` with some values set and the others standard.
  func worker(_ kind: String, cpu: Int = 0, _ set: [String: Int] = [:]) throws -> Workload {
    let kind = try #require(WorkloadKind.named(kind))
    let values = WorkloadValues(kind.parameters.map { ($0.name, set[$0.name] ?? $0.standard) })
    return kind.make(environment, values, cpu, cpu)
  }

  /// Runs a worker's operations `range` on its CPU, alone.
  @discardableResult
  func run(_ worker: Workload, _ range: Range<UInt64>, seed: UInt64 = 7) -> Bool {
    machine.runAlone(worker.cpuID) { cpu in
      if range.lowerBound == 0 { worker.begin(cpu) }
      for index in range {
        cpu.beginOperation(index, seed: seed)
        worker.operate(cpu)
      }
    }
  }

  /// Lets a worker give back, then empties mailboxes and lists; the free pages.
  func freeAfterFinish(_ workers: [Workload]) -> Int {
    for worker in workers { machine.runAlone(worker.cpuID) { worker.finish($0) } }
    for id in 0..<machine.cpuCount {
      machine.runAlone(id) {
        environment.mailboxes.freeReceived($0, allocator, most: 100_000)
      }
    }
    machine.runAlone(0) { allocator.drainAll($0) }
    return free
  }

  /// Pages on the buddy lists.
  var free: Int { allocator.counters(allocator.zone(0)).free }
  /// True if no rule broke.
  var isClean: Bool { machine.findings().findings.isEmpty }

  func total(_ counter: WorkloadCounter) -> UInt64 { machine.total(counter.id) }
  func total(_ counter: AllocatorCounter) -> UInt64 { machine.total(counter.id) }
}
