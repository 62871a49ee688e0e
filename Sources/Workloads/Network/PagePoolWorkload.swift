// A task that polls its CPU's receive queue itself, and reads what others received.
//
// Models  napi_busy_loop(), net/core/dev.c; skb_page_frag and page_pool returns of a reader,
//         napi_pp_put_page(), net/core/skbuff.c, 7.0.
// Rule    The poll runs with softirqs held off: it shares the queue with the softirq of its CPU.

import Machine
import PageAllocator

/// Polls, and gives the pages that it was sent back to the pools they came from.
final class PagePoolWorkload: Workload {
  private let budget: Int

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpu: Int, index: Int) {
    budget = values["packetsMax"]
    super.init(environment, cpuID: cpu, index: index)
  }

  override var pagesHeldMax: Int {
    PagePool.cacheSize + PagePoolRing.capacity + ReceiveQueues.socketCapacity
  }

  override func begin(_ cpu: CPU) { environment.receiveQueues.reopen(cpu) }

  override func operate(_ cpu: CPU) {
    let packets = 1 + cpu.draw(.workload, below: budget)
    let freed = cpu.draw(.workload, below: budget + 1)
    let returnedOfEight = cpu.draw(.workload, below: 9)
    cpu.noteRequest(UInt64(packets) << 32 | UInt64(freed) << 8 | UInt64(returnedOfEight))
    readReceived(cpu, returnedOfEight: returnedOfEight)
    cpu.disableSoftirqs()
    _ = environment.receiveQueues.poll(cpu, environment, packets: packets, freed: freed)
    cpu.enableSoftirqs()
  }

  /// Consumes what was sent to this CPU: pool pages go back to their pools in so many of 8 cases.
  private func readReceived(_ cpu: CPU, returnedOfEight: Int) {
    var left = 16
    while left > 0, let block = environment.mailboxes.receive(cpu) {
      left -= 1
      if block.stamp != 0 { allocator.verifyStamp(cpu, block.frame, block.order, block.stamp) }
      if left % 8 < returnedOfEight, environment.receiveQueues.giveBack(cpu, allocator, block) {
        continue
      }
      allocator.freePages(cpu, block.frame, order: block.order)
    }
  }

  override func finish(_ cpu: CPU) {
    environment.receiveQueues.close(cpu, allocator)
    environment.mailboxes.freeReceived(cpu, allocator, most: 256)
  }
}
