// A scan of an allocator at rest finds each way in which it can be broken, and accepts a whole one.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("Zone scan")
struct ZoneScanTests {
  /// Runs code on CPU 0, then scans.
  private func rules(
    _ judged: JudgedAllocator = JudgedAllocator(),
    _ corrupt: @escaping (PageAllocator, Zone, CPU) -> Void

  ) -> [String] {
    judged.machine.runAlone { corrupt(judged.allocator, judged.allocator.zone(0), $0) }
    #expect(judged.rulesOfCPUs == [])
    return judged.rulesOfScan()
  }

  @Test("a fresh machine and one in use are whole")
  func clean() {
    let judged = JudgedAllocator()
    #expect(judged.rulesOfScan() == [])
    var held: [(PageFrameNumber, Order)] = []
    judged.machine.runAlone { cpu in
      for round in 0..<300 {
        let order = Order([0, 0, 1, 3, 5, 9][round % 6])
        let types: [GFP] = [.kernel, .highUserMovable, [.reclaimable, .directReclaim], .atomic]
        if let frame = judged.allocator.allocatePages(cpu, order: order, types[round % 4]) {
          held.append((frame, order))
        }
        if round % 3 == 2, !held.isEmpty {
          let (frame, order) = held.remove(at: round % held.count)
          judged.allocator.freePages(cpu, frame, order: order)
        }
      }
    }
    #expect(judged.rulesOfCPUs == [])
    #expect(judged.rulesOfScan() == [])
    let tally = judged.scan.tallies[0]
    #expect(tally.allocated == held.reduce(0) { $0 + $1.1.pages })
    #expect(tally.free + tally.perCPU + tally.allocated == 4096)
    judged.machine.runAlone { cpu in
      for (frame, order) in held { judged.allocator.freePages(cpu, frame, order: order) }
    }
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("a machine in the middle of its life is whole, and stays so when its pages come back")
  func startState() {
    var start = ZoneStart()
    start.pageblocks = [8, 40, 16, 0]
    start.free[Migratetype.movable.index] = [20, 9, 4, 3, 2, 1, 1, 1, 0, 0, 1]
    start.free[Migratetype.unmovable.index][2] = 5
    start.used[Migratetype.movable.index][3] = 2
    start.perCPU = [[3, 2, 0, 1], [0, 4]]
    let judged = JudgedAllocator(start: [start])
    #expect(judged.rulesOfScan() == [])
    let live = judged.scan.tallies[0].allocated
    #expect(live > 1000)
    judged.machine.runAlone { cpu in
      for index in 0..<4096 where index % 2 == 0 {
        let frame = PageFrameNumber(UInt32(index))
        if judged.allocator.frameState(frame).isAllocated { judged.allocator.put(cpu, frame) }
      }
    }
    #expect(judged.rulesOfCPUs == [])
    #expect(judged.rulesAtEnd() == [])
    #expect(judged.scan.tallies[0].allocated < live)
  }

  @Test("pages out of service have a place of their own")
  func offlined() {
    let judged = JudgedAllocator()
    let rules = rules(judged) { allocator, _, cpu in
      for frame: UInt32 in [0, 77, 4095] {
        #expect(allocator.takePageOffBuddy(cpu, PageFrameNumber(frame)))
      }
    }
    #expect(rules == [])
    #expect(judged.scan.tallies[0].offlined == 3)
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("a page that is on no list and nobody's is not conserved")
  func lostPage() {
    let rules = rules { allocator, zone, cpu in
      _ = allocator.allocatePages(cpu, order: .max, .kernel)
      allocator.frames.word(PageFrameNumber(0)).write(cpu, 0)
    }
    #expect(rules.contains("conservation"))
  }

  @Test("a page that is free and allocated is not conserved")
  func freeAndAllocated() {
    let rules = rules { allocator, _, cpu in
      let inside = PageFrameNumber(5)
      allocator.frames.word(inside).write(cpu, FrameWord.allocated)
    }
    #expect(rules == ["conservation"])
  }

  @Test("what the ledger knows otherwise is not conserved")
  func ledgerDiffers() {
    let rules = rules { allocator, _, cpu in
      allocator.emit(cpu, .allocated, PageFrameNumber(3), .zero, .movable)
    }
    #expect(rules.contains("conservation"))
  }

  @Test("a link that leads nowhere, and one that leads round, are broken lists")
  func brokenLinks() {
    for link: UInt32 in [.max, 4096, 7, 0] {
      let rules = rules { allocator, _, cpu in allocator.frames.next(0).write(cpu, link) }
      #expect(rules.contains("list-broken"), "link \(link)")
    }
  }

  @Test("a block on a list of another order is a broken list")
  func wrongOrder() {
    let rules = rules { allocator, zone, cpu in
      let word = allocator.frames.word(PageFrameNumber(0))
      word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.buddy, Order(4)))
    }
    #expect(rules.contains("list-broken"))
  }

  @Test("two blocks that overlap are a broken list")
  func overlap() {
    let rules = rules { allocator, zone, cpu in
      allocator.addToList(
        cpu, zone.firstArea.atBoot, PageFrameNumber(8), Order(3), .movable, atTail: true)
    }
    #expect(rules.contains("list-broken"))
  }

  @Test("a block that is not aligned is a broken list")
  func misaligned() {
    let rules = rules { allocator, zone, cpu in
      allocator.addToList(
        cpu, zone.firstArea.atBoot, PageFrameNumber(9), Order(3), .movable, atTail: true)
    }
    #expect(rules.contains("list-broken"))
  }

