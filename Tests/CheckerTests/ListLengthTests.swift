// What frees leave on per-CPU lists is bounded; what refills bring does not count, nor what must be
// freed without waiting.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("Lengths of per-CPU lists")
struct ListLengthTests {
  /// Lists that keep less than 64 pages, and refills of `batch`.
  private func judged(batch: Int) -> JudgedAllocator {
    JudgedAllocator {
      $0.perCPUBatch = batch
      $0.perCPUHigh = 64
    }
  }

  /// Rules of a scan after CPU 0 took blocks, emptied its lists, and `free` had each.
  private func rules(
    _ judged: JudgedAllocator, blocks: Int, order: Int = 0,
    free: @escaping (CPU, PageFrameNumber) -> Void
  ) -> [String] {
    judged.machine.runAlone { cpu in
      let frames = (0..<blocks).map { _ in judged.take(cpu, order, .kernel | .compound) }
      judged.allocator.drainLocal(cpu)
      for frame in frames { free(cpu, frame) }
    }
    #expect(judged.rulesOfCPUs == [])
    return judged.rulesOfScan()
  }

  @Test("lists that were not shortened are found from their limit on", arguments: [63, 64, 200])
  func neverShortened(pages: Int) {
    let judged = judged(batch: 1)
    let pcp = judged.allocator.perCPUPages(cpu: 0, zone: 0)
    let rules = rules(judged, blocks: pages) { cpu, frame in
      // An allocator that forgets the limit while it frees.
      pcp.highMin.write(cpu, 4096)
      judged.allocator.freePages(cpu, frame, order: .zero)
      pcp.highMin.write(cpu, 64)
    }
    #expect(rules == (pages < 64 ? [] : ["pcp-too-long"]))
    #expect(judged.allocator.perCPUState(cpu: 0, zone: 0).count == pages)
    #expect(judged.scan.scanPerCPULists().map(\.rule) == rules)
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("what is freed to them is given back in time", arguments: [1, 7, 63], [0, 1, 3])
  func shortened(batch: Int, order: Int) {
    let judged = judged(batch: batch)
    let rules = rules(judged, blocks: 200, order: order) { cpu, frame in
      judged.allocator.freePages(cpu, frame, order: Order(order))
    }
    #expect(rules == [])
    #expect(judged.rulesAtEnd() == [])
  }

  @Test("refills of many lists make them longer than their limit, and that is right")
  func refilled() {
    let judged = judged(batch: 63)
    judged.machine.runAlone { cpu in
      for order in 0...3 {
        for type in [GFP.kernel, .highUserMovable, [.kernel, .reclaimable]] {
          _ = judged.take(cpu, order, type)
        }
      }
    }
    #expect(judged.allocator.perCPUState(cpu: 0, zone: 0).count > 3 * 64)
    #expect(judged.rulesOfScan() == [])
  }

  @Test("frees that must not wait make them longer than their limit, and that is right")
  func withoutWaiting() {
    let judged = judged(batch: 1)
    let rules = rules(judged, blocks: 200) { cpu, frame in
      judged.allocator.freePagesNoLock(cpu, frame, order: .zero)
    }
    #expect(judged.allocator.perCPUState(cpu: 0, zone: 0).count == 200)
    #expect(rules == [])
    // They excuse nothing in the next schedule.
    judged.scan.beginSchedule()
    #expect(judged.scan.scanPerCPULists().map(\.rule) == ["pcp-too-long"])
  }

  @Test("a tuned length beyond what lists can have is found", arguments: [0, 64, 65, -1])
  func tunedLength(pages: Int) {
    // Refills of one page bring none beside the one that is asked for.
    let judged = judged(batch: 1)
    judged.machine.runAlone { cpu in
      judged.allocator.perCPUPages(cpu: 1, zone: 0).high.write(cpu, pages)
    }
    #expect(judged.rulesOfScan() == ((0...64).contains(pages) ? [] : ["limit-exceeded"]))
  }

  @Test("a decay may leave a tuned length that is larger, of lists that refills made longer")
  func decayed() {
    let judged = JudgedAllocator {
      $0.perCPUBatch = 63
      $0.batchScaleMax = 0
    }
    let state = judged.allocator.perCPUState(cpu: 0, zone: 0)
    #expect(state.highMin < state.highMax)
    judged.machine.runAlone { cpu in
      for order in 0...3 {
        for type in [GFP.kernel, .highUserMovable, [.kernel, .reclaimable]] {
          for _ in 0..<4 { _ = judged.take(cpu, order, type) }
        }
      }
      let pcp = judged.allocator.perCPUPages(cpu: 0, zone: 0)
      pcp.high.write(cpu, state.highMax)
      judged.allocator.decay(cpu, target: 0)
    }
    #expect(judged.allocator.perCPUState(cpu: 0, zone: 0).high > state.highMax)
    #expect(judged.rulesOfScan() == [])
  }

  @Test("a machine in the middle of its life may start with longer lists")
  func startState() {
    var start = ZoneStart()
    start.pageblocks = [16, 48, 0, 0]
    start.perCPU = [[300], []]
    let judged = JudgedAllocator(start: [start])
    let state = judged.allocator.perCPUState(cpu: 0, zone: 0)
    #expect(state.count == 300 && state.highMax < 300)
    #expect(judged.rulesOfScan() == [])
  }
}
