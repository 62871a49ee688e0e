// How long per-CPU lists may be: what was freed to them stays below their limit, and their tuned
// length does not grow beyond it.
//
// A free that leaves as many pages as the limit or more gives back at least as much as it brought,
// in the same hold of the lock.  So what frees add up to over all lists never reaches the limit.  A
// refill adds to a list that is empty, whatever the others hold, and a free that waits for no lock
// gives nothing back: as much of each list does not count.  A decay may set the tuned length to
// what is left of longer lists.
//
// Models  The bounds of nr_pcp_alloc(), nr_pcp_high() and decay_pcp_high(), mm/page_alloc.c, 7.3.
// Rule    The limit is the upper bound of the tuned length, or the lower one where that is larger:
//         lists shorter than that are left alone.

import Machine
import PageAllocator

/// How long the lists of one CPU in one zone are, in pages.
struct ListLength {
  /// What frees put there for certain.
  var freed = 0
  /// The tuned length.
  var high = 0
}

/// How long the lists of one CPU in one zone may be.
struct ListBound {
  /// What frees add up to is less, in pages; 1 or more.
  let limit: Int
  private let batch: Int
  private let decayMax: Int
  /// Blocks that the CPU put on lists while it must not wait, wherever they are.
  private let noLockFrees: Int

  init(_ scan: ZoneScan, _ zone: Zone, cpu: Int) {
    let state = scan.allocator.perCPUState(cpu: cpu, zone: zone.index)
    limit = max(state.highMin, state.highMax, 1)
    batch = state.batch
    decayMax = state.decayMax
    noLockFrees = scan.noLockFreesNow[cpu]
  }

  /// Of a list of blocks, the pages that frees put there for certain.
  func pagesFreed(_ blocks: Int, _ order: Order) -> Int {
    max(blocks * order.pages - pagesRefilled(order), 0)
  }

  /// The most that a list of blocks may have of anything else, in pages.
  func pagesRefilled(_ order: Order) -> Int {
    let refill = batch > 1 ? max(batch >> order.index, 2) : 1
    // Of what a refill brings, the request takes one.
    return (refill - 1 + noLockFrees) * order.pages
  }

  /// The most that the tuned length may be, in pages.
  var highMax: Int {
    let refilled = (0..<PageAllocator.perCPUListCount).reduce(0) {
      $0 + pagesRefilled(PageAllocator.perCPUList($1).order)
    }
    return limit + max(refilled - decayMax, 0)
  }
}

extension ZoneScan {
  /// Compares the pages that were freed to the lists of a CPU in a zone, and their tuned length,
  /// with their limits.
  func checkLength(_ zone: Zone, cpu: Int, _ length: ListLength, _ bound: ListBound) {
    let place = lengths.count
    lengths.append(length)
    // A recorded machine may start with longer lists.
    let atStart = place < lengthsAtStart.count ? lengthsAtStart[place] : ListLength()
    if length.freed >= bound.limit && length.freed > atStart.freed {
      collector.note(
        .pcpTooLong, zone.text,
        "CPU \(cpu) has \(length.freed) pages on its lists in \(zone.text) besides what refills may"
          + " have brought; with \(bound.limit) it gives some back.")
    }
    let highMax = max(bound.highMax, atStart.high)
    if length.high < 0 || length.high > highMax {
      collector.note(
        .limitExceeded, zone.text,
        "In \(zone.text) the tuned length of CPU \(cpu)'s lists is \(length.high); it is 0 to"
          + " \(highMax).")
    }
  }

  /// Counts the blocks that each CPU put on its lists while it must not wait, since the schedule
  /// began.
  func countNoLockFrees() {
    noLockFreesNow.removeAll(keepingCapacity: true)
    for cpu in 0..<machine.cpuCount {
      let atStart = cpu < noLockFreesAtStart.count ? noLockFreesAtStart[cpu] : 0
      noLockFreesNow.append(Int(truncatingIfNeeded: noLockFrees(cpu: cpu) &- atStart))
    }
  }

  /// The same of one CPU since the machine's counters were zero.
  func noLockFrees(cpu: Int) -> UInt64 {
    ContextKind.allCases.reduce(0) {
      $0 &+ machine.counted(AllocatorCounter.pathNoLockFree.id, cpu: cpu, context: $1)
    }
  }
}
