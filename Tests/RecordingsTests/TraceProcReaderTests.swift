// Tests of the readers of /proc/zoneinfo, buddyinfo and pagetypeinfo.

import Testing

@testable import Recordings

@Suite struct TraceProcReaderTests {
  private let zone = """
    Node 0, zone   Normal
      pages free     695320
            boost    0
            min      8500
            low      10625
            high     12750
            spanned  5505024
            present  5505024
            managed  786432
            protection: (0, 3019, 6091)
          nr_free_pages 695320
      pagesets
        cpu: 0
                  count:    4669
                  high:     5375
                  batch:    63
      start_pfn:           1048576

    """

  private let types = """
    Page block order: 9
    Pages per block:  512

    Free pages count per migrate type at order       0      1      2
    Node    0, zone      DMA, type    Unmovable      0      0 >100000
    Node    0, zone      DMA, type      Movable      0      4      0

    Number of blocks type     Unmovable      Movable
    Node 0, zone      DMA            1            7
    Number of mixed blocks    Unmovable      Movable
    Node 0, zone      DMA            0            0

    """

  private func error<Value>(
    _ body: () throws(TraceInputError) -> Value
  ) -> TraceInputError? {
    do throws(TraceInputError) {
      _ = try body()
      return nil
    } catch { return error }
  }

  @Test("zoneinfo of the recordings is read whole")
  func zoneInfo() throws {
    let zones = try ZoneInfoReader.read(TraceFixture.bytes("anon.zoneinfo.before"), file: "z")
    #expect(zones.map(\.name) == ["DMA", "DMA32", "Normal", "Movable", "Device"])
    let normal = zones[2]
    #expect(normal.managed == 786_432 && normal.spanned == 5_505_024)
    #expect(normal.startPFN == 1_048_576 && normal.endPFN == 6_553_600)
    #expect([normal.min, normal.low, normal.high] == [8500, 10625, 12750])
    #expect(normal.promo == 14875 && normal.boost == 0 && normal.freePages == 695_320)
    #expect(normal.nrFreePages == 695_320 && normal.protection == [0, 0, 0, 0, 0])
    #expect(normal.perCPU.map(\.count) == [4669, 5992])
    #expect(normal.perCPU.map(\.high) == [5375, 34581])
    #expect(normal.perCPU.map(\.highMin) == [5312, 5312] && normal.perCPU[1].highMax == 49152)
    #expect(zones[0].protection == [0, 3019, 6091, 6091, 6091] && zones[0].perCPU[1].batch == 1)
    #expect(zones[3].perCPU.isEmpty && zones[3].startPFN == 0 && zones[3].nrFreePages == nil)
    let after = try ZoneInfoReader.read(TraceFixture.bytes("fs.zoneinfo.after"), file: "z")
    #expect(after[2].perCPU.map(\.count) == [15342, 25313])
  }

  @Test("zoneinfo of an older kernel lacks what it does not print")
  func oldZoneInfo() throws {
    let zones = try ZoneInfoReader.read(Array(zone.utf8), file: "z")
    #expect(zones[0].promo == nil && zones[0].perCPU[0].highMin == nil)
    #expect(zones[0].perCPU[0].batch == 63)
  }

  @Test("errors of zoneinfo name the line")
  func zoneInfoErrors() {
    func read(_ text: String) -> TraceInputError? {
      error { () throws(TraceInputError) in try ZoneInfoReader.read(Array(text.utf8), file: "z") }
    }
    #expect(read("") == TraceInputError(file: "z", line: 1, expected: "a line `Node N, zone NAME`"))
    #expect(read("Node 0, zne DMA\n")?.line == 1)
    #expect(read(zone.replacing("8500", with: "8x"))?.line == 4)
    #expect(read(zone.replacing("8500", with: "99999999999999999999999"))?.line == 4)
    #expect(read(zone.replacing("(0, 3019", with: "(0; 3019"))?.line == 10)
    #expect(read(zone.replacing("low  ", with: "loww "))?.expected.contains("`low`") == true)
    let noStart = read(zone.replacing("start_pfn", with: "start"))
    #expect(noStart?.expected.contains("start_pfn") == true)
    #expect(read(zone.replacing("cpu: 0", with: "cpu: 8192"))?.line == 13)
    #expect(read(zone.replacing("8500", with: ""))?.description.hasPrefix("z:4: expected") == true)
  }

