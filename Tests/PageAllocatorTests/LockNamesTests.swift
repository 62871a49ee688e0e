// Each lock of the allocator can be told from any other.

import Machine
import Testing

@testable import PageAllocator

@Suite("The names of locks")
struct LockNamesTests {
  private static let zones = [ZoneKind.dma32, .normal].enumerated().map { index, kind in
    ZoneLayout(
      node: 0, kind: kind, start: PageFrameNumber(UInt32(index * 2048)), spannedPages: 2048,
      managedPages: 2048)
  }

  private func locks(_ small: SmallMachine) -> [SpinLock] {
    let allocator = small.allocator
    return (0..<allocator.zoneCount).flatMap { zone in
      [allocator.zone(zone).firstArea.words.lock]
        + (0..<small.machine.cpuCount).map { allocator.perCPUPages(cpu: $0, zone: zone).lock }
    }
  }

  @Test("say the CPU and the zone of per-CPU lists, and the zone of free lists")
  func names() {
    let small = SmallMachine(cpus: 2, zones: Self.zones)
    #expect(
      locks(small).map { small.machine.name(of: $0) } == [
        "zone->lock[DMA32]", "pcp->lock[cpu0 DMA32]", "pcp->lock[cpu1 DMA32]",
        "zone->lock[Normal]", "pcp->lock[cpu0 Normal]", "pcp->lock[cpu1 Normal]",
      ])
    let one = SmallMachine(cpus: 1)
    #expect(
      locks(one).map { one.machine.name(of: $0) } == ["zone->lock[Normal]", "pcp->lock[cpu0]"])
  }

  @Test("and instances differ within a class")
  func instances() {
    let small = SmallMachine(cpus: 3, zones: Self.zones)
    let all = locks(small)
    for (index, lock) in all.enumerated() {
      for other in all[..<index] where other.lockClass == lock.lockClass {
        #expect(other.instance != lock.instance)
        #expect(small.machine.name(of: other) != small.machine.name(of: lock))
      }
    }
  }
}
