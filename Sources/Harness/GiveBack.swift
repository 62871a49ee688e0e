// What is given back once all CPUs came to their end: the same natively and in a schedule.

import Machine
import PageAllocator

extension RunAssembly {
  /// What is left in the CPU's mailboxes and with its interrupt handlers; on each CPU by itself.
  func giveBack(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocator, most: 1 << 20)
    for state in handlerStates { state.finish(cpu) }
  }

  /// What belongs to no CPU; on one of them, after `giveBack` on all.
  func giveBackShared(_ cpu: CPU) {
    replay?.finish(cpu)
    environment.pageCache?.evictAll(cpu, allocator)
  }
}
