// A small machine for tests of callers: one zone, its allocator and an environment.

import Machine
import PageAllocator
import Testing

@testable import Workloads

/// A machine whose memory is all free at the start.
final class CallerTestMachine {
  let machine: Machine
  let allocator: PageAllocator
  let environment: WorkloadEnvironment

  init(pages: Int, cpus: Int = 1, cacheSlots: Int = 0, seed: UInt64 = 1) {
    var catalog = Catalog()
    catalog.addPageAllocator()
    catalog.addWorkloads()
    var tunables = AllocatorTunables()
    tunables.pageblockOrder = Order(5)
    let plan = AllocatorPlan(
      zones: [
        ZoneLayout(
          node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: pages,
          managedPages: pages)
      ],
      nodeCount: 1, nodeOfCPU: [Int](repeating: 0, count: cpus), tunables: tunables)
    let bytes =
      plan.arenaByteCount + Mailboxes.arenaByteCount(cpus: cpus)
      + ReceiveQueues.arenaByteCount(cpus: cpus)
      + SharedPageCache.arenaByteCount(slots: cacheSlots, cpus: cpus) + 1 << 20
    machine = Machine(cpuCount: cpus, arenaByteCount: bytes, catalog: catalog)
    allocator = PageAllocator(plan, on: machine)
    environment = WorkloadEnvironment(
      machine: machine, allocator: allocator, workerCPUs: cpus, privateBytes: 1 << 20,
      pageCacheSlots: cacheSlots)
    machine.reset(seed: seed)
  }

  /// A worker of the kind `name`, its parameters standard but for those given.
  func worker(_ name: String, cpu: Int = 0, _ set: [String: Int] = [:]) throws -> Workload {
    let kind = try #require(WorkloadKind.named(name))
    let values = WorkloadValues(kind.parameters.map { ($0.name, set[$0.name] ?? $0.standard) })
    return kind.make(environment, values, cpu, cpu)
  }

  /// Begins, runs some operations and finishes, on the worker's CPU.
  static func run(_ worker: Workload, _ cpu: CPU, operations: Int) {
    worker.begin(cpu)
    for index in 0..<operations {
      cpu.beginOperation(UInt64(index), seed: 7)
      worker.operate(cpu)
    }
    worker.finish(cpu)
  }

  /// Allocates single pages until only `left` are free; what was taken.
  func takeAll(_ cpu: CPU, but left: Int) -> [PageFrameNumber] {
    var taken: [PageFrameNumber] = []
    while let frame = allocator.allocatePages(cpu, order: .zero, [.memAlloc, .noWarn]) {
      taken.append(frame)
    }
    for _ in 0..<min(left, taken.count) {
      allocator.freePages(cpu, taken.removeLast(), order: .zero)
    }
    return taken
  }

  /// Empties mailboxes, handlers, the cache and the per-CPU lists; true if no rule broke.
  func finish(_ states: [HandlerState] = []) -> Bool {
    let environment = environment
    let allocator = allocator
    var isWell = true
    for id in 0..<machine.cpuCount {
      let ended = machine.runAlone(id) { cpu in
        environment.mailboxes.freeReceived(cpu, allocator, most: 256)
        for state in states { state.finish(cpu) }
      }
      isWell = isWell && ended
    }
    let ended = machine.runAlone(0) { cpu in
      environment.pageCache?.evictAll(cpu, allocator)
      allocator.drainAll(cpu)
    }
    return isWell && ended
  }

  /// Pages on the buddy lists.
  var freePages: Int { allocator.counters(allocator.zone(0)).free }
  /// True if no page is in use.
  var isAllFree: Bool { freePages == allocator.zone(0).managedPages }
  /// Rules broken so far.
  var brokenRules: [String] { machine.findings().findings.map { "\($0)" } }

  func total(_ counter: WorkloadCounter) -> Int { Int(machine.total(counter.id)) }
}

/// Every choice equally likely, interrupts one in eight.
final class UniformTestStrategy: ScheduleStrategy {
  private var stream = RandomStream(seed: 0)

  override func begin(seed: UInt64, _ view: ScheduleView) { stream = RandomStream(seed: seed) }

  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let enabled = view.enabled
    if view.isInterruptible && (enabled.isEmpty || stream.chance(1, in: 8)) {
      for source in InterruptSource.allCases {
        let cpus = view.deliverable(source)
        if !cpus.isEmpty { return ScheduleChoice(source, to: cpus.nth(stream.below(cpus.count))) }
      }
    }
    return ScheduleChoice(cpu: enabled.nth(stream.below(enabled.count)))
  }
}
