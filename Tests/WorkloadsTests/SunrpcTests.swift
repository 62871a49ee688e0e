import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("sunrpc")
struct SunrpcTests {
  @Test("fills its whole array however the holes lie, and gives everything back")
  func fillsAndFrees() throws {
    let test = CallerTestMachine(pages: 4096)
    let worker = try #require(try test.worker("sunrpc") as? Sunrpc)
    var held: [Int] = []
    let ended = test.machine.runAlone(0) { cpu in
      worker.begin(cpu)
      for index in 0..<200 {
        cpu.beginOperation(UInt64(index), seed: 3)
        worker.operate(cpu)
        held.append(worker.pagesHeld)
      }
      #expect(worker.allocateArguments(cpu))
      #expect(worker.pagesHeld == 259)
      worker.finish(cpu)
    }
    #expect(ended, "\(test.brokenRules)")
    #expect(held.contains(259))
    #expect(held.contains { $0 < 200 })
    #expect(test.total(.sunrpcStalls) == 0)
    #expect(test.total(.bulkFull) > 0)
    #expect(test.total(.handedOver) > 0)
    #expect(test.machine.total(AllocatorCounter.pathBulkFullOnEntry.id) > 0)
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("a full array that is answered with 0 stalls an operation instead of hanging it")
  func fullArrayReturningZero() throws {
    let test = CallerTestMachine(pages: 4096)
    test.allocator.switchOn([.bulkFullArrayReturnsZero])
    let worker = try test.worker("sunrpc", ["waitsMax": 3])
    #expect(
      test.machine.runAlone(0) { CallerTestMachine.run(worker, $0, operations: 100) })
    #expect(test.total(.sunrpcStalls) > 0)
    #expect(test.total(.sunrpcWaits) == 3 * test.total(.sunrpcStalls))
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("with too little memory it waits a bounded number of times and gives pages back")
  func littleMemory() throws {
    let test = CallerTestMachine(pages: 1024)
    let worker = try test.worker("sunrpc", ["pages": 1024])
    #expect(
      test.machine.runAlone(0) { CallerTestMachine.run(worker, $0, operations: 50) },
      "\(test.brokenRules)")
    #expect(test.total(.sunrpcStalls) > 0)
    #expect(test.total(.bulkPartial) > 0)
    #expect(test.total(.allocationFailed) == test.total(.sunrpcStalls))
    #expect(test.finish())
    #expect(test.isAllFree)
  }
}
