// What nobody gave back at the end is a leak, named by who got it; and memory must grow together.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("Leaks and coalescing")
struct LeakCheckTests {
  @Test("a run that gives everything back leaks nothing")
  func clean() {
    let judged = JudgedAllocator()
    judged.machine.runAlone { cpu in
      let frames = (0..<500).map { _ in judged.take(cpu) }
      for frame in frames { judged.allocator.freePages(cpu, frame, order: .zero) }
    }
    #expect(judged.rulesAtEnd() == [])
    #expect(judged.scan.tallies[0].blocks[10] == 4)
  }

  @Test("leaks are told by who got the pages, with and without a ledger")
  func leaks() {
    let judged = JudgedAllocator()
    judged.machine.runAlone(0) { cpu in for _ in 0..<3 { _ = judged.take(cpu) } }
    judged.machine.runAlone(1) { cpu in _ = judged.take(cpu, 3) }
    judged.machine.runAlone { judged.allocator.drainAll($0) }
    #expect(judged.scan.scan() == [])
    let told = LeakCheck.findings(after: judged.scan)
    #expect(told.map(\.rule) == ["leaked-page", "leaked-page"])
    #expect(told.map(\.count).sorted() == [3, 8])
    #expect(Set(told.map(\.cpu)) == [0, 1])
    #expect(told.allSatisfy { $0.site == "machine" })
    let blind = ZoneScan(judged.allocator, judged.machine)
    _ = blind.scan()
    let found = LeakCheck.findings(after: blind)
    #expect(found.map(\.rule) == ["leaked-page"])
    #expect(found.first?.count == 11)
  }

  @Test("what was in use at the start is no leak, unless it was freed and taken anew")
  func liveAtStart() {
    var start = ZoneStart()
    start.pageblocks = [0, 16, 0, 0]
    start.free[Migratetype.movable.index][3] = 60
    let judged = JudgedAllocator(pages: 1024, cpus: 1, start: [start])
    #expect(judged.rulesAtEnd() == [])
    let blind = ZoneScan(judged.allocator, judged.machine)
    blind.captureStart()
    _ = blind.scan()
    #expect(LeakCheck.findings(after: blind) == [])
    judged.machine.runAlone { cpu in _ = judged.take(cpu, 0, .highUserMovable) }
    #expect(judged.rulesAtEnd() == ["leaked-page"])
    _ = blind.scan()
    #expect(LeakCheck.findings(after: blind).map(\.count) == [1])
  }

  @Test("pages left on per-CPU lists, and buddies left apart, are not coalesced")
  func notCoalesced() {
    let judged = JudgedAllocator()
    judged.machine.runAlone { cpu in
      let frame = judged.take(cpu)
      judged.allocator.freePages(cpu, frame, order: .zero)
    }
    #expect(judged.rulesOfScan() == [])
    #expect(LeakCheck.findings(after: judged.scan).map(\.rule) == ["not-coalesced"])
    #expect(judged.rulesAtEnd() == [])
    judged.machine.runAlone { cpu in
      let area = judged.allocator.zone(0).firstArea.atBoot
      judged.allocator.removeFromList(cpu, area, PageFrameNumber(1024), .max, .movable)
      for frame: UInt32 in [1024, 1536] {
        judged.allocator.addToList(
          cpu, area, PageFrameNumber(frame), Order(9), .movable, atTail: true)
      }
    }
    #expect(judged.rulesOfScan() == ["unmerged-buddies"])
    let told = LeakCheck.findings(after: judged.scan)
    #expect(told.map(\.rule) == ["not-coalesced"])
    #expect(told.first?.sentence.contains("0 0 0 0 0 0 0 0 0 2 3") ?? false)
  }

  @Test("free memory around pages that are held need not be whole")
  func aroundHeld() {
    let judged = JudgedAllocator()
    judged.machine.runAlone { cpu in
      let frames = (0..<700).map { _ in judged.take(cpu) }
      for (index, frame) in frames.enumerated() where index % 7 != 0 {
        judged.allocator.freePages(cpu, frame, order: .zero)
      }
    }
    #expect(judged.rulesAtEnd() == ["leaked-page"])
  }

  @Test("the rest of a block that a speculative reference outlives is given back")
  func speculativeReference() {
    let judged = JudgedAllocator()
    let ended = judged.machine.runAlone { cpu in speculate(judged, cpu) }
    #expect(ended)
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("the seeded bug tail-leak is found")
  func tailLeak() {
    let judged = JudgedAllocator(bugs: [.tailLeak])
    judged.machine.runAlone { cpu in speculate(judged, cpu) }
    let rules = judged.rulesAtEnd()
    #expect(rules.contains("leaked-page"))
    let leak = LeakCheck.findings(after: judged.scan).first { $0.rule == "leaked-page" }
    #expect(leak?.count == 3)
    #expect(judged.rulesOfCPUs == [])
  }

  /// Somebody looks a block up while its owner gives it back.
  private func speculate(_ judged: JudgedAllocator, _ cpu: CPU) {
    let frame = judged.take(cpu, 2)
    #expect(judged.allocator.tryGet(cpu, frame))
    judged.allocator.freePages(cpu, frame, order: Order(2))
    judged.allocator.put(cpu, frame)
  }
}
