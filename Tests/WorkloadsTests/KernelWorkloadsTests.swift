// Slabs, pages out of service and the vmstat worker: they keep their limits and give all back.

import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("Kernel users")
struct KernelWorkloadsTests {
  @Test("slabs come in several orders and types, go elsewhere too, and all memory comes back")
  func slabs() throws {
    let small = KernelWorkloadMachine(pages: 16_384)
    let worker = try small.worker("slab")
    #expect(small.run(worker, 0..<5000))
    let types = Set(
      (0..<16_384).map { PageFrameNumber(UInt32($0)) }
        .filter { small.allocator.frameState($0).isAllocated }
        .map { small.allocator.pageblockType($0) })
    #expect(types.contains(.unmovable))
    #expect(types.contains(.reclaimable))
    #expect(small.total(.handedOver) > 0)
    #expect(small.freeAfterFinish([worker]) == 16_384)
    #expect(small.isClean)
  }

  @Test("atomic slabs of a short zone are served from the high-atomic reserve")
  func highAtomicReserve() throws {
    let small = KernelWorkloadMachine(pages: 2048, cpus: 1, pageblockOrder: 4)
    var taken: [PageFrameNumber] = []
    small.machine.runAlone(0) { cpu in
      while taken.count < 1800,
        let frame = small.allocator.allocatePages(cpu, order: .zero, .highUserMovable)
      {
        taken.append(frame)
      }
    }
    let worker = try small.worker("slab", ["slabs": 256, "atomicPercent": 90])
    #expect(small.run(worker, 0..<5000))
    #expect(small.total(.pathHighAtomicReserve) > 0)
    #expect(small.total(.pathHighAtomicUse) > 0)
    small.machine.runAlone(0) { cpu in
      for frame in taken { small.allocator.freePages(cpu, frame, order: .zero) }
    }
    #expect(small.freeAfterFinish([worker]) == 2048)
    #expect(small.isClean)
  }

  @Test("a slab that cannot be had in its order is tried in a smaller one, then done without")
  func slabsWithoutMemory() throws {
    let small = KernelWorkloadMachine(pages: 48, pageblockOrder: 3)
    let worker = try small.worker("slab")
    #expect(small.run(worker, 0..<2000))
    #expect(small.total(.allocationFailed) > 0)
    #expect(small.freeAfterFinish([worker]) == 48)
    #expect(small.isClean)
  }

  @Test("a page out of service is on no list until it is put back")
  func offline() throws {
    let small = KernelWorkloadMachine(pages: 2048)
    let worker = try small.worker("pageOffliner", ["frames": 8])
    #expect(small.run(worker, 0..<1000))
    let out = (0..<2048).filter {
      small.allocator.frameState(PageFrameNumber(UInt32($0))).isPoisoned
    }
    #expect(out.count <= 8)
    #expect(small.total(.framesOfflined) == small.total(.pathTakeOffBuddy))
    #expect(Int(small.total(.pathTakeOffBuddy) - small.total(.pathPutBackBuddy)) == out.count)
    #expect(2048 - small.free == out.count)
    #expect(small.freeAfterFinish([worker]) == 2048)
    #expect(small.isClean)
  }

  @Test("a page in use is missed, and the tries are bounded")
  func offlineMisses() throws {
    let small = KernelWorkloadMachine(pages: 64, pageblockOrder: 3)
    let worker = try small.worker("pageOffliner", ["attempts": 3, "drainPercent": 0])
    small.machine.runAlone(1) { cpu in
      for _ in 0..<64 { _ = small.allocator.allocatePages(cpu, order: .zero, .kernel) }
      small.allocator.drainAll(cpu)
    }
    #expect(small.run(worker, 0..<200))
    #expect(small.total(.offlineMissed) > 0)
    #expect(small.total(.offlineMissed) <= 600)
    let before = small.free
    small.machine.runAlone(0) { worker.finish($0) }
    #expect(small.free >= before)
    #expect(small.isClean)
  }

  @Test("the vmstat worker visits all CPUs in turn, and drains some")
  func vmstat() throws {
    let small = KernelWorkloadMachine(pages: 16_384, cpus: 3)
    let slab = try small.worker("slab", cpu: 0)
    #expect(small.run(slab, 0..<3000))
    let worker = try small.worker("vmstatWorker", cpu: 2, ["drainAllPerMille": 50])
    #expect(small.run(worker, 0..<300))
    #expect(small.total(.pathDecay) == 300)
    #expect(small.total(.pathDrainRemote) > 0)
    #expect(small.total(.pathDrainAll) > 0)
    #expect(worker.pagesHeldMax == 0)
    #expect(small.freeAfterFinish([slab, worker]) == 16_384)
    #expect(small.isClean)
  }

  @Test("decay alone shortens the list of a CPU that stopped allocating")
  func decays() throws {
    let small = KernelWorkloadMachine(pages: 65_536, cpus: 2)
    let slab = try small.worker("slab", cpu: 0)
    #expect(small.run(slab, 0..<4000))
    small.machine.runAlone(0) { slab.finish($0) }
    let high = small.allocator.perCPUState(cpu: 0, zone: 0).high
    let worker = try small.worker(
      "vmstatWorker", cpu: 1, ["drainPercent": 0, "drainAllPerMille": 0])
    #expect(small.run(worker, 0..<200))
    let state = small.allocator.perCPUState(cpu: 0, zone: 0)
    #expect(state.high <= high)
    #expect(state.high == state.highMin)
  }

  @Test("a seed asks for the same of every kernel user", arguments: kernelKinds.map(\.name))
  func requestsFollowTheSeed(_ kind: String) throws {
    let hashes = try [UInt64(7), 7, 8].map { seed in
      let small = KernelWorkloadMachine(pages: 4096)
      let worker = try small.worker(kind)
      #expect(small.run(worker, 0..<300, seed: seed))
      return small.machine.requestHash(cpu: 0)
    }
    #expect(hashes[0] == hashes[1])
    #expect(hashes[0] != hashes[2])
  }
}
