// A program that a performance counter runs, in an NMI: takes pages for its data, and gives some
// back.
//
// Models  bpf_overflow_handler(), kernel/events/core.c, and what BPF's memory is taken from,
//         alloc_pages_nolock() and free_pages_nolock(), 7.3.
// Omits   What the program does besides memory.
// Rule    The nolock entries alone: the NMI may have cut into any holder of any lock.  Its stash is
//         touched in NMI alone.

import Machine
import PageAllocator

/// The NMI of a performance counter.
final class NMIProgram: InterruptHandler {
  private let allocator: PageAllocator
  private let stash: HandlerStash

  init(_ allocator: PageAllocator, _ stash: HandlerStash) {
    self.allocator = allocator
    self.stash = stash
    super.init()
  }

  override func handle(_ cpu: CPU) {
    let cpu = cpu.at(.nmiProgram)
    let wantsPages = cpu.draw(.workload, below: 2) == 0
    let order = Order(cpu.draw(.workload, below: 4) == 0 ? 1 : 0)
    if !wantsPages || stash.count(cpu) == stash.capacity {
      guard let block = stash.takeOldest(cpu) else { return }
      allocator.freePagesNoLock(cpu, block.frame, order: block.order)
      return cpu.count(.nmiFrees)
    }
    guard let frame = allocator.allocatePagesNoLock(cpu, order: order) else {
      return cpu.count(.allocationFailed)
    }
    stash.keep(cpu, frame, order)
    cpu.count(.nmiAllocations)
  }
}

/// What NMIs keep; at the end what they parked is freed as well.
final class NMIState: StashState {
  private let allocator: PageAllocator

  init(_ allocator: PageAllocator, _ stash: HandlerStash) {
    self.allocator = allocator
    super.init(stash)
  }

  override func finish(_ cpu: CPU) {
    super.finish(cpu)
    allocator.freeAllParked(cpu)
  }
}

/// Blocks that the NMIs of one CPU keep at most, of order 0 or 1.
private let stashed = 8

/// Bytes that ``installNMIHandler(_:)`` takes in the workers' own memory.
public func nmiHandlerByteCount(cpus: Int) -> Int {
  HandlerStash.privateByteCount(cpus: cpus, capacity: stashed)
}

/// Makes NMIs use the allocator of `environment`.
///
/// Returns what they keep: at most 16 pages a CPU, and what is parked.
public func installNMIHandler(_ environment: WorkloadEnvironment) -> [HandlerState] {
  let stash = HandlerStash(environment, capacity: stashed, owner: 2)
  environment.machine.setHandler(
    NMIProgram(environment.allocator, stash), for: InterruptSource.nmi)
  return [NMIState(environment.allocator, stash)]
}
