// A small machine with an allocator, for tests.

import Machine
import PageAllocator

@testable import PageAllocator

struct SmallMachine {
  let machine: Machine
  let allocator: PageAllocator

  /// One node, one Normal zone unless `zones` says otherwise.
  init(
    cpus: Int = 1, pages: Int = 4096, zones: [ZoneLayout]? = nil, nodes: Int = 1,
    bugs: [SeededBug] = [], configure: (inout AllocatorTunables) -> Void = { _ in }
  ) {
    var catalog = Catalog()
    catalog.addPageAllocator()
    var tunables = AllocatorTunables()
    configure(&tunables)
    let layout =
      zones ?? [
        ZoneLayout(
          node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: pages,
          managedPages: pages)
      ]
    let plan = AllocatorPlan(
      zones: layout, nodeCount: nodes, nodeOfCPU: (0..<cpus).map { $0 * nodes / cpus },
      tunables: tunables)
    machine = Machine(
      cpuCount: cpus, arenaByteCount: plan.arenaByteCount + 1 << 20, catalog: catalog)
    machine.reset(seed: 1)
    allocator = PageAllocator(plan, on: machine)
    allocator.switchOn(bugs)
  }

  /// Empty slots in memory of their own.
  func slots(_ count: Int) -> PageSlots { PageSlots(in: machine.arena, count: count) }

  func free(zone: Int = 0) -> Int { allocator.counters(allocator.zone(zone)).free }

  func total(_ counter: AllocatorCounter) -> UInt64 { machine.total(counter.id) }
}
