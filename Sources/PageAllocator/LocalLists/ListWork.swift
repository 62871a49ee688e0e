// Work on a CPU's lists that another CPU asked for, where only the CPU itself may use them.
//
// Models  drain_local_pages_wq(), and how drain_all_pages() queues it, mm/page_alloc.c, 5.13.
// Rule    Any CPU asks, with a bit for each kind of work.  The CPU does the work at its next use of
//         the lists, before anything else: a CPU that uses them no more keeps what is on them until
//         the end, when no CPU runs (`drainAlone`).

import Machine

/// Kinds of work on lists, a bit each.
enum ListWork {
  static var drain: Int { 1 }
  static var decay: Int { 2 }
}

extension PageAllocator {
  /// Asks the owner of lists for work of a kind.
  func ask(_ cpu: CPU, _ pcp: PerCPUPages, for work: Int) { _ = pcp.work.setBits(cpu, work) }

  /// Does what other CPUs asked for, if they had to ask.
  @inline(always) func doWork<P: ListProtection>(_ cpu: CPU, on held: borrowing HeldLists<P>) {
    if !P.reachesOtherCPUs && held.pcp.work.hint != 0 { doWorkNow(cpu.takingPoints, on: held) }
  }

  @inline(never) private func doWorkNow<P: ListProtection>(
    _ cpu: CPU, on held: borrowing HeldLists<P>
  ) {
    let cpu = cpu.at(.drainPagesZone)
    let pcp = held.pcp
    let work = pcp.work.exchange(cpu, 0)
    if work & ListWork.decay != 0 {
      let (batch, highMin) = (pcp.batch.read(cpu), pcp.highMin.read(cpu))
      let pages = lower(cpu, held, batch: batch, highMin: highMin)
      if pages > 0 { moveToBuddy(cpu, pages, from: 0, of: held) }
    }
    if work & ListWork.drain == 0 { return }
    let count = pcp.count.read(cpu)
    if count > 0 { moveToBuddy(cpu, count, from: 0, of: held) }
  }
}
