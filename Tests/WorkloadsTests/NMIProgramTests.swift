// NMIs allocate and free wherever their CPU is, lose nothing, and wait for nobody.

import Checker
import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("The program in NMIs")
struct NMIProgramTests {
  /// Workers of both CPUs.
  private struct Workers: @unchecked Sendable {
    let all: [[Workload]]
  }

  private func workers(_ test: CallerTestMachine) throws -> Workers {
    let names = ["pagePool", "btrfs", "slab"]
    let small = ["packetsMax": 8, "pages": 24, "arrays": 4, "slabs": 16]
    return Workers(
      all: try (0..<2).map { cpu in
        try names.map { try test.worker($0, cpu: cpu, small) }
      })
  }

  private func begin(_ test: CallerTestMachine, _ states: [HandlerState]) {
    for id in 0..<2 {
      test.machine.runAlone(id) { cpu in for state in states { state.begin(cpu) } }
    }
  }

  @Test("natively, beside callers on two CPUs, all that it took and parked comes back")
  func native() throws {
    let test = CallerTestMachine(pages: 2048, cpus: 2)
    let states = installNMIHandler(test.environment)
    test.machine.setPointsBetween(.nmi, 200)
    begin(test, states)
    let workers = try workers(test)
    _ = NativeMachine(test.machine).run(limits: NativeLimits()) { cpu in
      for worker in workers.all[cpu.id] {
        CallerTestMachine.run(worker, cpu, operations: 300)
      }
    }
    #expect(test.total(.nmiAllocations) > 0 && test.total(.nmiFrees) > 0)
    #expect(test.finish(states), "\(test.brokenRules)")
    #expect(test.isAllFree && test.brokenRules.isEmpty)
  }

  /// One schedule with its judge; the blocks that were parked in it.
  private func park(seed: UInt64) throws -> UInt64 {
    let test = CallerTestMachine(pages: 512, cpus: 2)
    let ledger = OwnershipLedger(frameCount: 512, tracksTouched: true)
    defer { withExtendedLifetime(ledger) {} }
    test.allocator.subscribe(ledger)
    let states = installNMIHandler(test.environment)
    let workers = try workers(test)
    var options = SimulationOptions()
    options.granularity = seed % 2 == 0 ? .all : .sync
    options.pointsMax = 500_000
    options.interruptBudget = [.nmi: 60]
    let simulated = try SimulatedMachine(test.machine, options: options)
    simulated.captureStart()
    begin(test, states)
    let outcome = simulated.run(seed: seed, strategy: UniformTestStrategy()) { cpu in
      for worker in workers.all[cpu.id] { CallerTestMachine.run(worker, cpu, operations: 3) }
    }
    #expect(outcome.end == .complete, "\(test.brokenRules)")
    #expect(test.finish(states), "\(test.brokenRules)")
    #expect(test.isAllFree)
    let parked = test.machine.total(AllocatorCounter.pathPark.id)
    #expect(test.machine.total(AllocatorCounter.pathUnpark.id) == parked)
    return parked
  }

  @Test("in schedules it meets holders of both locks, and no rule breaks")
  func simulated() throws {
    var parked: UInt64 = 0
    for seed in 0..<40 as Range<UInt64> { parked += try park(seed: seed) }
    #expect(parked > 0)
  }

  @Test("with a full stash it frees instead of taking more")
  func bounded() {
    let test = CallerTestMachine(pages: 1024)
    let stash = HandlerStash(test.environment, capacity: 8, owner: 2)
    let handler = NMIProgram(test.allocator, stash)
    var most = 0
    let ended = test.machine.runAlone(0) { cpu in
      for _ in 0..<500 {
        cpu.run(in: .nmi) { handler.handle($0) }
        most = max(most, stash.count(cpu))
      }
      NMIState(test.allocator, stash).finish(cpu)
    }
    #expect(ended && most == 8)
    #expect(test.total(.nmiFrees) > 0 && test.finish() && test.isAllFree)
  }
}
