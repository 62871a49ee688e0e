// A process's memory comes in folios, goes in batches, is shared and passed on, and all comes back.

import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("Anonymous faults")
struct AnonymousFaultsTests {
  @Test("a process takes every kind of block, and all memory is free after it")
  func everyKind() throws {
    let small = KernelWorkloadMachine(pages: 16_384)
    let worker = try small.worker("anonymousFaults")
    #expect(small.run(worker, 0..<4000))
    #expect(small.isClean)
    #expect(small.free < 16_384)
    #expect(small.total(.hugeFaults) > 0)
    #expect(small.total(.handedOver) > 0)
    #expect(small.total(.pathFreeBatch) > 0)
    #expect(small.total(.pathTryGet) > 0)
    #expect(small.freeAfterFinish([worker]) == 16_384)
    #expect(small.isClean)
  }

  @Test("what a process holds stays within its limit")
  func limit() throws {
    let small = KernelWorkloadMachine(pages: 8192)
    let worker = try small.worker(
      "anonymousFaults", ["pages": 600, "sharePerMille": 0, "migratePerMille": 0])
    for step in 0..<40 {
      #expect(small.run(worker, UInt64(step * 20)..<UInt64(step * 20 + 20)))
      small.machine.runAlone(1) {
        small.environment.mailboxes.freeReceived($0, small.allocator, most: 1000)
      }
      small.machine.runAlone(0) { small.allocator.drainAll($0) }
      #expect(8192 - small.free <= worker.pagesHeldMax)
    }
    #expect(small.freeAfterFinish([worker]) == 8192)
  }

  @Test("a limit below the order of a fault makes the fault smaller")
  func tinyLimit() throws {
    let small = KernelWorkloadMachine(pages: 1024)
    let worker = try small.worker("anonymousFaults", ["pages": 1, "hugePercent": 100])
    #expect(small.run(worker, 0..<500))
    #expect(small.total(.hugeFaults) == 0)
    #expect(small.freeAfterFinish([worker]) == 1024)
    #expect(small.isClean)
  }

  @Test("a huge fault that finds no huge block falls back, order by order")
  func fallsBack() throws {
    let small = KernelWorkloadMachine(pages: 400)
    let worker = try small.worker(
      "anonymousFaults",
      [
        "hugePercent": 100, "folioPercent": 0, "unmapPerMille": 0, "exitPerMille": 0,
        "sharePerMille": 0, "migratePerMille": 0, "driverPerMille": 0,
      ])
    #expect(small.run(worker, 0..<1))
    #expect(small.total(.hugeFallbacks) == 1)
    #expect(small.run(worker, 1..<400))
    #expect(small.total(.hugeFaults) == 0)
    #expect(small.total(.hugeFallbacks) > 400)
    #expect(small.total(.allocationFailed) > 0)
    #expect(small.freeAfterFinish([worker]) == 400)
    #expect(small.isClean)
  }

  @Test("a huge fault worth reclaim empties the own lists before it falls back")
  func compacts() throws {
    let small = KernelWorkloadMachine(pages: 1024)
    let worker = try small.worker("anonymousFaults", ["hugePercent": 100])
    #expect(small.run(worker, 0..<200))
    #expect(small.total(.pathDrainLocal) > 0)
    #expect(small.total(.pathDrainLocal) <= small.total(.hugeFaults) + small.total(.hugeFallbacks))
    #expect(small.freeAfterFinish([worker]) == 1024)
    #expect(small.isClean)
  }

  @Test("a block freed while its first page is referred to frees the rest at once, the first later")
  func speculativeReference() throws {
    let small = KernelWorkloadMachine(pages: 4096)
    let worker = try small.worker("anonymousFaults", ["driverPerMille": 1000, "unmapPerMille": 0])
    #expect(small.run(worker, 0..<200))
    #expect(small.total(.pathFreeTail) > 0)
    #expect(small.freeAfterFinish([worker]) == 4096)
    #expect(small.isClean)
  }

  @Test("references passed to a CPU are dropped by the worker there, in either order")
  func twoProcesses() throws {
    let small = KernelWorkloadMachine(pages: 8192)
    let first = try small.worker("anonymousFaults", cpu: 0, ["sharePerMille": 300])
    let second = try small.worker("anonymousFaults", cpu: 1, ["sharePerMille": 300])
    for step in 0..<60 {
      let range = UInt64(step * 30)..<UInt64(step * 30 + 30)
      #expect(small.run(first, range))
      #expect(small.run(second, range, seed: 8))
    }
    #expect(small.total(.handedOver) > 100)
    #expect(small.freeAfterFinish([first, second]) == 8192)
    #expect(small.isClean)
  }

  @Test("full mailboxes leave every block with its sender")
  func fullMailboxes() throws {
    let small = KernelWorkloadMachine(pages: 8192)
    let worker = try small.worker(
      "anonymousFaults", ["migratePerMille": 300, "sharePerMille": 200, "hugePercent": 0])
    #expect(small.run(worker, 0..<3000))
    #expect(small.total(.handOverRefused) > 0)
    #expect(small.freeAfterFinish([worker]) == 8192)
    #expect(small.isClean)
  }

  @Test("with one CPU a process passes references to itself")
  func oneCPU() throws {
    let small = KernelWorkloadMachine(pages: 2048, cpus: 1)
    let worker = try small.worker("anonymousFaults", ["pages": 1500])
    #expect(small.run(worker, 0..<3000))
    #expect(small.freeAfterFinish([worker]) == 2048)
    #expect(small.isClean)
  }

  @Test("a process that outgrows a tiny machine gives back and goes on")
  func almostNoMemory() throws {
    let small = KernelWorkloadMachine(pages: 64, pageblockOrder: 3)
    let worker = try small.worker("anonymousFaults")
    #expect(small.run(worker, 0..<2000))
    #expect(small.total(.allocationFailed) > 0)
    #expect(small.freeAfterFinish([worker]) == 64)
    #expect(small.isClean)
  }

  @Test("a seed asks for the same, whatever memory there is")
  func requestsFollowTheSeed() throws {
    let hashes = try [(16_384, UInt64(7)), (256, 7), (16_384, 8)].map { pages, seed in
      let small = KernelWorkloadMachine(pages: pages, pageblockOrder: 4)
      let worker = try small.worker("anonymousFaults")
      #expect(small.run(worker, 0..<500, seed: seed))
      return small.machine.requestHash(cpu: 0)
    }
    #expect(hashes[0] == hashes[1])
    #expect(hashes[0] != hashes[2])
  }
}
