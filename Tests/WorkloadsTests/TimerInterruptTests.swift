// Handlers allocate and free in hardirq and softirq, and what they keep comes back at the end.

import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("Timer and inter-processor interrupts")
struct TimerInterruptTests {
  /// Runs slabs on two CPUs with interrupts at points; the states of the handlers.
  private func run(_ small: KernelWorkloadMachine, operations: UInt64) throws -> [HandlerState] {
    let states =
      installTimerHandlers(small.environment) + installInterProcessorHandler(small.environment)
    small.machine.setPointsBetween(.timer, 1500)
    small.machine.setPointsBetween(.interProcessor, 2500)
    let workers = try (0..<2).map { try small.worker("slab", cpu: $0, ["slabs": 64]) }
    for id in 0..<2 {
      small.machine.runAlone(id) { cpu in for state in states { state.begin(cpu) } }
    }
    runNatively(small, Unchecked(workers), operations)
    for id in 0..<2 { small.machine.runAlone(id) { workers[id].finish($0) } }
    return states
  }

  private func runNatively(
    _ small: KernelWorkloadMachine, _ workers: Unchecked<[Workload]>, _ operations: UInt64
  ) {
    _ = NativeMachine(small.machine).run(limits: NativeLimits()) { cpu in
      let worker = workers.value[cpu.id]
      worker.begin(cpu)
      for index in 0..<operations {
        cpu.beginOperation(index, seed: UInt64(cpu.id))
        worker.operate(cpu)
      }
    }
  }

  private func finish(_ small: KernelWorkloadMachine, _ states: [HandlerState]) {
    for id in 0..<2 {
      small.machine.runAlone(id) { cpu in for state in states { state.finish(cpu) } }
    }
  }

  private struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  @Test("handlers free in both contexts, and their state gives back what is left")
  func givesBack() throws {
    let small = KernelWorkloadMachine(pages: 16_384)
    let states = try run(small, operations: 3000)
    #expect(small.isClean)
    #expect(small.machine.interrupts(.timer).delivered > 0)
    #expect(small.machine.interrupts(.interProcessor).delivered > 0)
    #expect(small.total(.softirqFrees) > 0)
    #expect(small.total(.hardirqFrees) > 0)
    finish(small, states)
    #expect(small.freeAfterFinish([]) == 16_384)
    #expect(small.isClean)
  }

  @Test("handlers on a machine with almost no memory do without")
  func almostNoMemory() throws {
    let small = KernelWorkloadMachine(pages: 40, pageblockOrder: 3)
    let states = try run(small, operations: 1000)
    #expect(small.isClean)
    finish(small, states)
    #expect(small.freeAfterFinish([]) == 40)
    #expect(small.isClean)
  }

  @Test("a handler called with a full stash frees instead of taking more")
  func bounded() throws {
    let small = KernelWorkloadMachine(pages: 1024, cpus: 1)
    let stash = HandlerStash(small.environment, capacity: 8, owner: 1)
    let handler = InterProcessorInterrupt(small.allocator, stash)
    let callbacks = HandlerStash(small.environment, capacity: 16, owner: 0)
    let softirq = RCUCallbacks(small.allocator, callbacks)
    #expect(
      small.machine.runAlone(0) { cpu in
        for _ in 0..<500 {
          handler.handle(cpu)
          softirq.handle(cpu)
        }
        StashState(stash).finish(cpu)
        StashState(callbacks).finish(cpu)
      })
    #expect(small.freeAfterFinish([]) == 1024)
    #expect(small.isClean)
  }

  @Test("a run that was left in the middle is forgotten when the next begins")
  func forgets() throws {
    let small = KernelWorkloadMachine(pages: 1024, cpus: 1)
    let stash = HandlerStash(small.environment, capacity: 8, owner: 1)
    let state = StashState(stash)
    small.machine.runAlone(0) { cpu in
      if let frame = small.allocator.allocatePages(cpu, order: .zero, .atomic) {
        stash.keep(cpu, frame, .zero)
      }
      #expect(stash.count(cpu) == 1)
      state.begin(cpu)
      #expect(stash.count(cpu) == 0)
      #expect(!stash.freeOldest(cpu))
    }
  }
}
