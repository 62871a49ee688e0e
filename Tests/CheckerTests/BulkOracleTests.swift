// The bulk oracle accepts what alloc_pages_bulk() may do, and nothing else.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("Bulk oracle")
struct BulkOracleTests {
  /// Plays a bulk call of `asked` slots: what was there before, what the call does, what it
  /// returns.
  private func play(
    _ judged: JudgedAllocator, asked: Int, occupied: [Int: UInt32] = [:], returned: Int,
    single: Bool = false, call: @escaping (CPU, PageSlots) -> Void
  ) -> Bool {
    let (slots, arena) = judged.slots(max(asked, 1))
    return withExtendedLifetime(arena) {
      for (slot, frame) in occupied { slots[slot] = PageFrameNumber(frame) }
      let zero = PageFrameNumber(0)
      return judged.machine.runAlone { cpu in
        judged.allocator.emit(cpu, .bulkBegin, zero, .zero, .movable, asked, slots: slots)
        if single { judged.allocator.emit(cpu, .bulkSingle, zero, .zero, .movable) }
        call(cpu, slots)
        judged.allocator.emit(cpu, .bulkEnd, zero, .zero, .movable, returned, slots: slots)
      }
    }
  }

  /// Takes a frame for a slot, and says so.
  private func fill(
    _ judged: JudgedAllocator, _ cpu: CPU, _ slots: PageSlots, _ slot: Int, _ frame: UInt32
  ) {
    judged.allocator.emit(cpu, .allocated, PageFrameNumber(frame), .zero, .movable)
    slots[slot] = PageFrameNumber(frame)
  }

