// The ledger says whose each frame is, and stops a CPU that gives one out or takes it back twice.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("Ownership ledger")
struct OwnershipLedgerTests {
  @Test("blocks of all orders come and go without a finding")
  func clean() {
    let judged = JudgedAllocator()
    let ended = judged.machine.runAlone { cpu in
      for order in 0...10 {
        let frame = judged.take(cpu, order)
        judged.allocator.freePages(cpu, frame, order: Order(order))
      }
    }
    #expect(ended)
    #expect(judged.rulesOfCPUs == [])
    #expect(judged.machine.total(CheckerCounter.allocationsSeen.id) == 11)
    #expect(judged.machine.total(CheckerCounter.pagesFreedSeen.id) == 2047)
  }

  @Test("an allocated frame is in the hands of its CPU, context and block")
  func owner() throws {
    let judged = JudgedAllocator()
    var frame = PageFrameNumber(0)
    judged.machine.runAlone(1) { frame = judged.take($0, 2) }
    let owner = judged.ledger.owner(of: frame.advanced(by: 3))
    #expect(owner.ownership == .allocated)
    #expect(owner.cpu == 1)
    #expect(owner.context == .task)
    #expect(owner.order == Order(2))
    #expect(judged.machine.catalog.name(owner.site) == "machine")
    #expect(owner.hasMoved)
  }

  @Test("a frame that is given out while held is a double allocation that names the holder")
  func doubleAllocation() throws {
    let judged = JudgedAllocator()
    var frame = PageFrameNumber(0)
    judged.machine.runAlone(1) { frame = judged.take($0) }
    let ended = judged.machine.runAlone(0) { cpu in
      judged.allocator.emit(cpu, .allocated, frame, .zero, .movable)
    }
    #expect(!ended)
    let finding = try #require(judged.machine.findings().findings.first)
    #expect(finding.rule == "double-allocation")
    #expect(finding.sentence.contains("CPU 1"))
    #expect(finding.cpu == 0)
    #expect(finding.subject == "frame 0x" + String(frame.rawValue, radix: 16))
  }

  @Test("one held frame in the middle of a block is enough")
  func overlap() {
    let judged = JudgedAllocator()
    let ended = judged.machine.runAlone { cpu in
      judged.allocator.emit(cpu, .allocated, PageFrameNumber(6), .zero, .movable)
      judged.allocator.emit(cpu, .allocated, PageFrameNumber(4), Order(2), .movable)
    }
    #expect(!ended)
    #expect(judged.rulesOfCPUs == ["double-allocation"])
  }

  @Test("a frame that is given back twice is a double free")
  func doubleFree() {
    let judged = JudgedAllocator()
    let ended = judged.machine.runAlone { cpu in
      let frame = judged.take(cpu)
      judged.allocator.freePages(cpu, frame, order: .zero)
      judged.allocator.emit(cpu, .freed, frame, .zero, .movable)
    }
    #expect(!ended)
    #expect(judged.rulesOfCPUs == ["double-free"])
  }

  @Test("a page goes out of service and comes back; out of service it cannot be given out")
  func offline() {
    let judged = JudgedAllocator()
    let frame = PageFrameNumber(100)
    let ended = judged.machine.runAlone { cpu in
      #expect(judged.allocator.takePageOffBuddy(cpu, frame))
      #expect(judged.allocator.putPageBackBuddy(cpu, frame))
      #expect(judged.allocator.takePageOffBuddy(cpu, frame))
    }
    #expect(ended)
    #expect(judged.ledger.owner(of: frame).ownership == .offlined)
    let next = judged.machine.runAlone { cpu in
      judged.allocator.emit(cpu, .allocated, frame, .zero, .movable)
    }
    #expect(!next)
    #expect(judged.rulesOfCPUs == ["double-allocation"])
  }

  @Test("a frame outside of the machine is a finding, not a crash")
  func notAFrame() {
    let judged = JudgedAllocator()
    let ended = judged.machine.runAlone { cpu in
      judged.allocator.emit(cpu, .allocated, PageFrameNumber(.max), .max, .movable)
    }
    #expect(!ended)
    #expect(judged.rulesOfCPUs == ["not-a-frame"])
  }

  @Test(
    "what is in use at the start is adopted, and restored by a reset", arguments: [false, true])
  func reset(tracksTouched: Bool) {
    var start = ZoneStart()
    start.pageblocks = [0, 16, 0, 0]
    start.free[Migratetype.movable.index][0] = 10
    start.free[Migratetype.movable.index][10] = 0
    let judged = JudgedAllocator(pages: 1024, start: [start], tracksTouched: tracksTouched)
    let frames = (0..<1024).map { PageFrameNumber(UInt32($0)) }
    let before = frames.map(judged.ledger.owner)
    #expect(before.filter { $0.ownership == .free }.count == 10)
    guard let live = frames.first(where: { judged.ledger.owner(of: $0).ownership == .allocated })
    else {
      Issue.record("nothing is in use")
      return
    }
    let ended = judged.machine.runAlone { cpu in
      judged.allocator.put(cpu, live)
      _ = judged.take(cpu, 0, [.movable, .high, .memAlloc])
    }
    #expect(ended)
    #expect(frames.map(judged.ledger.owner) != before)
    judged.ledger.reset()
    #expect(frames.map(judged.ledger.owner) == before)
  }
}
