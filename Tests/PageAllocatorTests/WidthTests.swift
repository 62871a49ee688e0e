// The ends of the allocator's widths: zones, nodes, pages of a refill, a word for the holder.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("The widths of the allocator")
struct WidthTests {
  /// As many zones as there can be: four kinds on each of as many nodes as there can be.
  private static let zones: [ZoneLayout] = (0..<Zone.countMax).map { index in
    ZoneLayout(
      node: index / ZoneKind.allCases.count,
      kind: ZoneKind.allCases[index % ZoneKind.allCases.count],
      start: PageFrameNumber(UInt32(index * 1024)), spannedPages: 1024, managedPages: 1024)
  }

  @Test("all zones of all nodes give pages, and get them back", arguments: Policies.allCases)
  func zones(policies: Policies) {
    #expect(Zone.countMax == 64 && Zone.nodeCountMax == 16)
    let cpus = policies.cpus(Zone.nodeCountMax)
    let small = SmallMachine(
      policies, cpus: cpus, zones: Self.zones, nodes: Zone.nodeCountMax
    ) { $0.minFreeKBytes = 128 }
    let allocator = small.allocator
    let kinds: [GFP] = [.kernel | .dma, .kernel | .dma32, .kernel, .highUserMovable]
    let ended = small.run(cpus - 1) { cpu in
      var held: [PageFrameNumber] = []
      for node in 0..<Zone.nodeCountMax {
        for (kind, gfp) in kinds.enumerated() {
          for order in [0, 4] {
            let frame = allocator.allocatePages(
              cpu, order: Order(order), gfp | .thisNode, node: node)
            guard let frame else {
              Issue.record("zone \(kind) of node \(node) has no block of order \(order)")
              continue
            }
            #expect(frame.index / 1024 == node * 4 + kind)
            #expect(allocator.zone(of: frame, cpu).index == node * 4 + kind)
            if order > 0 { allocator.freePages(cpu, frame, order: Order(order)) }
            if order == 0 { held.append(frame) }
          }
        }
      }
      #expect(held.count == Zone.countMax)
      for frame in held { allocator.freePages(cpu, frame, order: .zero) }
      allocator.drainAll(cpu)
    }
    #expect(ended)
    for index in 0..<Zone.countMax { #expect(small.free(zone: index) == 1024) }
  }

  @Test("a refill brings as many pages as it may at most, and they go back")
  func refill() {
    let batch = AllocatorTunables.batchMax
    #expect(batch == 2047)
    let small = SmallMachine(pages: 16_384) {
      $0.perCPUBatch = batch
      $0.perCPUHigh = 3 * batch
    }
    let pcp = small.allocator.perCPUPages(cpu: 0, zone: 0)
    let ended = small.run { cpu in
      let frame = small.take(cpu)
      #expect(pcp.count.read(cpu) == batch - 1)
      #expect(small.free() == 16_384 - batch)
      let more = (0..<batch - 1).map { _ in small.take(cpu) }
      #expect(pcp.count.read(cpu) == 0)
      small.allocator.freePages(cpu, frame, order: .zero)
      for frame in more { small.allocator.freePages(cpu, frame, order: .zero) }
      #expect(pcp.count.read(cpu) == batch)
      small.allocator.drainAll(cpu)
    }
    #expect(ended)
    #expect(small.free() == 16_384)
  }

  @Test("a frame takes 24 bytes at most, its owner in the ledger included")
  func frameBytes() {
    let ledger =
      OwnershipLedger.byteCount(frameCount: 1 << 10, tracksTouched: false) / (1 << 10)
    if PageAllocator.pageStructBytes == 16 { #expect(PageAllocator.frameBytes + ledger <= 24) }
    func bytes(_ frames: Int) -> Int {
      AllocatorPlan(
        zones: [
          ZoneLayout(
            node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: frames,
            managedPages: frames)
        ], nodeCount: 1, nodeOfCPU: [0]
      ).arenaByteCount
    }
    // And the type of a pageblock.
    let added = bytes(1 << 21) - bytes(1 << 20)
    #expect(added == 1 << 20 * PageAllocator.frameBytes + 1 << 20 / 512 * 4)
  }

  @Test("a held block may lie on a list, and keeps its holder's stamp")
  func linked() {
    let small = SmallMachine(cpus: 2)
    let (allocator, frames) = (small.allocator, small.allocator.frames)
    let list = allocator.perCPUPages(cpu: 1, zone: 0).head(list: 13)
    let ended = small.run { cpu in
      let held = (0..<3).map { _ in small.take(cpu) }
      for (number, frame) in held.enumerated() {
        allocator.stamp(cpu, frame, .zero, UInt32(number + 1))
        frames.insertLast(cpu, frame, in: list)
      }
      frames.remove(cpu, held[1])
      frames.insertFirst(cpu, held[1], in: list)
      var found: [PageFrameNumber] = []
      while let frame = frames.first(cpu, list) {
        found.append(frame)
        frames.removeFirst(cpu, frame, of: list)
      }
      #expect(found == [held[1], held[0], held[2]])
      for (number, frame) in held.enumerated() {
        allocator.verifyStamp(cpu, frame, .zero, UInt32(number + 1))
        allocator.freePages(cpu, frame, order: .zero)
      }
    }
    #expect(ended)
  }

  @Test("a block with two holders shows by its stamp", arguments: [0, 3])
  func twoHolders(order: Int) {
    let small = SmallMachine()
    let allocator = small.allocator
    let ended = small.run { cpu in
      let frame = small.take(cpu, order)
      allocator.stamp(cpu, frame, Order(order), 1)
      // The last page of the block, as if it had been given out once more.
      let last = frame.advanced(by: Order(order).pages - 1)
      allocator.stamp(cpu, last, .zero, 2)
      allocator.verifyStamp(cpu, frame, Order(order), 1)
    }
    #expect(!ended)
    #expect(small.machine.findings().findings.map(\.rule) == ["stamp-overwritten"])
  }
}
