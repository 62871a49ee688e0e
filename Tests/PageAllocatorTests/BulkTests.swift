// What a bulk allocation returns and leaves alone, in every state of its array.

import Machine
import Testing

@testable import PageAllocator

struct BulkTests {
  @Test(
    "every pattern of six slots: the answer is a filled prefix, occupied slots stay as they are",
    arguments: Policies.allCases, 0...6)
  func everyPattern(policies: Policies, count: Int) {
    let small = SmallMachine(policies)
    let slots = small.slots(6)
    let ended = small.run { cpu in
      for pattern in 0..<64 {
        slots.clear()
        for index in 0..<6 where pattern & 1 << index != 0 { slots[index] = small.take(cpu) }
        let before = (0..<6).map { slots[$0] }
        let live = small.machine.total(AllocatorCounter.pgallocNormal.id)
        let result = small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: count)
        let after = (0..<6).map { slots[$0] }
        let added = (0..<6).filter { before[$0] == nil && after[$0] != nil }
        #expect(result == expected(before, count))
        #expect((0..<result).allSatisfy { after[$0] != nil })
        #expect((0..<6).allSatisfy { before[$0] == nil || before[$0] == after[$0] })
        #expect(added.allSatisfy { $0 < result })
        let now = small.machine.total(AllocatorCounter.pgallocNormal.id)
        #expect(now - live == UInt64(added.count))
        #expect(Set(after.compactMap { $0 }).count == after.compactMap { $0 }.count)
        small.allocator.freePagesBulk(cpu, slots, count: 6)
      }
      small.allocator.drainAll(cpu)
    }
    #expect(ended)
    #expect(small.free() == 4096)
  }

  /// With memory for all: one open slot before the end is filled the ordinary way.
  private func expected(_ slots: [PageFrameNumber?], _ count: Int) -> Int {
    let prefix = slots.prefix(count).prefix { $0 != nil }.count
    return count - prefix == 1 ? prefix + 1 : count
  }

  @Test(
    "an array full on entry returns the count, and touches nothing", arguments: Policies.allCases)
  func full(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(8)
    small.run { cpu in
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 8)
      let live = small.total(.pgallocNormal)
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 8)
      #expect(small.total(.pgallocNormal) == live)
    }
    #expect(small.total(.pathBulkFullOnEntry) == 1)
    #expect(small.total(.pathBulkSingle) == 0)
  }

  @Test("asking for nothing, or less, gives 0", arguments: Policies.allCases, [0, -1, Int.min])
  func nothing(policies: Policies, count: Int) {
    let small = SmallMachine(policies)
    let slots = small.slots(4)
    small.run { cpu in
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: count) == 0)
    }
    #expect(small.total(.pgallocNormal) == 0)
    #expect(slots[0] == nil)
  }

  @Test(
    "one slot left, and charged requests, go the ordinary way", arguments: Policies.allCases,
    [true, false])
  func ordinaryWay(policies: Policies, charged: Bool) {
    let small = SmallMachine(policies)
    let slots = small.slots(4)
    small.run { cpu in
      if !charged { for index in 0..<3 { slots[index] = small.take(cpu) } }
      let gfp: GFP = charged ? [.kernel, .account] : .kernel
      let result = small.allocator.allocatePagesBulk(cpu, gfp, into: slots, count: 4)
      #expect(result == (charged ? 1 : 4))
    }
    #expect(small.total(.pathBulkSingle) == 1)
    #expect(small.total(.pathBulkBatch) == 0)
    #expect(small.total(.pathBulkAccount) == (charged ? 1 : 0))
    #expect(small.total(.pathBulkShort) == (charged ? 1 : 0))
  }

  @Test(
    "a busy list sends the call to the single page, which goes to the buddy lists",
    arguments: Policies.trylock)
  func busyList(policies: Policies) {
    let small = SmallMachine(policies, cpus: 2)
    let slots = small.slots(8)
    small.run { cpu in
      let lock = small.allocator.perCPUPages(cpu: 0, zone: 0).lock
      lock.lock(small.machine.cpu(1))
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 1)
      lock.unlock(small.machine.cpu(1))
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 8)
    }
    #expect(small.total(.pathBulkPcpBusy) == 1)
    #expect(small.total(.pathBulkSingle) == 1)
    #expect(small.total(.pathBuddyDirect) == 1)
  }

  /// A zone with min 100 and low 125, all but so many pages taken, nothing on per-CPU lists.
  private static func left(_ pages: Int, _ policies: Policies) -> SmallMachine {
    let small = SmallMachine(policies) {
      $0.minFreeKBytes = 400
      $0.perCPUHigh = 0
    }
    small.run { cpu in
      while small.free() > pages { _ = small.take(cpu) }
    }
    small.machine.reset(seed: 1)
    return small
  }

  @Test(
    "the batch needs room above low for what is wanted, not for what is there",
    arguments: Policies.allCases, [0, 3, 6])
  func watermarkNeed(policies: Policies, prefix: Int) {
    for (free, passes) in [(125 + 8 - prefix, false), (126 + 8 - prefix, true)] {
      let small = Self.left(free + prefix, policies)
      let slots = small.slots(8)
      small.run { cpu in
        for index in 0..<prefix { slots[index] = small.take(cpu) }
        #expect(small.free() == free)
        let result = small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8)
        #expect(result == (passes ? 8 : prefix + 1))
      }
      #expect(small.total(.pathBulkNoZone) == (passes ? 0 : 1))
      #expect(small.total(.pathBulkBatch) == (passes ? 1 : 0))
    }
  }

  @Test(
    "without memory the answer is the prefix, and one page was asked for",
    arguments: Policies.allCases)
  func outOfMemory(policies: Policies) {
    let small = Self.left(100, policies)
    let slots = small.slots(8)
    small.run { cpu in
      slots[0] = PageFrameNumber(7)
      slots[1] = PageFrameNumber(8)
      slots[5] = PageFrameNumber(9)
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 2)
    }
    #expect(
      (0..<8).map { slots[$0] != nil } == [
        true, true, false, false, false, true, false, false,
      ])
    #expect(small.total(.pathBulkSingle) == 1)
    #expect(small.total(.pathOutOfMemory) == 1)
    #expect(small.total(.pathBulkShort) == 1)
  }

  @Test(
    "the batch takes from another zone of its node, never from another node",
    arguments: Policies.allCases, [0, 1])
  func otherZone(policies: Policies, nodeOfSecond: Int) {
    let kind: ZoneKind = nodeOfSecond == 0 ? .dma32 : .normal
    var zones = [
      ZoneLayout(
        node: 0, kind: .normal, start: PageFrameNumber(4096), spannedPages: 1024,
        managedPages: 1024),
      ZoneLayout(
        node: nodeOfSecond, kind: kind, start: PageFrameNumber(0), spannedPages: 1024,
        managedPages: 1024),
    ]
    if nodeOfSecond == 0 { zones.reverse() }
    let normal = nodeOfSecond == 0 ? 1 : 0
    let small = SmallMachine(
      policies, cpus: policies.cpus(2), zones: zones, nodes: nodeOfSecond + 1)
    let slots = small.slots(8)
    small.run { cpu in
      // The preferred zone seems empty.
      let zone = small.zone(normal)
      zone.freePages.write(cpu, 0, under: zone.firstArea.atBoot)
      let result = small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8, node: 0)
      #expect(result == (nodeOfSecond == 0 ? 8 : 1))
    }
    #expect(small.total(.pathBulkBatch) == (nodeOfSecond == 0 ? 1 : 0))
    #expect(small.total(.pathBulkRemoteNode) == UInt64(nodeOfSecond))
  }

  @Test("each page has one reference and its own counts", arguments: Policies.allCases)
  func counts(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(64)
    small.run { cpu in
      _ = small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64)
    }
    for index in 0..<64 {
      let state = slots[index].map { small.allocator.frameState($0) }
      #expect(state?.references == 1 && state?.isAllocated == true && state?.order == .zero)
    }
    #expect(small.total(.pgallocNormal) == 64)
    #expect(small.total(.numaHit) == 64 && small.total(.numaLocal) == 64)
  }
}
