// Zones are tried from the own node's least restricted down, then node by node, and counted so.

import Machine
import Testing

@testable import PageAllocator

struct ZonelistTests {
  private static func zone(_ node: Int, _ kind: ZoneKind, at block: Int) -> ZoneLayout {
    ZoneLayout(
      node: node, kind: kind, start: PageFrameNumber(UInt32(block * 1024)), spannedPages: 1024,
      managedPages: 1024)
  }

  private static func list(_ small: SmallMachine, _ node: Int, _ highest: ZoneKind) -> [Int] {
    let zones = small.allocator.zonelists.list(node: node, highest: highest).zones
    return (0..<zones.count).map { zones[$0].index }
  }

  @Test("each node begins with itself and goes round", arguments: 1...4)
  func nodes(count: Int) {
    let zones = (0..<count).map { Self.zone($0, .normal, at: $0) }
    let small = SmallMachine(cpus: 4, zones: zones, nodes: count)
    for node in 0..<count {
      #expect(Self.list(small, node, .normal) == (0..<count).map { (node + $0) % count })
      #expect(Self.list(small, node, .dma32).isEmpty)
    }
    #expect((0..<4).map { small.allocator.node(ofCPU: $0) } == (0..<4).map { $0 * count / 4 })
  }

  @Test("within a node the least restricted zone comes first, and none above what is allowed")
  func kinds() {
    let small = SmallMachine(
      cpus: 4,
      zones: [
        Self.zone(0, .dma32, at: 0), Self.zone(0, .normal, at: 1), Self.zone(1, .normal, at: 2),
        Self.zone(2, .normal, at: 3), Self.zone(2, .movable, at: 4), Self.zone(3, .movable, at: 5),
      ], nodes: 4)
    #expect(Self.list(small, 0, .normal) == [1, 0, 2, 3])
    #expect(Self.list(small, 0, .movable) == [1, 0, 2, 4, 3, 5])
    #expect(Self.list(small, 2, .movable) == [4, 3, 5, 1, 0, 2])
    #expect(Self.list(small, 3, .normal) == [1, 0, 2, 3])
    #expect(Self.list(small, 1, .dma32) == [0])
    #expect(Self.list(small, 1, .dma) == [])
  }

  @Test(
    "flags name the least restricted zone",
    arguments: [
      (GFP.kernel, ZoneKind.normal), (.kernel.union(.dma32), .dma32), (.kernel.union(.dma), .dma),
      (.highUserMovable, .movable), (.of(.movable), .normal), (.kernel.union(.highmem), .normal),
    ])
  func highestZone(gfp: GFP, kind: ZoneKind) {
    #expect(gfp.highestZone == kind)
  }

  @Test("a request that no zone may serve gets nothing", arguments: Policies.allCases)
  func noZone(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(4)
    small.run { cpu in
      let gfp = GFP.kernel.union(.dma)
      #expect(small.allocator.allocatePages(cpu, order: .zero, gfp) == nil)
      #expect(small.allocator.allocatePagesBulk(cpu, gfp, into: slots, count: 4) == 0)
    }
    #expect(small.free() == 4096)
  }

  private static func numa(_ small: SmallMachine) -> [UInt64] {
    [.numaHit, .numaMiss, .numaForeign, .numaLocal, .numaOther].map { small.total($0) }
  }

  @Test(
    "hits and misses are by the node asked for, local and other by the CPU's; blocks count once",
    arguments: Policies.severalCPUs)
  func counters(policies: Policies) {
    let zones = [Self.zone(0, .normal, at: 0), Self.zone(1, .normal, at: 1)]
    let small = SmallMachine(policies, cpus: 2, zones: zones, nodes: 2)
    let ask = { (cpu: CPU, node: Int?) in
      _ = small.allocator.allocatePages(cpu, order: Order(3), .kernel, node: node)
    }
    small.run(0) { ask($0, nil) }
    #expect(Self.numa(small) == [1, 0, 0, 1, 0])
    small.run(0) { ask($0, 1) }
    #expect(Self.numa(small) == [2, 0, 0, 1, 1])
    // Nothing left on node 0, so that node 1 gives.
    small.run(0) { cpu in
      small.allocator.drainAll(cpu)
      small.zone(0).freePages.write(cpu, 0, under: small.zone(0).firstArea.atBoot)
      ask(cpu, 0)
    }
    #expect(Self.numa(small) == [2, 1, 1, 1, 2])
    small.run(1) { ask($0, 0) }
    #expect(Self.numa(small) == [2, 2, 2, 2, 2])
    #expect(small.total(.pathNodeFallback) == 2)
    #expect(small.total(.pgallocNormal) == 32)
  }

  @Test(
    "who wants one node only does not get another's", arguments: Policies.severalCPUs,
    [true, false])
  func thisNode(policies: Policies, only: Bool) {
    let zones = [Self.zone(0, .normal, at: 0), Self.zone(1, .normal, at: 1)]
    let small = SmallMachine(policies, cpus: 2, zones: zones, nodes: 2)
    small.run { cpu in
      small.zone(0).freePages.write(cpu, 0, under: small.zone(0).firstArea.atBoot)
      let gfp: GFP = only ? [.noWait, .thisNode] : .noWait
      let frame = small.allocator.allocatePages(cpu, order: .zero, gfp, node: 0)
      #expect((frame == nil) == only)
    }
  }
}
