// Areas are filled wholly or not at all, in calls of at most 100 pages, and all comes back.

import Machine
import PageAllocator
import Testing

@testable import Workloads

@Suite("vmalloc")
struct VmallocUserTests {
  @Test("areas come and go, some of them charged, and all memory is free after it")
  func comesAndGoes() throws {
    let small = KernelWorkloadMachine(pages: 16_384)
    let worker = try small.worker("vmalloc")
    #expect(small.run(worker, 0..<2000))
    #expect(small.isClean)
    #expect(small.free < 16_384)
    #expect(small.total(.bulkFull) > 0)
    #expect(small.total(.pathBulkAccount) > 0)
    #expect(small.total(.pathFreeContiguous) > 0)
    #expect(small.freeAfterFinish([worker]) == 16_384)
    #expect(small.isClean)
  }

  @Test("a charged call brings one page, and the rest of the area comes page by page")
  func charged() throws {
    let small = KernelWorkloadMachine(pages: 16_384)
    let worker = try #require(try small.worker("vmalloc") as? VmallocUser)
    small.machine.runAlone(0) { cpu in
      worker.begin(cpu)
      worker.allocate(cpu, 0, 64, GFP.kernel.union(.account))
    }
    #expect(worker.pagesHeld == 64)
    #expect(small.total(.pathBulkAccount) == 1 && small.total(.pathBulkSingle) == 1)
    #expect(small.total(.vmallocSingles) == 63)
  }

  @Test("an area of 256 pages takes three calls of at most 100")
  func threeCalls() throws {
    let small = KernelWorkloadMachine(pages: 16_384)
    let worker = try #require(try small.worker("vmalloc") as? VmallocUser)
    small.machine.runAlone(0) { cpu in
      worker.begin(cpu)
      worker.allocate(cpu, 0, 256, .kernel)
    }
    #expect(worker.pagesHeld == 256)
    #expect(small.total(.bulkFull) == 3 && small.total(.vmallocSingles) == 0)
  }

  @Test("an area that memory does not suffice for is given back")
  func tooLarge() throws {
    let small = KernelWorkloadMachine(pages: 512)
    let worker = try #require(try small.worker("vmalloc", ["pages": 1024]) as? VmallocUser)
    small.machine.runAlone(0) { cpu in
      worker.begin(cpu)
      worker.allocate(cpu, 0, 1024, .kernel)
    }
    #expect(worker.pagesHeld == 0)
    #expect(small.total(.allocationFailed) == 1)
    #expect(small.freeAfterFinish([worker]) == 512)
  }

  @Test("the largest areas that a config may ask for have room")
  func largest() throws {
    let kind = try #require(WorkloadKind.named("vmalloc"))
    let sizes = kind.parameters.filter { $0.name != "accountPercent" }.map(\.range.upperBound)
    // What a run gives each worker: 64 bytes for each unit of its largest parameter, and 1 MiB.
    let room = (sizes.max() ?? 0) * 64 + 1 << 20
    #expect(sizes.reduce(4, *) + 8 * (sizes.min() ?? 0) + 128 <= room)
  }
}
