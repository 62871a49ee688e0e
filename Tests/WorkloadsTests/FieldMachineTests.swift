// Tests of RecordedMachine with files as machines of other kinds write them.

import Machine
import PageAllocator
import Testing

@testable import Recordings
@testable import Workloads

/// Writes zoneinfo.
private struct ZoneText {
  var text = ""

  /// A zone whose lists are of CPUs 0 ..< cpus.
  mutating func add(
    node: Int = 0, _ name: String, managed: Int, marks: [Int], start: Int = 0, free: Int = 0,
    boost: Int? = nil, protection: [Int] = [0], cpus: Int = 1, batch: Int = 63, high: Int = 378,
    highMin: Int? = nil
  ) {
    text += "Node \(node), zone \(name)\n  pages free \(free)\n"
    if let boost { text += "        boost \(boost)\n" }
    text += "        min \(marks[0])\n        low \(marks[1])\n        high \(marks[2])\n"
    text += "        spanned \(managed)\n        present \(managed)\n        managed \(managed)\n"
    text += "        protection: (\(protection.map(String.init).joined(separator: ", ")))\n"
    for cpu in 0..<cpus {
      text += "    cpu: \(cpu)\n  count: 0\n  high: \(high)\n  batch: \(batch)\n"
      if let highMin { text += "  high_min: \(highMin)\n  high_max: \(highMin * 2)\n" }
    }
    text += "  start_pfn: \(start)\n"
  }

  func machine(
    types: PageTypeInfo? = nil, blocks: [BuddyInfoZone]? = nil
  ) throws -> RecordedMachine {
    try RecordedMachine(
      ZoneInfoReader.read(Array(text.utf8), file: "z"), file: "z", buddyInfo: blocks,
      pageTypeInfo: types)
  }
}

