// How long per-CPU lists may be: what was freed to them stays below their limit.
//
// A free that leaves as many pages as the limit or more gives back at least as much as it brought,
// in the same hold of the lock.  So what frees add up to over all lists never reaches the limit.  A
// refill adds to a list that is empty, whatever the others hold, and a free that waits for no lock
// gives nothing back: as much of each list does not count.
//
// Models  The bounds of nr_pcp_alloc() and nr_pcp_high(), mm/page_alloc.c, 7.3.
// Rule    The limit is the upper bound of the tuned length, or the lower one where that is larger:
//         lists shorter than that are left alone.

import Machine
import PageAllocator

/// How long the lists of one CPU in one zone may be.
struct ListBound {
  /// What frees add up to is less, in pages; 1 or more.
  let limit: Int
  private let batch: Int
  /// Blocks that the CPU put on lists while it must not wait, wherever they are.
  private let noLockFrees: Int

  init(_ scan: ZoneScan, _ zone: Zone, cpu: Int) {
    let state = scan.allocator.perCPUState(cpu: cpu, zone: zone.index)
    limit = max(state.highMin, state.highMax, 1)
    batch = state.batch
    noLockFrees = scan.noLockFreesSinceStart(cpu: cpu)
  }

  /// Of a list of blocks, the pages that frees put there for certain.
  func pagesFreed(_ blocks: Int, _ order: Order) -> Int {
    let refill = batch > 1 ? max(batch >> order.index, 2) : 1
    // Of what a refill brings, the request takes one.
    return max(blocks - (refill - 1) - noLockFrees, 0) * order.pages
  }
}

extension ZoneScan {
  /// Compares the pages that were freed to the lists of a CPU in a zone with their limit.
  func checkLength(_ zone: Zone, cpu: Int, freed: Int, _ bound: ListBound) {
    let place = pagesFreed.count
    pagesFreed.append(freed)
    // A recorded machine may start with longer lists.
    let atStart = place < pagesFreedAtStart.count ? pagesFreedAtStart[place] : 0
    if freed < bound.limit || freed <= atStart { return }
    collector.note(
      .pcpTooLong, zone.text,
      "CPU \(cpu) has \(freed) pages on its lists in \(zone.text) besides what refills may have"
        + " brought; with \(bound.limit) it gives some back.")
  }

  /// Blocks that a CPU put on its lists while it must not wait, since the schedule began.
  func noLockFreesSinceStart(cpu: Int) -> Int {
    let all = noLockFrees(cpu: cpu)
    let atStart = cpu < noLockFreesAtStart.count ? noLockFreesAtStart[cpu] : 0
    return Int(truncatingIfNeeded: all &- atStart)
  }

  /// The same since the machine's counters were zero.
  func noLockFrees(cpu: Int) -> UInt64 {
    ContextKind.allCases.reduce(0) {
      $0 &+ machine.counted(AllocatorCounter.pathNoLockFree.id, cpu: cpu, context: $1)
    }
  }
}
