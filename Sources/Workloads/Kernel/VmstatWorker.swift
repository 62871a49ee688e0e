// The kernel thread that keeps per-CPU lists from staying long: it visits one CPU after another.
//
// Models  vmstat_update(), refresh_cpu_vm_stats(), mm/vmstat.c; the drain of all lists in
//         offline_pages(), mm/memory_hotplug.c, 7.3.
// Omits   The counters, which are exact here.
// Rule    A thread of its own, so it may wait for the pcp locks of other CPUs.

import Machine
import PageAllocator

/// The `vmstatWorker` workload.
final class VmstatWorker: Workload {
  private let allocatorInUse: PageAllocator
  private let drainPercent: Int
  private let drainAllPerMille: Int
  private let waitRounds: Int
  private var nextCPU = 0

  init(_ environment: WorkloadEnvironment, _ values: WorkloadValues, cpuID: Int, index: Int) {
    allocatorInUse = environment.allocator
    drainPercent = values["drainPercent"]
    drainAllPerMille = values["drainAllPerMille"]
    waitRounds = values["waitRounds"]
    super.init(environment, cpuID: cpuID, index: index)
  }

  override func begin(_ cpu: CPU) { nextCPU = 0 }

  override func operate(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 8)
    let cpu = cpu.at(.vmstatWorker)
    let drainsAll = cpu.draw(.workload, below: 1000) < drainAllPerMille
    let drainsOne = cpu.draw(.workload, below: 100) < drainPercent
    let target = cpu.draw(.workload, below: cpu.cpuCount)
    cpu.noteRequest(UInt64(target << 2 | (drainsAll ? 2 : 0) | (drainsOne ? 1 : 0)))
    allocatorInUse.decay(cpu, target: nextCPU)
    nextCPU = nextCPU + 1 < cpu.cpuCount ? nextCPU + 1 : 0
    if drainsOne { allocatorInUse.drainRemote(cpu, target: target) }
    if drainsAll { allocatorInUse.drainAll(cpu) }
    rest(cpu)
  }

  override func finish(_ cpu: CPU) {
    environment.mailboxes.freeReceived(cpu, allocatorInUse, most: 1024)
  }

  /// What is left of the second between two visits.
  private func rest(_ cpu: CPU) {
    var left = waitRounds
    while left > 0 && !cpu.shouldStop {
      cpu.relax()
      left -= 1
    }
  }
}
