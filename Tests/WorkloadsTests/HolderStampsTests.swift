// No two holders of the largest run have a stamp in common.

import Machine
import Testing

@testable import Workloads

@Suite("Stamps of holders")
struct HolderStampsTests {
  @Test("differ for all holders of the largest run, and are never 0")
  func differ() {
    let workers = 16 * Machine.workerCountMax
    #expect(workers <= HolderStamps.workersMax)
    let cpus = 0..<Machine.cpuCountMax
    var holders = (0..<workers).map(HolderStamps.worker)
    for owner in 0..<4 { holders += cpus.map { HolderStamps.handler(owner, cpuID: $0) } }
    holders += cpus.map { HolderStamps.pool(cpuID: $0) }
    let cacheSlots = [0, SharedPageCache.slotCountMax / 2].map(HolderStamps.cacheSlot)
    holders += cacheSlots
    #expect(holders.allSatisfy { $0 & HolderStamps.own == 0 && $0 != 0 })
    #expect(Set(holders).count == holders.count)
    let lastSlot = HolderStamps.cacheSlot(SharedPageCache.slotCountMax - 1)
    #expect(cacheSlots.contains(lastSlot & ~HolderStamps.own))
  }

  @Test("of pools say whose they are")
  func pools() {
    for cpu in 0..<Machine.cpuCountMax {
      let stamp = HolderStamps.pool(cpuID: cpu)
      #expect(HolderStamps.poolCPU(of: stamp | HolderStamps.own) == cpu)
      #expect(HolderStamps.poolCPU(of: HolderStamps.worker(cpu)) == nil)
      #expect(HolderStamps.poolCPU(of: HolderStamps.handler(3, cpuID: cpu)) == nil)
    }
    #expect(HolderStamps.poolCPU(of: HolderStamps.cacheSlot(0)) == nil)
    #expect(HolderStamps.poolCPU(of: 0) == nil)
  }
}
