import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("page_pool")
struct PagePoolTests {
  @Test("64 pages are asked for when the cache is empty, and the last is taken first")
  func refill() throws {
    let test = CallerTestMachine(pages: 4096)
    let arena = Arena(byteCount: 65536)
    let pool = makePool(test, arena)
    let ended = test.machine.runAlone(0) { cpu in
      cpu.disableSoftirqs()
      var taken: [PageFrameNumber] = []
      for _ in 0..<64 { if let frame = pool.take(cpu, test.allocator) { taken.append(frame) } }
      #expect(taken.count == 64)
      #expect(Set(taken).count == 64)
      #expect(pool.cached == 0)
      for frame in taken { pool.recycle(cpu, test.allocator, frame) }
      #expect(pool.cached == 64)
      #expect(pool.take(cpu, test.allocator) == taken[63])
      pool.recycle(cpu, test.allocator, taken[63])
      pool.close(cpu, test.allocator)
      cpu.enableSoftirqs()
    }
    #expect(ended, "\(test.brokenRules)")
    #expect(test.total(.pagePoolSlow) == 1)
    #expect(test.total(.bulkFull) == 1)
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("what others give back is taken from the ring before the allocator is asked")
  func ring() throws {
    let test = CallerTestMachine(pages: 4096)
    let arena = Arena(byteCount: 65536)
    let pool = makePool(test, arena)
    let ended = test.machine.runAlone(0) { cpu in
      cpu.disableSoftirqs()
      var taken: [PageFrameNumber] = []
      for _ in 0..<128 { if let frame = pool.take(cpu, test.allocator) { taken.append(frame) } }
      #expect(test.total(.pagePoolSlow) == 2)
      // The ring has room for 64; the rest is freed.
      for frame in taken { pool.recycleFromOutside(cpu, test.allocator, frame) }
      #expect(pool.take(cpu, test.allocator) == taken[63])
      #expect(pool.cached == 63)
      #expect(test.total(.pagePoolSlow) == 2)
      pool.recycle(cpu, test.allocator, taken[63])
      pool.close(cpu, test.allocator)
      cpu.enableSoftirqs()
    }
    #expect(ended, "\(test.brokenRules)")
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("a short refill is accepted, and no page at all is no packet")
  func shortRefill() throws {
    let test = CallerTestMachine(pages: 1024)
    let arena = Arena(byteCount: 65536)
    let pool = makePool(test, arena)
    let ended = test.machine.runAlone(0) { cpu in
      let taken = test.takeAll(cpu, but: 0)
      cpu.disableSoftirqs()
      #expect(pool.take(cpu, test.allocator) == nil)
      #expect(test.total(.bulkFailed) == 1)
      let mark = test.allocator.counters(test.allocator.zone(0)).watermarks[0]
      for frame in taken.prefix(mark) { test.allocator.freePages(cpu, frame, order: .zero) }
      test.allocator.drainAll(cpu)
      #expect(pool.take(cpu, test.allocator) != nil)
      #expect(test.total(.bulkPartial) == 1)
      #expect(pool.cached == 0)
      cpu.enableSoftirqs()
    }
    #expect(ended, "\(test.brokenRules)")
  }

  @Test("a task's polls hand packets to all consumers and give everything back")
  func worker() throws {
    let test = CallerTestMachine(pages: 4096, cpus: 2)
    let workers = try (0..<2).map { try test.worker("pagePool", cpu: $0) }
    for _ in 0..<4 {
      for id in 0..<2 {
        let ended = test.machine.runAlone(id) { cpu in
          CallerTestMachine.run(workers[id], cpu, operations: 50)
        }
        #expect(ended, "\(test.brokenRules)")
      }
    }
    #expect(test.total(.softirqPackets) > 1000)
    #expect(test.total(.handedOver) > 0)
    #expect(test.total(.pagePoolSlow) > 1)
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  @Test("the softirq polls, and a closed queue receives no more")
  func softirq() throws {
    let test = CallerTestMachine(pages: 4096)
    let states = installNetworkHandlers(test.environment)
    let ended = test.machine.runAlone(0) { cpu in
      states[0].begin(cpu)
      for _ in 0..<30 { Self.raise(cpu) }
      #expect(test.environment.receiveQueues.pagesHeld(cpuID: 0) > 0)
      states[0].finish(cpu)
      #expect(test.environment.receiveQueues.pagesHeld(cpuID: 0) == 0)
      let packets = test.total(.softirqPackets)
      #expect(packets > 30)
      Self.raise(cpu)
      #expect(test.total(.softirqPackets) == packets)
      states[0].begin(cpu)
      Self.raise(cpu)
      #expect(test.total(.softirqPackets) > packets)
    }
    #expect(ended, "\(test.brokenRules)")
    let inTask = test.machine.counted(WorkloadCounter.softirqPackets.id, cpu: 0, context: .task)
    #expect(inTask == 0)
    #expect(test.finish(states))
    #expect(test.isAllFree)
  }

  @Test("with no memory a poll receives nothing and ends")
  func noMemory() throws {
    let test = CallerTestMachine(pages: 1024)
    let worker = try test.worker("pagePool")
    let ended = test.machine.runAlone(0) { cpu in
      let taken = test.takeAll(cpu, but: 0)
      CallerTestMachine.run(worker, cpu, operations: 20)
      for frame in taken { test.allocator.freePages(cpu, frame, order: .zero) }
    }
    #expect(ended, "\(test.brokenRules)")
    #expect(test.total(.softirqPackets) == 0)
    #expect(test.total(.bulkFailed) == 20)
    #expect(test.finish())
    #expect(test.isAllFree)
  }

  /// The interrupt of the card, as it would come to a task.
  private static func raise(_ cpu: CPU) {
    cpu.disableSoftirqs()
    NICInterrupt().handle(cpu)
    cpu.enableSoftirqs()
  }

  private func makePool(_ test: CallerTestMachine, _ arena: Arena) -> PagePool {
    let shared = test.machine.arena
    let ring = PagePoolRing(
      pages: shared.table(of: UInt32.self, count: PagePoolRing.capacity),
      words: shared.table(of: Int.self, count: PagePoolRing.wordCount),
      lock: test.machine.makeLock(
        LockClass(WorkloadLockClass.pagePoolRing.rawValue), instance: 99))
    return PagePool(in: arena, cpuID: 0, ring: ring)
  }
}
