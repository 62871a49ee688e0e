// The disk's interrupt and the softirq that it raises.
//
// Models  nvme_irq(), blk_mq_complete_request(), blk_done_softirq(), block/blk-mq.c, 7.0.
// Rule    The hardirq ends one write itself at most; the rest is left to the softirq.

import Machine
import PageAllocator

/// Writes have ended: one in four interrupts completes one at once, all raise the softirq.
public final class BlockInterrupt: InterruptHandler {
  private let environment: WorkloadEnvironment

  /// Completes writes of the environment's page cache, if there is one.
  public init(_ environment: WorkloadEnvironment) { self.environment = environment }

  override public func handle(_ cpu: CPU) {
    let cpu = cpu.at(.blockInterrupt)
    cpu.raiseSoftirq(.block)
    guard let cache = environment.pageCache, cpu.draw(.workload, below: 4) == 0 else { return }
    let done = cache.completions.complete(cpu, environment.allocator, of: cpu.id, most: 1)
    cpu.count(.hardirqFrees, done)
  }
}

/// Drops the references of the writes that ended for this CPU.
public final class BlockDone: InterruptHandler {
  private let environment: WorkloadEnvironment
  private static var completionsMax: Int { 32 }

  /// Completes writes of the environment's page cache, if there is one.
  public init(_ environment: WorkloadEnvironment) { self.environment = environment }

  override public func handle(_ cpu: CPU) {
    guard let cache = environment.pageCache else { return }
    let most = 1 + cpu.draw(.workload, below: Self.completionsMax)
    let done = cache.completions.complete(cpu, environment.allocator, of: cpu.id, most: most)
    cpu.count(.softirqFrees, done)
  }
}

/// The references of writes that ended.
final class BlockHandlerState: HandlerState {
  private let environment: WorkloadEnvironment

  init(_ environment: WorkloadEnvironment) { self.environment = environment }

  override func finish(_ cpu: CPU) {
    environment.pageCache?.completions
      .complete(cpu, environment.allocator, of: cpu.id, most: BlockCompletions.capacity)
  }
}

/// Installs the disk's interrupt and the block softirq.
///
/// - Returns: what the handlers hold, to be given back at the end of each run.
public func installBlockHandlers(_ environment: WorkloadEnvironment) -> [HandlerState] {
  environment.machine.setHandler(BlockInterrupt(environment), for: InterruptSource.block)
  environment.machine.setHandler(BlockDone(environment), for: SoftirqVector.block)
  environment.pageCache?.completions.setServed()
  return [BlockHandlerState(environment)]
}
