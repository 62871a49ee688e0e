// Lets the auto-tuned length of per-CPU lists fall while their CPU does not need it.
//
// Models  decay_pcp_high(), mm/page_alloc.c, 7.3; called by the vmstat worker about once a second.
// Rule    From the CPU's own worker or from outside; waits for the pcp lock, a batch for each hold.

import Machine

extension PageAllocator {
  /// Decays the lists of CPU `target` in all zones; the pages that were given back.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  @discardableResult
  public func decay(_ cpu: CPU, target: Int) -> Int {
    let cpu = cpu.at(.decayPcpHigh)
    cpu.count(.pathDecay)
    var given = 0
    for index in 0..<zoneCount {
      given += decay(cpu, zone(index), perCPUPages(cpu: target, zone: index))
    }
    return given
  }

  private func decay(_ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages) -> Int {
    let batch = pcp.batch.read(cpu)
    let highMin = pcp.highMin.read(cpu)
    let looking = lock(cpu, pcp)
    let high = pcp.high.read(cpu)
    let count = pcp.count.read(cpu)
    let lowered = max(
      max(count - (batch &<< tunables.batchScaleMax), high - high &>> 3), highMin)
    if high > highMin { pcp.high.write(cpu, lowered) }
    unlock(cpu, pcp, looking)
    var left = count - (high > highMin ? lowered : high)
    let given = max(left, 0)
    while left > 0 {
      let held = lock(cpu, pcp)
      moveToBuddy(cpu, zone, pcp, min(left, batch), from: 0)
      unlock(cpu, pcp, held)
      left -= batch
    }
    return given
  }
}