@Suite struct FieldMachineTests {
  @Test("a boost is taken off the watermarks, and the zone starts with it")
  func boost() throws {
    var text = ZoneText()
    text.add("Normal", managed: 243_597, marks: [1946, 2189, 2432], boost: 1459)
    let machine = try text.machine()
    #expect(machine.minFreeKBytes == 487 * 4)
    #expect(machine.watermarkScaleFactor == nil)
    let rows = machine.comparison(machine.tunables(AllocatorTunables()))
    #expect(
      rows.filter { ["min", "low", "high"].contains($0.name) && $0.kernel != $0.model } == [])
    #expect(machine.start(nil).map(\.watermarkBoost) == [1459])
    #expect(machine.remarks.contains { $0.contains("boosted by 1459 pages") })
  }

  @Test("a kernel that prints no boost shows it by gaps that are too small for its minimum")
  func silentBoost() throws {
    var text = ZoneText()
    // min 10000, low 12500, high 15000 with a boost of 8000.
    text.add("Normal", managed: 1_000_000, marks: [18_000, 20_500, 23_000])
    let machine = try text.machine()
    #expect(machine.marks == [RecordedMarks(min: 10_000, gap: 2500, boost: 8000)])
    #expect(machine.minFreeKBytes == 40_000)
  }

  @Test("the scale factor follows from the gaps", arguments: [1, 10, 50, 1000, 3000])
  func scaleFactor(factor: Int) throws {
    var text = ZoneText()
    let gap = max(4000 / 4, 1_000_000 * factor / 10_000)
    text.add("Normal", managed: 1_000_000, marks: [4000, 4000 + gap, 4000 + 2 * gap])
    let tunables = try text.machine().tunables(AllocatorTunables())
    let sizes = ZoneSizes.compute(
      zones: [(.normal, 0, 1_000_000)], cpusOfNode: [1], tunables)
    #expect(sizes[0].low == 4000 + gap && sizes[0].high == 4000 + 2 * gap)
  }

  @Test("protection's columns are those of the zones that the file lists")
  func protection() throws {
    var text = ZoneText()
    text.add("Normal", managed: 100_000, marks: [800, 1000, 1200], protection: [0, 7, 9])
    text.add("HighMem", managed: 5000, marks: [32, 40, 48], protection: [0, 0, 0])
    text.add("Movable", managed: 0, marks: [0, 0, 0], protection: [0, 0, 0])
    let machine = try text.machine()
    let row = machine.protectionByKind(machine.zones[0])
    #expect(row.map(\.kind) == [.normal, .movable] && row.map(\.pages) == [0, 9])
    #expect(machine.zones.count == 1)
    #expect(machine.remarks.contains { $0.contains("zone HighMem of node 0, 5000 pages") })
  }

  @Test("sparse and far nodes are placed side by side, and keep their numbers")
  func sparseNodes() throws {
    var text = ZoneText()
    for (node, start) in [(0, 0), (8, 0x2_0200_0000), (252, 0x4_0000_0000)] {
      text.add(node: node, "Normal", managed: 8192, marks: [60, 75, 90], start: start)
    }
    let machine = try text.machine()
    #expect(machine.nodeNumbers == [0, 8, 252])
    #expect(machine.layouts.map(\.node) == [0, 1, 2])
    #expect(machine.layouts.map(\.start.index) == [0, 8192, 16_384])
    #expect(machine.comparison(AllocatorTunables()).map(\.zone).contains("252 Normal"))
  }

  @Test("high_min tells the CPUs of each node; a node without any has the machine's")
  func cpusOfNodes() throws {
    var text = ZoneText()
    for (node, cpus) in [(0, 6), (1, 2), (2, 8)] {
      text.add(
        node: node, "Normal", managed: 1_000_000, marks: [8000, 10_000, 12_000],
        start: node * 1_048_576, cpus: 8, highMin: 10_000 / cpus)
    }
    let machine = try text.machine()
    #expect(machine.nodeOfCPU == [0, 0, 0, 0, 0, 0, 1, 1])
    let rows = machine.comparison(machine.tunables(AllocatorTunables()))
    #expect(rows.filter { $0.name.hasSuffix("high_min") && $0.kernel != $0.model } == [])
  }

  @Test("a CPU belongs to the node that most of its pages came from")
  func nodesFromRecording() throws {
    var text = ZoneText()
    text.add(node: 0, "Normal", managed: 8192, marks: [60, 75, 90], start: 0, cpus: 4)
    text.add(node: 1, "Normal", managed: 8192, marks: [60, 75, 90], start: 8192, cpus: 4)
    var machine = try text.machine()
    #expect(machine.nodeOfCPU == [0, 0, 1, 1])
    var events = ""
    for (cpu, pfn) in [(0, 8), (1, 8200), (1, 8201), (1, 9), (2, 16)] {
      events +=
        "a-1 [00\(cpu)] 1.5: mm_page_alloc: pfn=\(pfn) order=0 migratetype=0"
        + " gfp_flags=GFP_KERNEL\n"
    }
    let zones = machine.zones.enumerated().map {
      TraceZone(
        index: $0.offset, startPFN: UInt64($0.element.startPFN),
        endPFN: UInt64($0.element.endPFN))
    }
    let trace = TraceResolver.resolve(FtraceReader.read(Array(events.utf8)), zones: zones)
    machine.takeNodes(from: trace)
    #expect(machine.nodeOfCPU == [0, 1, 0, 1])
  }

  @Test("CMA pages are free and movable, isolated ones neither; larger blocks are several")
  func otherTypes() throws {
    let columns = Array(repeating: "0", count: 11).joined(separator: " ")
    let types = try PageTypeInfoReader.read(
      Array(
        """
        Page block order: 9
        Pages per block:  512

        Free pages count per migrate type at order 0 1 2 3 4 5 6 7 8 9 10 11
        Node 0, zone Normal, type Unmovable 4 \(columns)
        Node 0, zone Normal, type CMA \(columns) 3
        Node 0, zone Normal, type Isolate 5 \(columns)

        Number of blocks type Unmovable CMA Isolate
        Node 0, zone Normal 4 12 0
        """.utf8), file: "p")
    var text = ZoneText()
    text.add("Normal", managed: 8192, marks: [60, 75, 90], free: 6148)
    let machine = try text.machine(types: types)
    #expect(machine.differences == [])
    let free = machine.start(nil)[0].free
    #expect(free[Migratetype.movable.index][10] == 6)
    #expect(free[Migratetype.unmovable.index][0] == 4)
  }

  @Test("files read one after the other are taken with a remark, others refused with the zone")
  func agreement() throws {
    func machine(_ first: Int, _ second: Int) throws -> RecordedMachine {
      var text = ZoneText()
      for node in 0..<2 {
        text.add(
          node: node, "Normal", managed: 1 << 20, marks: [8000, 10_000, 12_000],
          start: node << 20, free: 1 << 19)
      }
      return try text.machine(
        blocks: [first, second].enumerated().map {
          BuddyInfoZone(node: $0.offset, zone: "Normal", freeBlocks: [$0.element])
        })
    }
    let busy = try machine(1 << 19 - 100_000, 1 << 19 + 80_000)
    #expect(busy.mismatch == nil && busy.differenceRemarks.count == 2)
    let other = try machine(1 << 19 - 100_000, 1 << 19)
    #expect(other.mismatch?.zone == "0 Normal" && other.mismatch?.inBlocks == 424_288)
    let far = try machine(1 << 19 - 140_000, 1 << 19 + 140_000)
    #expect(far.mismatch != nil)
  }

  @Test(
    "larger pages are told by their batches, as a remark",
    arguments: [(63, nil), (31, nil), (15, 16), (3, 64), (1, 64)] as [(Int, Int?)])
  func pageSize(batch: Int, size: Int?) throws {
    var text = ZoneText()
    text.add("Normal", managed: 1_000_000, marks: [8000, 10_000, 12_000], batch: batch)
    let remark = try text.machine().pageSizeRemarks().first
    #expect(remark?.contains("pages of \(size ?? 0) KiB") == (size == nil ? nil : true))
  }

  @Test("pageblocks of other page sizes are a limit, with the number")
  func pageblocks() throws {
    let types = try PageTypeInfoReader.read(
      Array(
        """
        Page block order: 13
        Pages per block:  8192
        Free pages count per migrate type at order 0
        Node 0, zone Normal, type Movable 0
        Number of blocks type Movable
        Node 0, zone Normal 1
        """.utf8), file: "p")
    var text = ZoneText()
    text.add("Normal", managed: 8192, marks: [60, 75, 90])
    let error = #expect(throws: TraceInputError.self) { try text.machine(types: types) }
    #expect(error?.description.contains("order 13, which have pages of 64 KiB") == true)
  }

  @Test("the rules of older kernels are named where their numbers differ")
  func rules() throws {
    var text = ZoneText()
    text.add("Normal", managed: 1_000_000, marks: [1000, 1250, 1500], batch: 31, high: 186)
    let remarks = try text.machine().remarks
    for kernel in ["before 5.14", "before 4.20", "before 4.6"] {
      #expect(remarks.contains { $0.contains(kernel) }, "\(kernel)")
    }
  }

  @Test("the file's own numbers can be taken as they are")
  func ownNumbers() throws {
    var text = ZoneText()
    text.add(
      "Normal", managed: 1_000_000, marks: [1111, 2222, 3333], boost: 11, protection: [0],
      batch: 7, high: 777)
    let sizes = try text.machine().sizes(AllocatorTunables())
    #expect(sizes.map(\.min) == [1100] && sizes[0].low == 2211 && sizes[0].high == 3322)
    #expect(sizes[0].batch == 7 && sizes[0].highMin == 777 && sizes[0].highMax == 777)
  }
}
