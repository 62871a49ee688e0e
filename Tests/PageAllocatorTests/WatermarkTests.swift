// A zone gives a block only above its mark, by the arithmetic of each kind of request.

import Machine
import Testing

@testable import PageAllocator

struct WatermarkTests {
  /// min 100, low 125, high 150, promo 175.
  private let small = SmallMachine { $0.minFreeKBytes = 400 }
  private var cpu: CPU { small.machine.cpu(0) }
  private var zone: Zone { small.zone() }

  /// The least number of free pages at which a request passes; nil if none up to 5000.
  private func leastFree(
    mark: Int, order: Int = 0, highest: ZoneKind = .normal, _ flags: AllocFlags,
    in other: Zone? = nil
  ) -> Int? {
    let zone = other ?? self.zone
    return (0...5000).first { free in
      zone.freePages.write(cpu, free, under: zone.firstArea.atBoot)
      return small.allocator.isAbove(
        cpu, zone, mark: mark, Order(order), highest: highest, flags)
    }
  }

  @Test("watermarks are a quarter of min apart")
  func levels() {
    #expect(small.counters().watermarks == [100, 125, 150, 175])
  }

  @Test("a pass keeps the mark that its flags name, with what fragmentation added")
  func marks() {
    zone.watermarkBoost.write(cpu, 1000, under: zone.firstArea.atBoot)
    let marks: [(AllocFlags, Int)] = [
      ([], 1100), ([.watermarkLow], 1125), ([.watermarkHigh], 1150), ([.minReserve], 1100),
    ]
    for (flags, mark) in marks { #expect(small.allocator.mark(cpu, zone, flags) == mark) }
  }

  @Test("an order-0 request leaves more than the mark; reserves lower it by half and a quarter")
  func orderZero() {
    #expect(leastFree(mark: 100, [.watermarkLow]) == 101)
    #expect(leastFree(mark: 100, []) == 101)
    #expect(leastFree(mark: 100, [.minReserve]) == 51)
    #expect(leastFree(mark: 100, [.minReserve, .nonBlock]) == 39)
    #expect(leastFree(mark: 100, [.nonBlock]) == 101)
    #expect(leastFree(mark: 101, [.minReserve]) == 52)
  }

  @Test("high-atomic pages count only for those who may use a reserve")
  func highAtomicPages() {
    zone.freeHighAtomic.write(cpu, 30, under: zone.firstArea.atBoot)
    #expect(leastFree(mark: 100, [.watermarkLow]) == 131)
    #expect(leastFree(mark: 100, []) == 131)
    #expect(leastFree(mark: 100, [.minReserve]) == 51)
    #expect(leastFree(mark: 100, [.nonBlock]) == 101)
    #expect(leastFree(mark: 100, [.minReserve, .nonBlock, .highAtomic]) == 39)
  }

  @Test("a larger request needs room for all its pages", arguments: 1...10)
  func largerOrder(order: Int) {
    #expect(leastFree(mark: 100, order: order, [.watermarkLow]) == 100 + (1 << order))
  }

  @Test("a larger request needs one block of its order or more, of a type it may use")
  func needsABlock() {
    for order in 0..<Order.count {
      for type in Migratetype.allCases {
        zone.firstArea.freeBlocks(Order(order), type).write(cpu, 0)
      }
    }
    #expect(leastFree(mark: 100, order: 3, []) == nil)
    zone.firstArea.freeBlocks(Order(2), .unmovable).write(cpu, 50)
    #expect(leastFree(mark: 100, order: 3, []) == nil)
    for type in [Migratetype.unmovable, .movable, .reclaimable] {
      for order in 3...10 {
        zone.firstArea.freeBlocks(Order(order), type).write(cpu, 1)
        #expect(leastFree(mark: 100, order: 3, []) == 108)
        zone.firstArea.freeBlocks(Order(order), type).write(cpu, 0)
      }
    }
    zone.firstArea.freeBlocks(Order(5), .highAtomic).write(cpu, 1)
    #expect(leastFree(mark: 100, order: 3, [.minReserve, .nonBlock]) == nil)
    #expect(leastFree(mark: 100, order: 3, [.minReserve, .nonBlock, .highAtomic]) == 46)
  }

  @Test("a request that a higher zone could have served leaves the reserve for that zone")
  func lowmemReserve() {
    let two = SmallMachine(zones: [
      ZoneLayout(
        node: 0, kind: .dma, start: PageFrameNumber(0), spannedPages: 1024, managedPages: 1024),
      ZoneLayout(
        node: 0, kind: .normal, start: PageFrameNumber(1024), spannedPages: 4096,
        managedPages: 4096),
    ])
    let dma = two.zone(0)
    let cpu = two.machine.cpu(0)
    func passes(_ free: Int, _ highest: ZoneKind) -> Bool {
      dma.freePages.write(cpu, free, under: dma.firstArea.atBoot)
      return two.allocator.isAbove(
        cpu, dma, mark: 10, .zero, highest: highest, [.watermarkLow])
    }
    #expect(passes(11, .dma) && !passes(10, .dma))
    #expect(passes(11, .dma32) && !passes(10, .dma32))
    #expect(passes(27, .normal) && !passes(26, .normal))
    #expect(passes(27, .movable) && !passes(26, .movable))
  }

  @Test("a boost does not make an order-0 request of the reserve fail, and does all others")
  func boostAndReserve() {
    zone.watermarkBoost.write(cpu, 1000, under: zone.firstArea.atBoot)
    let mark = small.allocator.mark(cpu, zone, [])
    #expect(leastFree(mark: mark, [.minReserve]) == 51)
    #expect(leastFree(mark: mark, []) == 1101)
    #expect(leastFree(mark: mark, order: 1, [.minReserve]) == 552)
  }

  @Test(
    "claiming part of a pageblock boosts the watermarks, up to a bound",
    arguments: Policies.allCases, [0, 15_000])
  func boost(policies: Policies, factor: Int) {
    // 128 pageblocks of 32 pages, all movable, each with its upper half free.
    var start = ZoneStart()
    start.pageblocks[Migratetype.movable.index] = 128
    start.free[Migratetype.movable.index][4] = 128
    let small = SmallMachine(policies, start: [start]) {
      $0.makePlain(pageblock: 5)
      $0.watermarkBoostFactor = factor
      $0.minFreeKBytes = 400
    }
    var boosts: [Int] = []
    small.run { cpu in
      for _ in 0..<20 {
        for _ in 0..<16 { _ = small.take(cpu) }
        boosts.append(small.counters().boost)
      }
    }
    let limit = 150 * 15_000 / 10_000
    #expect(boosts == (1...20).map { factor == 0 ? 0 : min($0 * 32, limit) })
    #expect(small.total(.pathBoost) == (factor == 0 ? 0 : 20))
  }

  @Test(
    "allocation goes down to min, with the reserve to half of it, and no further",
    arguments: Policies.allCases)
  func exhaust(policies: Policies) {
    for (gfp, left) in [(GFP.kernel, 100), (.atomic, 38), ([.kernel, .memAlloc], 0)] {
      let small = SmallMachine(policies) {
        $0.minFreeKBytes = 400
        $0.perCPUHigh = 0
      }
      small.run { cpu in
        while small.allocator.allocatePages(cpu, order: .zero, gfp) != nil {}
      }
      #expect(small.free() == left)
    }
  }
}