  @Test("buddyinfo of the recordings is read whole")
  func buddyInfo() throws {
    let zones = try BuddyInfoReader.read(TraceFixture.bytes("anon.buddyinfo.before"), file: "b")
    #expect(zones.map(\.zone) == ["DMA", "DMA32", "Normal"])
    #expect(zones[2].freeBlocks == [944, 1427, 1866, 1152, 785, 600, 380, 216, 243, 221, 406])
    let pages = zones[2].freeBlocks.enumerated().reduce(0) { $0 + $1.element << $1.offset }
    #expect(pages == 695_310)
  }

  @Test("buddyinfo takes up to 16 orders and names the line of an error")
  func buddyInfoErrors() throws {
    func read(_ text: String) -> TraceInputError? {
      error { () throws(TraceInputError) in try BuddyInfoReader.read(Array(text.utf8), file: "b") }
    }
    let sixteen = "Node 0, zone DMA" + String(repeating: " 1", count: 16)
    #expect(read(sixteen) == nil)
    #expect(read(sixteen + " 1")?.line == 1)
    #expect(read("Node 0, zone DMA\n")?.line == 1)
    #expect(read("Node 0, zone DMA 1 2\nNode 0, zone DMA32 1\n")?.line == 2)
    #expect(read("\n\n")?.line == 3)
    #expect(read("Node 99999, zone DMA 1")?.line == 1)
  }

  @Test("pagetypeinfo of the recordings is read whole")
  func pageTypeInfo() throws {
    let info = try PageTypeInfoReader.read(TraceFixture.bytes("fs.pagetypeinfo.after"), file: "p")
    #expect(info.pageblockOrder == 9 && info.pagesPerBlock == 512)
    #expect(info.types == ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"])
    #expect(info.free.count == 15 && info.blocks.count == 3)
    #expect(info.blocks[2].blocks == [121, 1352, 63, 0, 0])
    let movable = info.free[11]
    #expect(movable.zone == "Normal" && movable.type == "Movable")
    #expect(movable.freeBlocks == [485, 360, 1151, 1195, 371, 183, 12, 87, 185, 199, 392])
  }

  @Test("pagetypeinfo knows counts that the kernel capped and stops behind the blocks")
  func cappedPageTypeInfo() throws {
    let info = try PageTypeInfoReader.read(Array(types.utf8), file: "p")
    #expect(info.free[0].freeBlocks == [0, 0, 100_000] && info.free[0].cappedOrders == [2])
    #expect(info.free[1].cappedOrders.isEmpty && info.blocks.map(\.blocks) == [[1, 7]])
  }

  @Test("errors of pagetypeinfo name the line")
  func pageTypeInfoErrors() {
    func read(_ text: String) -> TraceInputError? {
      error { () throws(TraceInputError) in
        try PageTypeInfoReader.read(Array(text.utf8), file: "p")
      }
    }
    #expect(read("")?.line == 1)
    #expect(read(types.replacing("order: 9", with: "order: 64"))?.line == 1)
    #expect(read(types.replacing("512", with: "511"))?.line == 2)
    #expect(read(types.replacing("order       0", with: "order       1"))?.line == 4)
    #expect(read(types.replacing(">100000", with: ">"))?.line == 5)
    #expect(read(types.replacing("      4      0", with: "      4"))?.line == 6)
    #expect(read(types.replacing("            7", with: ""))?.line == 9)
    #expect(
      read("Page block order: 9\nPages per block: 512\n")?.expected.contains("free counts") == true)
  }

  @Test("no damage to a file of /proc traps its reader")
  func fuzz() throws {
    let buddy = try TraceFixture.bytes("fs.buddyinfo.before")
    var stream = DamageStream(seed: 3)
    var failures = 0
    for _ in 0..<20_000 {
      let texts = [stream.damage(Array(zone.utf8)), stream.damage(buddy)]
      let type = stream.damage(Array(types.utf8))
      let errors = [
        error { () throws(TraceInputError) in try ZoneInfoReader.read(texts[0], file: "z").count },
        error { () throws(TraceInputError) in try BuddyInfoReader.read(texts[1], file: "b").count },
        error { () throws(TraceInputError) in
          try PageTypeInfoReader.read(type, file: "p").blocks.count
        },
      ]
      failures += errors.count { $0 != nil }
    }
    #expect(failures > 20_000)
  }
}
