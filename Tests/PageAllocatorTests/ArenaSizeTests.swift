// The allocator takes no more of an arena than its parts say.

import Machine
import Testing

@testable import PageAllocator

struct ArenaSizeTests {
  @Test(
    "the parts of an allocator state what they take, to the tables of zonelists",
    arguments: [1, 3, 16, 64], [1, 7])
  func stated(zoneCount: Int, cpus: Int) {
    let nodes = min(zoneCount, Zone.nodeCountMax)
    let zones = (0..<zoneCount).map { index in
      ZoneLayout(
        node: index * nodes / zoneCount,
        kind: ZoneKind.allCases[index % (zoneCount / nodes) % ZoneKind.allCases.count],
        start: PageFrameNumber(UInt32(index * 1024)), spannedPages: 1024, managedPages: 1024)
    }
    let plan = AllocatorPlan(
      zones: zones, nodeCount: nodes, nodeOfCPU: (0..<cpus).map { $0 % nodes })
    var catalog = Catalog()
    catalog.addPageAllocator()
    let machine = Machine(
      cpuCount: cpus, arenaByteCount: plan.arenaByteCount, catalog: catalog)
    machine.reset(seed: 1)
    _ = PageAllocator(plan, on: machine)
    let lists = nodes * ZoneKind.allCases.count
    let unused = lists * (zoneCount * 8 + 63)
    #expect(machine.arena.used <= plan.arenaByteCount)
    #expect(machine.arena.used > plan.arenaByteCount - unused - 128)
  }
}
