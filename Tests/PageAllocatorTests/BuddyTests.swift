// Blocks split on the way out and merge on the way back, in every combination of sizes.

import Machine
import Testing

@testable import PageAllocator

struct BuddyTests {
  private static let orderPairs: [(high: Int, low: Int)] = (0...10).flatMap { high in
    (0...high).map { (high, $0) }
  }

  @Test(
    "taking a small block out of a large one leaves one half of each size",
    arguments: Policies.allCases, orderPairs)
  func splitAndMerge(policies: Policies, pair: (high: Int, low: Int)) {
    let (high, low) = pair
    let small = SmallMachine(policies, pages: 1 << high) { $0.makePlain(pageblock: 9) }
    let ended = small.run { cpu in
      let frame = small.take(cpu, low, .of(.movable))
      #expect(frame == PageFrameNumber(0))
      #expect(small.blocks() == (0...10).map { $0 >= low && $0 < high ? 1 : 0 })
      #expect(small.free() == (1 << high) - (1 << low))
      small.allocator.freePages(cpu, frame, order: Order(low))
    }
    #expect(ended)
    #expect(small.blocks() == (0...10).map { $0 == high ? 1 : 0 })
    #expect(small.free() == 1 << high)
  }

  @Test(
    "every sequence of four requests and frees of orders 0 to 2 keeps the counts right",
    arguments: Policies.withoutBulk)
  func everySequence(policies: Policies) {
    for keepsLists in [false, true] {
      let small = SmallMachine(policies, pages: 16) {
        $0.makePlain(pageblock: 9)
        if keepsLists { $0.perCPUHigh = 6 }
      }
      let ended = small.run { cpu in
        for sequence in 0..<6 * 6 * 6 * 6 { play(cpu, small, sequence) }
      }
      #expect(ended)
    }
  }

  @Test(
    "a block whose next larger buddy is free goes to the tail, others to the head",
    arguments: Policies.allCases)
  func tailPlacement(policies: Policies) {
    let small = SmallMachine(policies, pages: 16) { $0.makePlain(pageblock: 9) }
    let ended = small.run { cpu in
      for _ in 0..<16 { _ = small.take(cpu, 0, .of(.movable)) }
      for frame in [2, 3, 8, 12, 0, 4] as [UInt32] {
        small.allocator.freePages(cpu, PageFrameNumber(frame), order: .zero)
      }
    }
    #expect(ended)
    let list = small.allocator.freeList(small.zone(), .zero, .movable)
    #expect(list.brokenAt == nil)
    // 0 has 2 and 3 beside it: it waits for 1 at the tail.
    #expect(list.frames.map(\.rawValue) == [4, 12, 8, 0])
  }

  @Test(
    "pageblocks of mergeable types merge and take one type; high-atomic ones stay apart",
    arguments: Policies.allCases, Migratetype.allCases)
  func mergeAbovePageblock(policies: Policies, type: Migratetype) {
    let small = SmallMachine(policies, pages: 16) { $0.makePlain(pageblock: 3) }
    let ended = small.run { cpu in
      let first = small.take(cpu, 3, .of(.movable))
      let second = small.take(cpu, 3, .of(.movable))
      small.allocator.setBlockType(cpu, small.zone().firstArea.atBoot, second, type)
      small.allocator.freePages(cpu, first, order: Order(3))
      small.allocator.freePages(cpu, second, order: Order(3))
    }
    #expect(ended)
    let isReserve = type == .highAtomic
    #expect(small.blocks()[3] == (isReserve ? 2 : 0))
    #expect(small.blocks()[4] == (isReserve ? 0 : 1))
    #expect(small.counters().freeHighAtomic == (isReserve ? 8 : 0))
    #expect(small.allocator.pageblockType(PageFrameNumber(8)) == type)
    #expect(
      small.allocator.pageblockType(PageFrameNumber(0)) == (isReserve ? .movable : type))
  }

  @Test(
    "pages of all types, freed in any order, are whole again", arguments: Policies.allCases, 3...9)
  func pageblockOrders(policies: Policies, pageblock: Int) {
    let small = SmallMachine(policies, cpus: policies.cpus(2)) {
      $0.pageblockOrder = Order(pageblock)
    }
    var stream = RandomStream(seed: UInt64(pageblock))
    let ended = small.run { cpu in
      var held: [(PageFrameNumber, Order)] = []
      for _ in 0..<3 {
        for _ in 0..<200 {
          let order = Order(stream.below(6))
          let type = Migratetype.allCases[stream.below(3)]
          if let frame = small.allocator.allocatePages(cpu, order: order, .of(type)) {
            held.append((frame, order))
          }
        }
        stream.shuffle(&held)
        for (frame, order) in held { small.allocator.freePages(cpu, frame, order: order) }
        held.removeAll()
      }
      small.allocator.drainAll(cpu)
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.blocks() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4])
    #expect(small.counters().freeInBlocks == 4096)
  }

  @Test("blocks do not merge across the border of two zones", arguments: Policies.allCases)
  func zoneBorder(policies: Policies) {
    let zones = [ZoneKind.dma32, .normal].enumerated().map { index, kind in
      ZoneLayout(
        node: 0, kind: kind, start: PageFrameNumber(UInt32(index * 512)), spannedPages: 512,
        managedPages: 512)
    }
    let small = SmallMachine(policies, zones: zones) { $0.makePlain(pageblock: 9) }
    let ended = small.run { cpu in
      for gfp in [GFP.kernel.union(.dma32), .kernel] {
        let frame = small.take(cpu, 9, gfp)
        small.allocator.freePages(cpu, frame, order: Order(9))
      }
    }
    #expect(ended)
    #expect(small.blocks(zone: 0)[9] == 1 && small.blocks(zone: 1)[9] == 1)
  }
}

/// Four steps, each a request or the free of the oldest block of an order, then all back.
private func play(_ cpu: CPU, _ small: SmallMachine, _ sequence: Int) {
  var held: [(PageFrameNumber, Order)] = []
  var code = sequence
  for _ in 0..<4 {
    let order = Order(code % 3)
    if code % 6 < 3 {
      if let frame = small.allocator.allocatePages(cpu, order: order, .of(.movable)) {
        held.append((frame, order))
      }
    } else if let index = held.firstIndex(where: { $0.1 == order }) {
      small.allocator.freePages(cpu, held.remove(at: index).0, order: order)
    }
    code /= 6
    let blocks = small.blocks()
    let listed = (0...10).reduce(0) { $0 + blocks[$1] << $1 }
    let pages = held.reduce(0) { $0 + $1.1.pages }
    #expect(listed == small.free())
    #expect(listed + small.perCPU().count + pages == 16)
  }
  for (frame, order) in held { small.allocator.freePages(cpu, frame, order: order) }
  small.allocator.drainAll(cpu)
  #expect(small.blocks()[4] == 1)
}
