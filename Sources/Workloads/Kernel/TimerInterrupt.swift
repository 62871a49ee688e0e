// The timer tick, the RCU callbacks that it starts, and the interrupts that CPUs send each other.
//
// Models  tick_handle_periodic(), kernel/time/tick-common.c; rcu_do_batch(), kernel/rcu/tree.c;
//         generic_smp_call_function_interrupt(), kernel/smp.c, 7.3.
// Omits   What they do besides memory: time, grace periods, functions to call.
// Rule    Gfp without sleeping.  The tick itself keeps nothing; the callbacks' queue is touched in
//         softirq alone, the stash of the inter-processor interrupt in hardirq alone.

import Machine
import PageAllocator

/// The hardirq of the timer.
final class TimerInterrupt: InterruptHandler {
  private let allocator: PageAllocator

  init(_ allocator: PageAllocator) {
    self.allocator = allocator
    super.init()
  }

  override func handle(_ cpu: CPU) {
    let cpu = cpu.at(.timerInterrupt)
    cpu.raiseSoftirq(.timer)
    if cpu.draw(.workload, below: 4) != 0 { return }
    guard let frame = allocator.allocatePages(cpu, order: .zero, .atomic) else {
      return cpu.count(.allocationFailed)
    }
    allocator.freePages(cpu, frame, order: .zero)
    cpu.count(.hardirqFrees)
  }
}

/// The softirq after it: frees what was deferred, and defers more.
final class RCUCallbacks: InterruptHandler {
  private let allocator: PageAllocator
  private let queue: HandlerStash

  init(_ allocator: PageAllocator, _ queue: HandlerStash) {
    self.allocator = allocator
    self.queue = queue
    super.init()
  }

  override func handle(_ cpu: CPU) {
    let cpu = cpu.at(.rcuCallbacks)
    let frees = cpu.draw(.workload, below: 4)
    let allocations = cpu.draw(.workload, below: 4)
    let order = Order(cpu.draw(.workload, below: 4) == 0 ? 1 : 0)
    let gfp: GFP = cpu.draw(.workload, below: 2) == 0 ? .atomic : .noWait
    free(cpu, frees)
    for _ in 0..<allocations { deferFree(cpu, order, gfp) }
  }

  private func free(_ cpu: CPU, _ most: Int) {
    for _ in 0..<most {
      if !queue.freeOldest(cpu) { return }
      cpu.count(.softirqFrees)
    }
  }

  private func deferFree(_ cpu: CPU, _ order: Order, _ gfp: GFP) {
    if queue.count(cpu) == queue.capacity { free(cpu, 2) }
    guard let frame = allocator.allocatePages(cpu, order: order, gfp) else {
      cpu.count(.allocationFailed)
      return free(cpu, 1)
    }
    queue.keep(cpu, frame, order)
  }
}

/// The hardirq that another CPU sends: takes a page, or frees one taken before.
final class InterProcessorInterrupt: InterruptHandler {
  private let allocator: PageAllocator
  private let stash: HandlerStash

  init(_ allocator: PageAllocator, _ stash: HandlerStash) {
    self.allocator = allocator
    self.stash = stash
    super.init()
  }

  override func handle(_ cpu: CPU) {
    let cpu = cpu.at(.ipiInterrupt)
    let wantsPage = cpu.draw(.workload, below: 2) == 0
    if !wantsPage || stash.count(cpu) == stash.capacity {
      if stash.freeOldest(cpu) { cpu.count(.hardirqFrees) }
      return
    }
    guard let frame = allocator.allocatePages(cpu, order: .zero, .atomic) else {
      return cpu.count(.allocationFailed)
    }
    stash.keep(cpu, frame, .zero)
  }
}

/// Pages that the callbacks of one CPU keep at most, of order 0 or 1.
private let callbacksKept = 16
/// Pages that the inter-processor interrupts of one CPU keep at most.
private let stashed = 8

/// Bytes that ``installTimerHandlers(_:)`` takes in the workers' own memory.
public func timerHandlerByteCount(cpus: Int) -> Int {
  HandlerStash.privateByteCount(cpus: cpus, capacity: callbacksKept)
}

/// Bytes that ``installInterProcessorHandler(_:)`` takes in the workers' own memory.
public func interProcessorHandlerByteCount(cpus: Int) -> Int {
  HandlerStash.privateByteCount(cpus: cpus, capacity: stashed)
}

/// Makes the timer's interrupt and its softirq use the allocator of `environment`.
///
/// Returns what they keep: at most 32 pages a CPU.
public func installTimerHandlers(_ environment: WorkloadEnvironment) -> [HandlerState] {
  let queue = HandlerStash(environment, capacity: callbacksKept, owner: 0)
  environment.machine.setHandler(TimerInterrupt(environment.allocator), for: InterruptSource.timer)
  environment.machine.setHandler(
    RCUCallbacks(environment.allocator, queue), for: SoftirqVector.timer)
  return [StashState(queue)]
}

/// Makes the interrupts between CPUs use the allocator of `environment`.
///
/// Returns what they keep: at most 8 pages a CPU.
public func installInterProcessorHandler(_ environment: WorkloadEnvironment) -> [HandlerState] {
  let stash = HandlerStash(environment, capacity: stashed, owner: 1)
  environment.machine.setHandler(
    InterProcessorInterrupt(environment.allocator, stash), for: InterruptSource.interProcessor)
  return [StashState(stash)]
}
