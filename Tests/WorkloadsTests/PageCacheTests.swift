import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("page cache")
struct PageCacheTests {
  @Test("a folio is found from each of its pages, and lives until the last reference goes")
  func lookup() throws {
    let test = CallerTestMachine(pages: 4096, cacheSlots: 256)
    let cache = try #require(test.environment.pageCache)
    let batch = PageSlots(in: test.environment.privateArena, count: 31)
    let ended = test.machine.runAlone(0) { cpu in
      let gfp = GFP.highUserMovable.union(.compound)
      guard let frame = test.allocator.allocatePages(cpu, order: Order(3), gfp) else {
        Issue.record("there is memory")
        return
      }
      let folio = CachedFolio(frame: frame, order: Order(3))
      #expect(cache.insert(cpu, test.allocator, folio, at: 8))
      #expect(cache.pagesAtRest == 8)
      guard case .found(folio) = cache.find(cpu, test.allocator, 15) else {
        Issue.record("the folio is cached")
        return
      }
      guard case .absent = cache.find(cpu, test.allocator, 16) else {
        Issue.record("nothing is cached there")
        return
      }
      #expect(cache.remove(cpu, test.allocator, from: 10, into: batch) == 1)
      #expect(cache.pagesAtRest == 0)
      test.allocator.releasePages(cpu, batch, count: 1)
      #expect(test.allocator.frameState(frame).references == 1)
      test.allocator.put(cpu, frame)
      #expect(test.allocator.frameState(frame).references == 0)
    }
    #expect(ended, "\(test.brokenRules)")
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("a folio is not inserted over one that is there")
  func insertionRace() throws {
    let test = CallerTestMachine(pages: 4096, cacheSlots: 64)
    let cache = try #require(test.environment.pageCache)
    let ended = test.machine.runAlone(0) { cpu in
      guard let small = test.allocator.allocatePages(cpu, order: .zero, .kernel),
        let large = test.allocator.allocatePages(cpu, order: Order(2), .kernel.union(.compound))
      else {
        Issue.record("there is memory")
        return
      }
      let first = CachedFolio(frame: small, order: .zero)
      #expect(cache.insert(cpu, test.allocator, first, at: 6))
      let second = CachedFolio(frame: large, order: Order(2))
      #expect(!cache.insert(cpu, test.allocator, second, at: 4))
      test.allocator.freePages(cpu, large, order: Order(2))
    }
    #expect(ended, "\(test.brokenRules)")
    #expect(cache.pagesAtRest == 1)
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("readers hit, miss, evict and write back, and the end leaves nothing")
  func workers() throws {
    let test = CallerTestMachine(pages: 4096, cpus: 2, cacheSlots: 512)
    let states = installBlockHandlers(test.environment)
    let workers = try (0..<2).map { try test.worker("pageCache", cpu: $0) }
    for id in [0, 1, 0, 1] {
      let ended = test.machine.runAlone(id) { cpu in
        CallerTestMachine.run(workers[id], cpu, operations: 500)
        cpu.disableSoftirqs()
        BlockInterrupt(test.environment).handle(cpu)
        cpu.enableSoftirqs()
      }
      #expect(ended, "\(test.brokenRules)")
    }
    #expect(test.total(.cacheHits) > 100)
    #expect(test.total(.cacheMisses) > 50)
    #expect(test.total(.cacheEvictions) > 50)
    #expect(test.total(.handedOver) > 50)
    #expect(test.total(.softirqFrees) > 0)
    #expect(test.total(.cacheSpeculativeMiss) == 0)
    #expect(test.environment.pageCache?.pagesAtRest ?? 0 > 0)
    #expect(test.finish(states))
    #expect(test.isAllFree)
  }

  @Test("with less memory than the file has pages, readahead falls back and evicts")
  func littleMemory() throws {
    let test = CallerTestMachine(pages: 512, cacheSlots: 4096)
    let worker = try test.worker("pageCache")
    #expect(
      test.machine.runAlone(0) { CallerTestMachine.run(worker, $0, operations: 2000) },
      "\(test.brokenRules)")
    #expect(test.total(.allocationFailed) > 0)
    #expect(test.finish())
    #expect(test.isAllFree)
  }
}
