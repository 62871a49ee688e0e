import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("network and filesystem callers together")
struct CallerInterleavingTests {
  private static let kinds = ["pagePool", "sunrpc", "btrfs", "pageCache"]
  private static let small = [
    "packetsMax": 8, "pages": 24, "arrays": 4, "references": 4, "orderMax": 3,
  ]

  @Test("what is asked for depends on the seed alone", arguments: kinds)
  func requestsAreDeterministic(_ name: String) throws {
    let hashes = try [4096, 4096, 512].map { pages in
      let test = CallerTestMachine(pages: pages, cacheSlots: 512)
      let worker = try test.worker(name)
      #expect(
        test.machine.runAlone(0) { CallerTestMachine.run(worker, $0, operations: 100) },
        "\(test.brokenRules)")
      return test.machine.requestHash(cpu: 0)
    }
    #expect(hashes[0] != 0)
    #expect(hashes[0] == hashes[1])
    #expect(hashes[0] == hashes[2])
  }

  @Test("interleaved with each other and with interrupts they lose nothing", arguments: 0..<12)
  func simulated(_ seed: Int) throws {
    let test = CallerTestMachine(pages: 1024, cpus: 2, cacheSlots: 64)
    let states =
      installNetworkHandlers(test.environment, budget: 4) + installBlockHandlers(test.environment)
    let workers = try Self.kinds.map { name in
      try (0..<2).map { try test.worker(name, cpu: $0, Self.small) }
    }
    var options = SimulationOptions()
    options.granularity = seed % 2 == 0 ? .all : .sync
    options.pointsMax = 2_000_000
    options.interruptBudget = [.nic: 40, .block: 40]
    let simulated = try SimulatedMachine(test.machine, options: options)
    simulated.captureStart()
    let outcome = simulated.run(seed: UInt64(seed), strategy: UniformTestStrategy()) { cpu in
      Self.runAll(workers.map { $0[cpu.id] }, states, cpu, operations: 6)
    }
    #expect(outcome.end == .complete, "\(test.brokenRules)")
    #expect(test.finish(states), "\(test.brokenRules)")
    #expect(test.isAllFree)
  }

  @Test("a lookup that meets an eviction is lost, and keeps no reference")
  func lookupsMeetEvictions() throws {
    var lost = 0
    for seed in 0..<10 as Range<UInt64> {
      let test = CallerTestMachine(pages: 1024, cpus: 2, cacheSlots: 2)
      let workers = try (0..<2).map { try test.worker("pageCache", cpu: $0, ["orderMax": 1]) }
      var options = SimulationOptions()
      options.pointsMax = 1_000_000
      let simulated = try SimulatedMachine(test.machine, options: options)
      simulated.captureStart()
      let outcome = simulated.run(seed: seed, strategy: UniformTestStrategy()) { cpu in
        CallerTestMachine.run(workers[cpu.id], cpu, operations: 60)
      }
      #expect(outcome.end == .complete, "\(test.brokenRules)")
      lost += test.total(.cacheSpeculativeMiss)
      #expect(test.finish(), "\(test.brokenRules)")
      #expect(test.isAllFree)
    }
    #expect(lost > 0)
  }

  @Test("a schedule that was cut short leaves nothing to the next")
  func cutSchedules() throws {
    let test = CallerTestMachine(pages: 1024, cpus: 2, cacheSlots: 64)
    let states =
      installNetworkHandlers(test.environment, budget: 4) + installBlockHandlers(test.environment)
    let workers = try Self.kinds.map { name in
      try (0..<2).map { try test.worker(name, cpu: $0, Self.small) }
    }
    var options = SimulationOptions()
    options.pointsMax = 3000
    options.interruptBudget = [.nic: 40, .block: 40]
    let simulated = try SimulatedMachine(test.machine, options: options)
    simulated.captureStart()
    var hashes: [UInt64] = []
    for seed in [1, 2, 3, 1] as [UInt64] {
      let outcome = simulated.run(seed: seed, strategy: UniformTestStrategy()) { cpu in
        Self.runAll(workers.map { $0[cpu.id] }, states, cpu, operations: 100)
      }
      #expect(outcome.end == .cut, "\(test.brokenRules)")
      hashes.append(outcome.traceHash)
    }
    #expect(hashes[0] == hashes[3])
  }

  @Test("on threads with interrupts at points they lose nothing")
  func native() throws {
    let test = CallerTestMachine(pages: 8192, cpus: 4, cacheSlots: 512)
    let states =
      installNetworkHandlers(test.environment) + installBlockHandlers(test.environment)
    let workers = try Self.kinds.map { name in
      try (0..<4).map { try test.worker(name, cpu: $0) }
    }
    test.machine.setPointsBetween(.nic, 500)
    test.machine.setPointsBetween(.block, 500)
    let run = NativeWorkers(workers: workers, states: states)
    let native = NativeMachine(test.machine)
    let outcome = native.run(limits: NativeLimits(), body: { run.run($0, operations: 300) })
    #expect(outcome.stuck == [])
    #expect(test.brokenRules == [])
    #expect(test.finish(states), "\(test.brokenRules)")
    #expect(test.isAllFree)
    #expect(test.total(.softirqPackets) > 0)
    #expect(test.total(.softirqFrees) > 0)
  }

  static func runAll(
    _ workers: [Workload], _ states: [HandlerState], _ cpu: CPU, operations: Int
  ) {
    for state in states { state.begin(cpu) }
    for worker in workers { worker.begin(cpu) }
    for index in 0..<operations {
      cpu.beginOperation(UInt64(index), seed: UInt64(cpu.id))
      workers[index % workers.count].operate(cpu)
    }
    for worker in workers { worker.finish(cpu) }
    for state in states { state.finish(cpu) }
  }
}

/// The workers of a native run, each used by its own CPU alone.
private struct NativeWorkers: @unchecked Sendable {
  let workers: [[Workload]]
  let states: [HandlerState]

  func run(_ cpu: CPU, operations: Int) {
    CallerInterleavingTests.runAll(
      workers.map { $0[cpu.id] }, states, cpu, operations: operations)
  }
}