  @Test("two free buddies side by side are not merged")
  func unmerged() {
    let rules = rules { allocator, zone, cpu in
      let frame = PageFrameNumber(0)
      allocator.removeFromList(cpu, zone.firstArea.atBoot, frame, .max, .movable)
      allocator.addToList(cpu, zone.firstArea.atBoot, frame, Order(9), .movable, atTail: true)
      allocator.addToList(
        cpu, zone.firstArea.atBoot, PageFrameNumber(512), Order(9), .movable, atTail: true)
    }
    #expect(rules == ["unmerged-buddies"])
  }

  @Test("a block on the list of another type is a mismatch, also in a later pageblock")
  func wrongType() {
    for frame: UInt32 in [0, 64, 960] {
      let judged = JudgedAllocator()
      let rules = rules(judged) { allocator, zone, cpu in
        let area = zone.firstArea.atBoot
        allocator.setBlockType(cpu, area, PageFrameNumber(frame), .unmovable)
      }
      #expect(rules == ["list-type-mismatch"])
    }
  }

  @Test("each counter of a zone is compared with what is there")
  func counters() {
    let counters: [(Zone) -> ZoneCounter] = [
      { $0.freePages }, { $0.freePagesBlocks }, { $0.freeHighAtomic }, { $0.reservedHighAtomic },
    ]
    for counter in counters {
      let found = rules { _, zone, cpu in
        counter(zone).add(cpu, 1, under: zone.firstArea.atBoot)
      }
      #expect(found == ["counter-mismatch"])
    }
    let found = rules { _, zone, cpu in
      zone.firstArea.freeBlocks(Order(3), .reclaimable).add(cpu, 1)
    }
    #expect(found == ["counter-mismatch"])
  }

  @Test("per-CPU counts are compared with the lists")
  func perCPUCount() {
    let rules = rules { allocator, _, cpu in
      allocator.perCPUPages(cpu: 1, zone: 0).count.add(cpu, 3)
    }
    #expect(rules == ["pcp-count-mismatch"])
  }

  @Test("a block on a per-CPU list of another order is a mismatch")
  func perCPUOrder() {
    let rules = rules { allocator, _, cpu in
      let frame = allocator.allocatePages(cpu, order: .zero, .kernel)
      guard let frame else { return }
      allocator.freePages(cpu, frame, order: .zero)
      let word = allocator.frames.word(frame)
      word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.perCPU, Order(2)))
    }
    #expect(rules == ["pcp-type-mismatch"])
  }

  @Test("the event counters are compared with each other and with what was seen")
  func eventCounters() {
    #expect(
      rules { _, _, cpu in cpu.count(.pgallocNormal) } == [
        "counter-mismatch", "event-count-mismatch",
      ])
    #expect(rules { _, _, cpu in cpu.count(.numaHit) } == ["event-count-mismatch"])
    #expect(rules { _, _, cpu in cpu.count(.numaForeign) } == ["event-count-mismatch"])
  }

  @Test("a pageblock that left the high-atomic reserve may lie unmerged; others may not")
  func leftReserve() {
    for usesWatch in [true, false] {
      let judged = JudgedAllocator(pages: 8192)
      let block = PageFrameNumber(0)
      judged.machine.runAlone { cpu in
        let allocator = judged.allocator
        let zone = allocator.zone(0)
        let frame = judged.take(cpu, 10, .kernel)
        // Kept pages hold the pageblocks apart until both are free but of different kinds.
        for offset in stride(from: 0, to: 1024, by: 64) {
          allocator.setBlockType(cpu, zone.firstArea.atBoot, frame.advanced(by: offset), .movable)
        }
        allocator.setBlockType(cpu, zone.firstArea.atBoot, frame, .highAtomic)
        zone.reservedHighAtomic.write(cpu, 64, under: zone.firstArea.atBoot)
        allocator.freePages(cpu, frame, order: .max)
        let request = AllocationRequest(allocator, cpu, .kernel, .zero, node: 0)
        #expect(allocator.unreserveHighAtomic(cpu, request, force: true))
      }
      #expect(judged.rulesOfCPUs == [])
      let scan = ZoneScan(
        judged.allocator, judged.machine, ledger: judged.ledger,
        watch: usesWatch ? judged.watch : nil)
      #expect(scan.scan() == [])
      #expect(LeakCheck.findings(after: scan) == [])
      #expect(judged.watch.hasMoved(block) || judged.scan.tallies[0].blocks[6] == 0)
      judged.watch.reset()
      #expect(judged.rulesOfScan() == ["unmerged-buddies"])
      #expect(LeakCheck.findings(after: judged.scan).map(\.rule) == ["not-coalesced"])
    }
  }

  @Test("lists and words full of noise are findings, and the scan ends")
  func noise() {
    for seed in 0..<20 as Range<UInt64> {
      let judged = JudgedAllocator(pages: 1024)
      var random = RandomStream(seed: seed)
      judged.machine.runAlone { cpu in
        for _ in 0..<200 {
          let node = UInt32(random.below(1100))
          judged.allocator.frames.next(node).write(cpu, UInt32(random.below(5000)))
          judged.allocator.frames.previous(node).write(cpu, UInt32(random.below(5000)))
          let frame = PageFrameNumber(UInt32(random.below(1024)))
          let word = UInt32(truncatingIfNeeded: random.next())
          judged.allocator.frames.word(frame).write(cpu, word)
        }
      }
      let findings = judged.scan.scan()
      #expect(!findings.isEmpty && findings.count <= 16)
      #expect(Set(findings.map(\.rule)).count == findings.count)
      _ = LeakCheck.findings(after: judged.scan)
    }
  }
}
