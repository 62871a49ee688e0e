// Lets the auto-tuned length of per-CPU lists fall while their CPU does not need it.
//
// Models  decay_pcp_high(), mm/page_alloc.c, 7.3; called by the vmstat worker about once a second.
// Rule    From the CPU's own worker or from outside; waits for the pcp lock, a batch for each hold.

import Machine

extension PageAllocator {
  /// Decays the lists of CPU `target` in all zones; the pages that were given back, 0 where that
  /// CPU is to do it at its next use of them.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  @discardableResult
  public func decay(_ cpu: CPU, target: Int) -> Int {
    performRare(Decay(target: target), cpu)
  }

  fileprivate func decay<P: ListProtection>(
    _ cpu: CPU, _ zone: Zone, _ pcp: PerCPUPages, _: P.Type
  ) -> Int {
    let batch = pcp.batch.read(cpu)
    let highMin = pcp.highMin.read(cpu)
    let looking = hold(cpu, zone, pcp, P.self)
    var left = lower(cpu, looking, batch: batch, highMin: highMin)
    release(cpu, looking)
    let given = max(left, 0)
    while left > 0 {
      let held = hold(cpu, zone, pcp, P.self)
      moveToBuddy(cpu, min(left, batch), from: 0, of: held)
      release(cpu, held)
      left -= batch
    }
    return given
  }

  /// Lets the tuned length fall; the pages to give back, none if not above 0.
  func lower<P: ListProtection>(
    _ cpu: CPU, _ held: borrowing HeldLists<P>, batch: Int, highMin: Int
  ) -> Int {
    let pcp = held.pcp
    let high = pcp.high.read(cpu)
    let count = pcp.count.read(cpu)
    let lowered = max(
      max(count - (batch &<< tunables.batchScaleMax), high - high &>> 3), highMin)
    if high > highMin { pcp.high.write(cpu, lowered) }
    return count - (high > highMin ? lowered : high)
  }
}

/// The lists of CPU `target` in all zones; the result is the pages that were given back.
private struct Decay: ListOperation {
  let target: Int

  @inline(always) func run<P: ListProtection>(
    _ cpu: CPU, _ allocator: PageAllocator, _: P.Type
  ) -> Int {
    let cpu = cpu.at(.decayPcpHigh)
    cpu.count(.pathDecay)
    var given = 0
    for index in 0..<allocator.zoneCount {
      let pcp = allocator.perCPUPages(cpu: target, zone: index)
      if P.reachesOtherCPUs || target == cpu.id {
        given += allocator.decay(cpu, allocator.zone(index), pcp, P.self)
      } else {
        allocator.ask(cpu, pcp, for: ListWork.decay)
      }
    }
    return given
  }
}