  @Test("real calls break no rule: empty, with holes, full, short, of one, of none, too long")
  func clean() {
    let judged = JudgedAllocator(pages: 8192)
    let (slots, arena) = judged.slots(3000)
    let ended = judged.machine.runAlone { cpu in
      let allocator = judged.allocator
      #expect(allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 0) == 0)
      #expect(allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 1) == 1)
      #expect(allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      #expect(allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      for slot in [3, 17, 40] {
        if let frame = slots[slot] { allocator.freePages(cpu, frame, order: .zero) }
        slots[slot] = nil
      }
      #expect(allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      var filled = 0
      for _ in 0..<4 {
        filled = allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 3000)
      }
      #expect(filled == 3000)
      allocator.freePagesBulk(cpu, slots, count: 3000)
    }
    withExtendedLifetime(arena) {}
    #expect(ended)
    #expect(judged.rulesOfCPUs == [])
    #expect(judged.machine.total(CheckerCounter.bulkCallsChecked.id) == 9)
    #expect(judged.machine.total(CheckerCounter.bulkCallsTruncated.id) == 4)
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("a call that runs out of memory tries for one page and breaks no rule")
  func outOfMemory() {
    let judged = JudgedAllocator(pages: 1024, cpus: 1)
    let (slots, arena) = judged.slots(1024)
    let ended = judged.machine.runAlone { cpu in
      for _ in 0..<1100 {
        let filled = judged.allocator.allocatePagesBulk(cpu, .noWait, into: slots, count: 1024)
        if filled == 1024 { break }
      }
    }
    withExtendedLifetime(arena) {}
    #expect(ended)
    #expect(judged.rulesOfCPUs == [])
    #expect(judged.machine.total(AllocatorCounter.pathOutOfMemory.id) > 0)
  }

  @Test("a full array must return its length")
  func fullArray() {
    let judged = JudgedAllocator()
    #expect(play(judged, asked: 2, occupied: [0: 5, 1: 6], returned: 0) { _, _ in })
    #expect(judged.rulesOfCPUs == ["bulk-full-array"])
  }

  @Test("the seeded bug bulk-full-array-returns-zero is found")
  func seededFullArray() throws {
    let judged = JudgedAllocator(bugs: [.bulkFullArrayReturnsZero])
    let (slots, arena) = judged.slots(8)
    judged.machine.runAlone { cpu in
      #expect(judged.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 8)
      #expect(judged.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 0)
    }
    withExtendedLifetime(arena) {}
    let finding = try #require(judged.machine.findings().findings.first)
    #expect(finding.rule == "bulk-full-array")
    #expect(finding.sentence.contains("8 full slots returned 0"))
    #expect(finding.site == "alloc_pages_bulk")
  }

  @Test("a value beyond the filled prefix is wrong")
  func valueTooLarge() {
    let judged = JudgedAllocator()
    #expect(
      play(judged, asked: 4, returned: 3) { cpu, slots in
        fill(judged, cpu, slots, 0, 1)
        fill(judged, cpu, slots, 1, 2)
      })
    #expect(judged.rulesOfCPUs == ["bulk-return-value"])
  }

  @Test("a new page at or after the value is wrong")
  func newSlotBeyondValue() {
    let judged = JudgedAllocator()
    #expect(
      play(judged, asked: 4, returned: 1) { cpu, slots in
        fill(judged, cpu, slots, 0, 1)
        fill(judged, cpu, slots, 1, 2)
      })
    #expect(judged.rulesOfCPUs == ["bulk-return-value"])
  }

  @Test("a value that leaves out occupied slots further on is right")
  func valueMayBeShort() {
    let judged = JudgedAllocator()
    #expect(
      play(judged, asked: 4, occupied: [1: 9, 3: 10], returned: 1) { cpu, slots in
        fill(judged, cpu, slots, 0, 1)
      })
    #expect(judged.rulesOfCPUs == [])
  }

  @Test("an occupied slot that holds another page is a finding")
  func slotChanged() throws {
    let judged = JudgedAllocator()
    #expect(
      play(judged, asked: 4, occupied: [0: 9], returned: 2) { cpu, slots in
        fill(judged, cpu, slots, 1, 1)
        slots[0] = PageFrameNumber(11)
      })
    let finding = try #require(judged.machine.findings().findings.first)
    #expect(finding.rule == "bulk-slot-changed")
    #expect(finding.sentence.contains("slot 0"))
    #expect(finding.sentence.contains("0x9") && finding.sentence.contains("0xb"))
  }

  @Test("an occupied slot that is empty afterwards is a finding")
  func slotLost() {
    let judged = JudgedAllocator()
    #expect(
      play(judged, asked: 4, occupied: [3: 9], returned: 1) { cpu, slots in
        fill(judged, cpu, slots, 0, 1)
        slots[3] = nil
      })
    #expect(judged.rulesOfCPUs == ["bulk-slot-lost"])
  }

  @Test("a slot filled with a page that was not allocated ends the run")
  func frameFromNowhere() {
    let judged = JudgedAllocator()
    #expect(
      !play(judged, asked: 4, returned: 2) { cpu, slots in
        fill(judged, cpu, slots, 0, 1)
        slots[1] = PageFrameNumber(2)
      })
    #expect(judged.rulesOfCPUs == ["bulk-frames-mismatch"])
  }

  @Test("a page that was allocated and is in no slot is a finding")
  func frameDropped() {
    let judged = JudgedAllocator()
    #expect(
      play(judged, asked: 4, returned: 1) { cpu, slots in
        fill(judged, cpu, slots, 0, 1)
        judged.allocator.emit(cpu, .allocated, PageFrameNumber(2), .zero, .movable)
      })
    #expect(judged.rulesOfCPUs == ["bulk-frames-mismatch"])
  }

  @Test("a call that adds nothing must have tried for a single page", arguments: [false, true])
  func singleAttempt(single: Bool) {
    let judged = JudgedAllocator()
    #expect(play(judged, asked: 4, returned: 0, single: single) { _, _ in })
    #expect(judged.rulesOfCPUs == (single ? [] : ["bulk-no-single-attempt"]))
  }

  @Test("pages beyond the remembered slots are counted")
  func longArray() {
    let judged = JudgedAllocator()
    #expect(
      !play(judged, asked: 1100, returned: 0, single: true) { _, slots in
        slots[1099] = PageFrameNumber(7)
      })
    #expect(judged.rulesOfCPUs == ["bulk-frames-mismatch"])
  }
}
