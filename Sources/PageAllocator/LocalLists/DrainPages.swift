// Emptying per-CPU lists: one's own, another CPU's, those of all CPUs.
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
    drainLists(of: cpu.id, cpu)
  }

  /// Empties the lists of CPU `target` in all zones, from this CPU; waits for their locks.
  ///
  /// Only from a task: an interrupt must not wait for a pcp lock.  Where another CPU's lists are
  /// out of reach, under `irqDisable`, that CPU empties them at its next use of them.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func drainRemote(_ cpu: CPU, target: Int) {
    cpu.count(.pathDrainRemote)
    drainLists(of: target, cpu)
  }

  /// Empties the lists of all CPUs in all zones.  Only from a task.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func drainAll(_ cpu: CPU) {
    drainLists(of: nil, cpu)
  }

  /// Empties the lists of all CPUs in all zones while this CPU runs alone, under any protection.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func drainAlone(_ cpu: CPU) {
    cpu.count(.pathDrainAll)
    let cpu = cpu.at(.drainAllPages)
    for target in 0..<cpu.cpuCount { performRare(Drain(target: target, isAtRest: true), cpu) }
  }

  @inline(always) private func drainLists(of target: Int?, _ cpu: CPU) {
    performRare(Drain(target: target, isAtRest: false), cpu)
  }

  /// Empties the lists of one CPU in all zones; of all CPUs if `target` is nil.
  func drainLists<P: ListProtection>(of target: Int?, _ cpu: CPU, _: P.Type) {
    if let target { return drain(cpu, target: target, isAtRest: false, P.self) }
    let cpu = cpu.at(.drainAllPages)
    cpu.count(.pathDrainAll)
    for target in 0..<cpu.cpuCount { drain(cpu, target: target, isAtRest: false, P.self) }
  }

  fileprivate func drain<P: ListProtection>(
    _ cpu: CPU, target: Int, isAtRest: Bool, _: P.Type
  ) {
    let mayTake = P.reachesOtherCPUs || target == cpu.id || isAtRest
    for index in 0..<zoneCount {
      let pcp = perCPUPages(cpu: target, zone: index)
      if mayTake {
        drainZone(cpu, zone(index), pcp, P.self)
      } else {
        ask(cpu.at(.drainPagesZone), pcp, for: ListWork.drain)
      }
    }
  }

  /// A bounded chunk for each hold of the lists, until there is nothing left.
  private func drainZone<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _: P.Type
  ) {
    let cpu = cpu.at(.drainPagesZone)
    // Others keep freeing to their lists; once round for all that a zone can have is enough.
    var pagesLeft = zone.managedPages
    if has(.drainWithoutLock) { pcp.freeCount.write(cpu, 0) }
    if has(.zoneLockBeforePCPLock) && countUnderZoneLock(cpu, zone, pcp) <= 0 { return }
    while pagesLeft > 0 {
      let held = hold(cpu, zone, pcp, P.self)
      let count = pcp.count.read(cpu)
      let batch = max(pcp.batch.read(cpu), 1)
      let whole = has(.drainLeavesRest) ? count / batch * batch : count
      let chunk = min(batch &<< tunables.batchScaleMax, whole)
      if chunk > 0 { moveToBuddy(cpu, chunk, from: 0, of: held) }
      let left = pcp.count.read(cpu)
      release(cpu, held)
      if chunk <= 0 || left <= 0 { return }
      pagesLeft -= chunk
    }
  }

  /// The seeded bug `zone-lock-before-pcp-lock`.
  private func countUnderZoneLock(_ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages) -> Int {
    let area = zone.firstArea.lock(cpu)
    pcp.lock.lock(cpu)
    let count = pcp.count.read(cpu)
    pcp.lock.unlock(cpu)
    area.unlock(cpu)
    return count
  }
}

/// Lists on their way to empty.
private struct Drain: ListOperation {
  /// The CPU whose lists they are; nil for those of all CPUs.
  let target: Int?
  /// True if no other CPU runs.
  let isAtRest: Bool

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) {
    if let target { return allocator.drain(cpu, target: target, isAtRest: isAtRest, P.self) }
    allocator.drainLists(of: nil, cpu, P.self)
  }
}
