// The numbers that follow from a zone's size are those of a kernel with the same zones.

import Testing

@testable import PageAllocator

struct ZoneSizesTests {
  private static let zones: [(kind: ZoneKind, node: Int, managed: Int)] = [
    (.dma, 0, 3840), (.dma32, 0, 772_917), (.normal, 0, 786_432), (.movable, 0, 0),
  ]

  private static func sizes(_ change: (inout AllocatorTunables) -> Void = { _ in }) -> [ZoneSizes] {
    var tunables = AllocatorTunables()
    tunables.minFreeKBytes = 67_584
    change(&tunables)
    return ZoneSizes.compute(zones: zones, cpusOfNode: [2], tunables)
  }

  @Test(
    "a machine of 6 GiB and min_free_kbytes 67584 has the watermarks that its kernel showed"
  )
  func watermarks() {
    let sizes = Self.sizes()
    #expect(sizes.map(\.min) == [41, 8354, 8500, 32])
    #expect(sizes.map(\.low) == [51, 10442, 10625, 32])
    #expect(sizes.map(\.high) == [61, 12530, 12750, 32])
    #expect(sizes.map(\.promo) == [71, 14618, 14875, 32])
  }

  @Test("its reserves for higher zones are those that its kernel showed")
  func protection() {
    let sizes = Self.sizes()
    #expect(sizes[0].protection == [0, 3019, 6091, 6091])
    #expect(sizes[1].protection == [0, 0, 3072, 3072])
    #expect(sizes[2].protection == [0, 0, 0, 0])
    #expect(sizes[3].protection == [0, 0, 0, 0])
  }

  @Test("its per-CPU lists have the limits that its kernel showed")
  func listLengths() {
    let sizes = Self.sizes()
    #expect(sizes.prefix(3).map(\.batch) == [1, 63, 63])
    #expect(sizes.prefix(3).map(\.highMin) == [25, 5221, 5312])
    #expect(sizes.prefix(3).map(\.highMax) == [240, 48307, 49152])
  }

  @Test("min_free_kbytes follows from the root of low memory, between its bounds")
  func minFree() {
    let lowmem = Self.zones.reduce(0) { $0 + $1.managed }
    #expect(ZoneSizes.automaticMinFreeKBytes(lowmemPages: lowmem) == 10_002)
    #expect(ZoneSizes.automaticMinFreeKBytes(lowmemPages: 0) == 128)
    #expect(ZoneSizes.automaticMinFreeKBytes(lowmemPages: 256) == 128)
    #expect(ZoneSizes.automaticMinFreeKBytes(lowmemPages: 1 << 40) == 262_144)
  }

  @Test(
    "a refill has a quarter of a thousandth of the zone, in one less than a power of two",
    arguments: [
      (0, 1), (4096, 1), (8191, 1), (8192, 1), (16_384, 3), (65_536, 15), (131_072, 31),
      (262_144, 63), (1 << 30, 63),
    ])
  func batch(managed: Int, batch: Int) {
    #expect(ZoneSizes.batch(managed: managed) == batch)
  }

  @Test("the integer root is exact around squares")
  func squareRoot() {
    for root in [1, 2, 3, 10, 1000, 65_535, 2_147_483_647] {
      #expect(ZoneSizes.squareRoot(root * root) == root)
      #expect(ZoneSizes.squareRoot(root * root - 1) == root - 1)
    }
    #expect(ZoneSizes.squareRoot(0) == 0)
    #expect(ZoneSizes.squareRoot(-5) == 0)
  }

  @Test("more scale widens the gaps between watermarks and leaves min as it is")
  func scaleFactor() {
    let wide = Self.sizes { $0.watermarkScaleFactor = 100 }
    #expect(wide[2].min == Self.sizes()[2].min)
    #expect(wide[2].low - wide[2].min == 7864)
    #expect(wide[2].promo - wide[2].high == 7864)
  }

  @Test("a given min_free_kbytes is shared out by size")
  func givenMinFree() {
    let sizes = Self.sizes { $0.minFreeKBytes = 40_000 }
    #expect(abs(sizes.prefix(3).map(\.min).reduce(0, +) - 10_000) <= 3)
    #expect(sizes[1].min < sizes[2].min)
  }

  @Test("reserve ratios divide what lies above; 0 turns a reserve off")
  func ratios() {
    let sizes = Self.sizes { $0.lowmemReserveRatio = [0, 100, 32, 0] }
    #expect(sizes[0].protection == [0, 0, 0, 0])
    #expect(sizes[1].protection == [0, 0, 7864, 7864])
  }

  @Test("the high fraction, a given batch and a given length pin the lists")
  func pinned() {
    let fraction = Self.sizes { $0.perCPUHighFraction = 8 }[2]
    #expect(fraction.highMin == 49_152 && fraction.highMax == 49_152)
    let batch = Self.sizes { $0.perCPUBatch = 7 }
    #expect(batch.map(\.batch) == [7, 7, 7, 7])
    let high = Self.sizes { $0.perCPUHigh = 100 }
    #expect(high.allSatisfy { $0.highMin == 100 && $0.highMax == 100 })
  }

  @Test("more CPUs share a node's lists", arguments: [1, 2, 8])
  func cpus(count: Int) {
    let sizes = ZoneSizes.compute(
      zones: Self.zones, cpusOfNode: [count], AllocatorTunables())
    #expect(sizes[2].highMax == 786_432 / 8 / count)
    #expect(sizes[2].highMin == sizes[2].low / count)
  }
}
