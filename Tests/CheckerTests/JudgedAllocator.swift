// A small machine with an allocator and all its judges, for the tests of the judges.

import Checker
import Machine
import Testing

@testable import PageAllocator

/// One allocator of one node and its judges, on CPUs that tests run one at a time.
final class JudgedAllocator {
  let machine: Machine
  let allocator: PageAllocator
  let ledger: OwnershipLedger
  let oracle: BulkOracle
  let watch: ReserveWatch
  let types: ListTypeWatch
  let scan: ZoneScan

  /// `pages` of memory in one zone, all free; pageblocks of 64 pages, so that 4096 are enough for a
  /// high-atomic reserve.
  init(
    pages: Int = 4096, cpus: Int = 2, pageblockOrder: Int = 6, start: [ZoneStart]? = nil,
    tracksTouched: Bool = true, bugs: [SeededBug] = [],
    configure: (inout AllocatorTunables) -> Void = { _ in }
  ) {
    var tunables = AllocatorTunables()
    configure(&tunables)
    tunables.pageblockOrder = Order(pageblockOrder)
    let zone = ZoneLayout(
      node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: pages, managedPages: pages)
    var plan = AllocatorPlan(
      zones: [zone], nodeCount: 1, nodeOfCPU: [Int](repeating: 0, count: cpus), tunables: tunables)
    plan.start = start
    machine = Machine(
      cpuCount: cpus, arenaByteCount: plan.arenaByteCount + (1 << 20), catalog: Self.catalog)
    allocator = PageAllocator(plan, on: machine)
    machine.reset(seed: 1)
    allocator.switchOn(bugs)
    ledger = OwnershipLedger(frameCount: allocator.frameCount, tracksTouched: tracksTouched)
    ledger.adopt(allocator)
    oracle = BulkOracle(cpuCount: cpus)
    watch = ReserveWatch(allocator)
    types = ListTypeWatch(allocator)
    scan = ZoneScan(
      allocator, machine, ledger: ledger, watch: watch, types: start == nil ? types : nil)
    for subscriber in [ledger, oracle, watch, types] { allocator.subscribe(subscriber) }
    scan.captureStart()
  }

  static var catalog: Catalog {
    var catalog = Catalog()
    catalog.addPageAllocator()
    // Numbers that the workloads' layer owns.
    catalog.add(counters: [(100, "operations"), (101, "page-pool-fast")])
    catalog.addChecker()
    return catalog
  }

  /// An array of slots outside of the machine, and the arena that it lies in.
  func slots(_ count: Int) -> (slots: PageSlots, arena: Arena) {
    let arena = Arena(byteCount: count * 4 + 4096)
    return (PageSlots(in: arena, count: count), arena)
  }

  /// Rules that broke while CPUs ran.
  var rulesOfCPUs: [String] { machine.findings().findings.map(\.rule) }

  /// Rules that a scan says are broken.
  func rulesOfScan() -> [String] { scan.scan().map(\.rule) }

  /// Rules that are broken after everything was drained.
  func rulesAtEnd() -> [String] {
    machine.runAlone { [allocator] in allocator.drainAlone($0) }
    let scanned = rulesOfScan()
    return scanned + LeakCheck.findings(after: scan).map(\.rule)
  }

  /// A block that must be there.
  func take(_ cpu: CPU, _ order: Int = 0, _ gfp: GFP = .kernel) -> PageFrameNumber {
    guard let frame = allocator.allocatePages(cpu, order: Order(order), gfp) else {
      fatalError("a test's machine has memory for what the test takes")
    }
    return frame
  }
}
