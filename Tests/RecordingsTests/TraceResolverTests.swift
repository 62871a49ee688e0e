// Tests of TraceResolver: one small recording per rule, and the excerpts.

import Testing

@testable import Recordings

@Suite struct TraceResolverTests {
  @Test("a free finds its allocation on another CPU")
  func plain() {
    var text = TraceText()
    text.alloc(0, 5000, type: 2, flags: "..s1.")
    text.alloc(0, 5001)
    text.free(1, 5000)
    let trace = text.resolved()
    #expect(trace.operations[0].map(\.slot) == [0, 1])
    #expect(trace.operations[0][0].context == .softirq && trace.operations[0][0].migratetype == 2)
    #expect(trace.operations[0][0].gfp == [.reclaim, .io, .fs])
    #expect(trace.operations[1].map(\.kind) == [.free] && trace.operations[1][0].slot == 0)
    #expect(trace.operations[1][0].timestamp == 1_000_102)
    #expect(trace.slotCount == 2)
  }

  @Test("a free of a block never seen belongs to the time before")
  func preexisting() {
    var text = TraceText()
    text.free(0, 5000, order: 3)
    text.free(0, 100)
    let trace = text.resolved()
    #expect(
      trace.preexistingBlocks == [
        TracePreexistingBlock(pfn: 5000, order: 3, zone: 1, migratetype: 1),
        TracePreexistingBlock(pfn: 100, order: 0, zone: 0, migratetype: 1),
      ])
    #expect(trace.operations[0].map(\.slot) == [0, 1])
    #expect(trace.operations[0].allSatisfy { $0.flags.contains(.preexisting) })
    #expect(trace.counts.preexistingFrees == 2 && trace.slotCount == 0)
  }

  @Test("frees of free pages imply one bulk call on the CPU that held them")
  func impliedBulk() {
    var text = TraceText()
    for pfn in 5000...5003 { text.zoneLocked(1, pfn) }
    text.alloc(0, 6000)
    text.free(0, 5000)
    text.alloc(1, 7000)
    for pfn in 5001...5003 { text.free(0, pfn) }
    let trace = text.resolved()
    #expect(trace.operations[1].map(\.kind) == [.allocateBulk, .allocate])
    #expect(trace.operations[1][0].pageCount == 4 && trace.operations[1][0].slot == 2)
    #expect(trace.operations[0].map(\.slot) == [0, 2, 3, 4, 5])
    #expect(trace.counts.impliedBulkCalls == 1 && trace.counts.impliedBulkPages == 4)
    #expect(trace.flows[1][1].perCPUChange == 4 - 5)
    #expect(trace.slotCount == 6)
  }

  @Test("a page freed twice on one CPU was bulk-allocated just before")
  func impliedBulkAtHome() {
    var text = TraceText()
    text.alloc(0, 5000)
    text.free(0, 5000)
    text.free(0, 5000)
    let trace = text.resolved()
    #expect(trace.operations[0].map(\.kind) == [.allocate, .free, .allocateBulk, .free])
    #expect(trace.operations[0].map(\.slot) == [0, 0, 1, 1])
  }

  @Test("an operation between two frees parts the bulk calls")
  func partedBulk() {
    var text = TraceText()
    text.zoneLocked(0, 5000)
    text.zoneLocked(0, 5001)
    text.free(0, 5000)
    text.alloc(0, 6000)
    text.free(0, 5001)
    let trace = text.resolved()
    #expect(trace.counts.impliedBulkCalls == 2)
    #expect(trace.operations[0].map(\.slot) == [1, 1, 0, 2, 2])
  }

  @Test("an implied bulk call takes no more than the documented number of pages")
  func bulkCap() {
    var text = TraceText()
    for pfn in 5000..<5150 { text.zoneLocked(0, pfn) }
    for pfn in 5000..<5150 { text.free(0, pfn) }
    let calls = text.resolved().operations[0].filter { $0.kind == .allocateBulk }
    #expect(calls.map(\.pageCount) == [UInt16(TraceResolver.bulkPagesMax), 50])
  }

  @Test("a free block of a higher order implies a single allocation")
  func impliedBlock() {
    var text = TraceText()
    text.zoneLocked(0, 5000, order: 2)
    text.free(0, 5000, order: 2)
    let trace = text.resolved()
    #expect(trace.counts.impliedBlocks == 1 && trace.counts.impliedBulkCalls == 0)
    #expect(trace.operations[0][0].order == 2 && trace.operations[0][0].pageCount == 1)
  }

  @Test("an allocation of a live page leaks the old slot")
  func lostFree() {
    var text = TraceText()
    text.alloc(0, 5000)
    text.alloc(0, 5000)
    text.free(0, 5000)
    let trace = text.resolved()
    #expect(trace.counts.allocatedWhileLive == 1 && trace.counts.leakedSlots == 1)
    #expect(trace.operations[0].map(\.slot) == [0, 1, 1])
  }

  @Test("a refill or a drain of a live page leaks its slot")
  func movedWhileLive() {
    var text = TraceText()
    text.alloc(0, 5000)
    text.alloc(0, 5001)
    text.zoneLocked(0, 5000)
    text.drain(0, 5001)
    let trace = text.resolved()
    #expect(trace.counts.movedWhileLive == 2 && trace.counts.leakedSlots == 2)
  }

  @Test("a block may be freed piece by piece")
  func partialFrees() {
    var text = TraceText()
    text.alloc(0, 5000, order: 2)
    text.free(0, 5000)
    text.free(0, 5002, order: 1)
    text.free(0, 5001)
    let trace = text.resolved()
    #expect(trace.operations[0].dropFirst().map(\.kind) == [.freePart, .freePart, .freePart])
    #expect(trace.operations[0].map(\.pageOffset) == [0, 0, 2, 1])
    #expect(trace.operations[0].map(\.order) == [2, 0, 1, 0])
    #expect(trace.counts.partialFrees == 3 && trace.counts.leakedSlots == 0)
  }

  @Test("a free of what is partly free is counted and left out")
  func overlappingFree() {
    var text = TraceText()
    text.alloc(0, 5000, order: 2)
    text.free(0, 5001)
    text.free(0, 5000, order: 2)
    let trace = text.resolved()
    #expect(trace.counts.overlappingFrees == 1 && trace.counts.leakedSlots == 1)
    #expect(trace.operations[0].count == 2)
  }

  @Test("a free larger than the allocation frees what was allocated")
  func oversizedFree() {
    var text = TraceText()
    text.alloc(0, 5000)
    text.alloc(0, 5001)
    text.free(0, 5000, order: 1)
    let trace = text.resolved()
    #expect(trace.counts.oversizedFrees == 1 && trace.counts.leakedSlots == 1)
    #expect(trace.operations[0].last?.order == 0 && trace.operations[0].last?.slot == 0)
  }

  @Test("a request that the kernel failed has no slot")
  func failedAllocation() {
    var text = TraceText()
    text.alloc(0, 0, order: 3)
    let trace = text.resolved()
    #expect(trace.operations[0].map(\.kind) == [.allocateFailed])
    #expect(trace.operations[0][0].slot == ResolvedOperation.noSlot)
    #expect(trace.counts.failedAllocations == 1 && trace.counts.allocations == 0)
  }

  @Test("a batched call is marked from its first to its last free, large blocks included")
  func batch() {
    var text = TraceText()
    for pfn in 5000...5003 { text.alloc(0, pfn) }
    text.alloc(0, 5008, order: 3)
    text.free(0, 5000)
    text.free(0, 5001)
    text.free(0, 5008, order: 3)
    text.free(0, 5002, flags: "..s1.")
    text.free(0, 5003)
    for pfn in [5001, 5003] { text.batched(0, pfn) }
    text.free(0, 6000)
    let trace = text.resolved()
    let flags = trace.operations[0].suffix(6).map { $0.flags.subtracting(.preexisting) }
    #expect(flags == [[], [.inBatch, .batchBegin], .inBatch, [], [.inBatch, .batchEnd], []])
    #expect(trace.counts.batches == 1 && trace.counts.batchedFrees == 3)
  }

  @Test("a free behind a batch begins another; the end of the text ends the last")
  func batches() {
    var text = TraceText()
    for pfn in [5000, 5001] {
      text.free(0, pfn)
      text.batched(0, pfn)
    }
    text.batched(0, 7777)
    let trace = text.resolved()
    let whole: ResolvedOperation.Flags = [.preexisting, .inBatch, .batchBegin, .batchEnd]
    #expect(trace.operations[0].map(\.flags) == [whole, whole])
    #expect(trace.counts.batches == 2 && trace.counts.unmatchedBatched == 1)
  }

  @Test("flows count pages by CPU and zone")
  func flows() {
    var text = TraceText()
    text.zoneLocked(0, 5008, order: 3)
    text.zoneLocked(1, 5024, order: 4, refill: 0)
    text.alloc(1, 5024, order: 4)
    text.drain(1, 100, order: 1)
    text.add(
      0,
      "mm_page_alloc_extfrag: pfn=5632 alloc_order=0 fallback_order=9 pageblock_order=9 "
        + "alloc_migratetype=0 fallback_migratetype=1 fragmenting=0 change_ownership=1")
    let trace = text.resolved()
    #expect(trace.flows[0][1].refilledPages == 8 && trace.flows[0][1].fallbackCount == 1)
    #expect(trace.flows[1][1].directPages == 16 && trace.flows[1][1].allocatedFromPerCPUPages == 0)
    #expect(trace.flows[1][0].drainedPages == 2 && trace.flows[1][0].perCPUChange == -2)
    #expect(trace.flow(zone: 1).takenPages == 24)
  }

  @Test("pages that appear without an earlier event were on the CPU's lists")
  func startTable() {
    var text = TraceText()
    text.alloc(0, 5000, order: 2, type: 1)
    text.free(0, 5000, order: 2)
    text.alloc(1, 5000, order: 2, type: 1)
    text.zoneLocked(0, 5001)
    text.alloc(0, 100, type: 2)
    text.drain(1, 101, type: 2)
    let trace = text.resolved()
    #expect(trace.startPerCPU(cpu: 0, zone: 1, order: 2, migratetype: 1) == 4)
    #expect(trace.startPerCPU(cpu: 1, zone: 1, order: 2, migratetype: 1) == 0)
    #expect(trace.startAllocated[0, 0, 0, 2] == 1)
    #expect(trace.startDrained[1, 0, 0, 2] == 1 && trace.startAllocated[1, 0, 0, 2] == 0)
  }

  @Test("frames outside the zones and misplaced blocks are counted and left out")
  func outside() {
    var text = TraceText()
    text.alloc(0, 70000)
    text.free(0, 65535, order: 1)
    text.free(0, 5001, order: 1)
    let trace = text.resolved()
    #expect(trace.counts.outsideZones == 2 && trace.counts.misaligned == 1)
    #expect(trace.operations[0].isEmpty)
  }

  @Test("events behind a loss are resolved and marked")
  func loss() {
    var text = TraceText()
    text.alloc(0, 5000)
    text.text += "CPU:0 [LOST 4 EVENTS]\n"
    text.alloc(0, 5000)
    let trace = text.resolved()
    #expect(trace.counts.eventsAfterLoss == 1)
    #expect(trace.operations[0].map { $0.flags.contains(.afterLoss) } == [false, true])
  }

  @Test("an empty recording resolves to nothing")
  func empty() {
    let trace = TraceText().resolved()
    #expect(trace.operations.isEmpty && trace.slotCount == 0)
    #expect(trace.flow(zone: 0) == TraceZoneFlow())
  }

  @Test("the excerpts resolve as counted, and no slot is freed before it is filled")
  func excerpts() throws {
    let golden = [
      ("anon", [136, 13, 40, 3, 31, 103, 63, 0, 0]),
      ("fs", [92, 2, 5, 18, 55, 75, 1377, 19, 1]),
    ]
    for (name, expected) in golden {
      let recording = FtraceReader.read(try TraceFixture.bytes("\(name).ftrace"))
      let trace = TraceResolver.resolve(recording, zones: TraceFixture.zones)
      let counts = trace.counts
      let found = [
        counts.preexistingFrees, counts.impliedBulkCalls, counts.impliedBulkPages, counts.batches,
        counts.batchedFrees, trace.slotCount, trace.flow(zone: 2).takenPages,
        trace.flow(zone: 2).drainedPages, trace.flow(zone: 2).fallbackCount,
      ]
      #expect(found == expected)
      expectFilledBeforeFreed(trace)
    }
  }

  /// Runs the CPUs in turn, each until it would wait.
  private func expectFilledBeforeFreed(_ trace: ResolvedTrace) {
    var isFilled = [Bool](repeating: false, count: trace.slotCount)
    var next = [Int](repeating: 0, count: trace.operations.count)
    var moved = true
    while moved {
      moved = false
      for cpu in trace.operations.indices {
        while next[cpu] < trace.operations[cpu].count {
          let operation = trace.operations[cpu][next[cpu]]
          if operation.kind == .allocate || operation.kind == .allocateBulk {
            for page in 0..<Int(operation.pageCount) { isFilled[Int(operation.slot) + page] = true }
          } else if operation.isFree, !operation.flags.contains(.preexisting) {
            guard isFilled[Int(operation.slot)] else { break }
          }
          next[cpu] += 1
          moved = true
        }
      }
    }
    #expect(next == trace.operations.map(\.count))
  }
}
