import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("btrfs")
struct BtrfsPageArrayTests {
  @Test("fills arrays wholly, some with pages in them before, and gives everything back")
  func fillsAndFrees() throws {
    let test = CallerTestMachine(pages: 4096)
    let worker = try test.worker("btrfs", ["prefilledPercent": 50])
    #expect(
      test.machine.runAlone(0) { CallerTestMachine.run(worker, $0, operations: 500) },
      "\(test.brokenRules)")
    #expect(test.total(.btrfsRollbacks) == 0)
    #expect(test.total(.bulkFull) > 0)
    #expect(test.total(.handedOver) > 0)
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("when nothing more comes the pages of the call are given back and their slots emptied")
  func rollback() throws {
    let test = CallerTestMachine(pages: 1024)
    let worker = try #require(try test.worker("btrfs") as? BtrfsPageArray)
    let ended = test.machine.runAlone(0) { cpu in
      worker.begin(cpu)
      let zone = test.allocator.counters(test.allocator.zone(0))
      // Just above the watermark that a caller which may not use the reserve is held to.
      let taken = test.takeAll(cpu, but: zone.watermarks[0] + 10)
      test.allocator.drainAll(cpu)
      let before = test.freePages
      #expect(!worker.fill(cpu, 0, 64))
      #expect(worker.pagesHeld == 0)
      test.allocator.drainAll(cpu)
      #expect(test.freePages == before)
      #expect(worker.fill(cpu, 0, 4))
      for frame in taken { test.allocator.freePages(cpu, frame, order: .zero) }
      for index in 0..<40 {
        cpu.beginOperation(UInt64(index), seed: 3)
        worker.operate(cpu)
      }
      worker.finish(cpu)
    }
    #expect(ended, "\(test.brokenRules)")
    #expect(test.total(.btrfsRollbacks) >= 1)
  }

  @Test("in a machine with almost no memory every operation ends, and nothing is lost")
  func littleMemory() throws {
    let test = CallerTestMachine(pages: 512)
    let worker = try test.worker("btrfs", ["arrays": 64, "prefilledPercent": 50])
    #expect(
      test.machine.runAlone(0) { CallerTestMachine.run(worker, $0, operations: 500) },
      "\(test.brokenRules)")
    #expect(test.total(.btrfsRollbacks) > 0)
    #expect(test.finish())
    #expect(test.isAllFree)
  }
}
