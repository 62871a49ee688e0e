// The network card's interrupt and the softirq that it raises.
//
// Models  A driver's interrupt handler (napi_schedule_irqoff()), net_rx_action(), net/core/dev.c,
//         7.0.
// Rule    The hardirq only raises the softirq; pages are touched there.

import Machine
import PageAllocator

/// The card has packets: leaves them to the softirq.
public final class NICInterrupt: InterruptHandler {
  override public func handle(_ cpu: CPU) { cpu.at(.nicInterrupt).raiseSoftirq(.network) }
}

/// Polls the receive queue of the CPU.
public final class NetworkReceive: InterruptHandler {
  /// The budget of a poll unless it is scaled down.
  public static var budgetMax: Int { 16 }

  private let environment: WorkloadEnvironment
  private let budget: Int

  /// A poll of up to `budget` packets, 1 ... 300.
  public init(_ environment: WorkloadEnvironment, budget: Int) {
    precondition(budget >= 1 && budget <= 300, "a poll has a budget of 1 to 300 packets")
    self.environment = environment
    self.budget = budget
  }

  override public func handle(_ cpu: CPU) {
    let packets = 1 + cpu.draw(.workload, below: budget)
    let freed = cpu.draw(.workload, below: budget + 1)
    _ = environment.receiveQueues.poll(cpu, environment, packets: packets, freed: freed)
  }
}

/// The pages of all receive queues.
final class NetworkHandlerState: HandlerState {
  private let environment: WorkloadEnvironment

  init(_ environment: WorkloadEnvironment) { self.environment = environment }

  override func begin(_ cpu: CPU) { environment.receiveQueues.reopen(cpu) }

  override func finish(_ cpu: CPU) {
    environment.receiveQueues.close(cpu, environment.allocator)
  }
}

/// Installs the card's interrupt and the network softirq.
///
/// - Parameter budget: packets of one poll at most, 1 ... 300.
/// - Returns: what the handlers hold, to be given back at the end of each run.
public func installNetworkHandlers(
  _ environment: WorkloadEnvironment, budget: Int = NetworkReceive.budgetMax
) -> [HandlerState] {
  environment.machine.setHandler(NICInterrupt(), for: InterruptSource.nic)
  environment.machine.setHandler(
    NetworkReceive(environment, budget: budget), for: SoftirqVector.network)
  return [NetworkHandlerState(environment)]
}
