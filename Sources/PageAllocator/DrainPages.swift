// Emptying per-CPU lists: one's own, another CPU's, everybody's.
//
// Models  drain_pages_zone(), drain_local_pages(), drain_all_pages(), mm/page_alloc.c, 7.3.
// Omits   The mutex that keeps drains of all CPUs apart: they only do each other's work.
// Rule    The count is read under the lock: during a refill pages are in flight, and a peek from
//         outside would miss them.

import Machine

extension PageAllocator {
  /// Empties this CPU's lists in all zones.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func drainLocal(_ cpu: CPU) {
    cpu.count(.pathDrainLocal)
    drain(cpu, cpuID: cpu.id)
  }

  /// Empties the lists of CPU `target` in all zones, from this CPU; waits for their locks.
  ///
  /// Only from a task: an interrupt must not wait for a pcp lock.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func drainRemote(_ cpu: CPU, target: Int) {
    cpu.count(.pathDrainRemote)
    drain(cpu, cpuID: target)
  }

  /// Empties the lists of all CPUs in all zones.  Only from a task.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func drainAll(_ cpu: CPU) {
    let cpu = cpu.at(.drainAllPages)
    cpu.count(.pathDrainAll)
    for id in 0..<cpu.cpuCount { drain(cpu, cpuID: id) }
  }

  private func drain(_ cpu: CPU, cpuID: Int) {
    for index in 0..<zoneCount {
      drainZone(cpu, zone(index), perCPUPages(cpu: cpuID, zone: index))
    }
  }

  /// A bounded chunk for each hold of the lock, until there is nothing left.
  private func drainZone(_ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages) {
    let cpu = cpu.at(.drainPagesZone)
    // Others keep freeing to their lists; once round for all that a zone can have is enough.
    var pagesLeft = zone.managedPages
    if has(.drainWithoutLock) { pcp.freeCount.write(cpu, 0) }
    if has(.zoneLockBeforePCPLock) && countUnderZoneLock(cpu, zone, pcp) <= 0 { return }
    while pagesLeft > 0 {
      let held = lock(cpu, pcp)
      let count = pcp.count.read(cpu)
      let batch = max(pcp.batch.read(cpu), 1)
      let whole = has(.drainLeavesRest) ? count / batch * batch : count
      let chunk = min(batch &<< tunables.batchScaleMax, whole)
      if chunk > 0 { moveToBuddy(cpu, zone, pcp, chunk, from: 0) }
      let left = pcp.count.read(cpu)
      unlock(cpu, pcp, held)
      if chunk <= 0 || left <= 0 { return }
      pagesLeft -= chunk
    }
  }

  /// The seeded bug `zone-lock-before-pcp-lock`.
  private func countUnderZoneLock(_ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages) -> Int {
    zone.lock.lockIRQSave(cpu)
    pcp.lock.lock(cpu)
    let count = pcp.count.read(cpu)
    pcp.lock.unlock(cpu)
    zone.lock.unlockIRQRestore(cpu)
    return count
  }
}
