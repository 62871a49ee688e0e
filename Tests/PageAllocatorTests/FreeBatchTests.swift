// Freeing many at once: fewer holds of locks, whole blocks from neighbours, shared pages spared.

import Machine
import Testing

@testable import PageAllocator

struct FreeBatchTests {
  @Test(
    "a batch of one zone is freed for one hold of the list's lock", arguments: Policies.allCases)
  func oneHold(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(20)
    small.run { cpu in for index in 0..<20 { slots[index] = small.take(cpu) } }
    small.machine.reset(seed: 1)
    small.machine.setStatistics(.counts)
    slots[7] = nil
    // Few enough to stay on the list.
    small.run { small.allocator.releasePages($0, slots, count: 3) }
    let acquisitions = small.machine.lockTotals(AllocatorLockClass.pcp.id).acquisitions
    #expect(acquisitions == policies.acquisitions(1))
    #expect(small.total(.pathFreeBatch) == 1)
    #expect(small.total(.pgfree) == 3)
    small.run { cpu in
      small.allocator.releasePages(cpu, slots.slice(from: 3, count: 17), count: 17)
      small.allocator.drainAll(cpu)
    }
    #expect(small.total(.pgfree) == 19)
    #expect(small.free() == 4095)
  }

  @Test(
    "a batch frees compound blocks whole, and spares those with another reference",
    arguments: Policies.allCases)
  func mixedBatch(policies: Policies) {
    let small = SmallMachine(policies) { $0.makePlain(pageblock: 9) }
    let slots = small.slots(3)
    let ended = small.run { cpu in
      slots[0] = small.take(cpu, 4, [.kernel, .compound])
      slots[1] = small.take(cpu)
      slots[2] = small.take(cpu, 3, [.kernel, .compound])
      guard let shared = slots[1] else { return }
      #expect(small.allocator.tryGet(cpu, shared))
      small.allocator.releasePages(cpu, slots, count: 3)
      #expect(small.free() == 4095)
      small.allocator.put(cpu, shared)
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.blocks()[10] == 4)
  }

  @Test("releasing a page that is free already is a finding", arguments: Policies.allCases)
  func doubleRelease(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(1)
    let ended = small.run { cpu in
      slots[0] = small.take(cpu)
      small.allocator.releasePages(cpu, slots, count: 1)
      small.allocator.releasePages(cpu, slots, count: 1)
    }
    #expect(!ended)
    #expect(small.machine.findings().findings.map(\.rule) == ["refcount-wrong"])
  }

  /// The first 64 frames as single pages in the slots of the same number.
  private static func singles(_ policies: Policies) -> (SmallMachine, PageSlots) {
    let small = SmallMachine(policies) { $0.makePlain(pageblock: 9) }
    let slots = small.slots(64)
    small.run { cpu in
      let block = small.take(cpu, 6)
      small.allocator.split(cpu, block, order: Order(6))
      for page in 0..<64 { slots[page] = block.advanced(by: page) }
    }
    small.machine.reset(seed: 1)
    return (small, slots)
  }

  @Test(
    "consecutive frames are freed as the largest aligned blocks",
    arguments: Policies.allCases, [(0, 64), (1, 63), (0, 63), (2, 4), (5, 6), (8, 16)])
  func merges(policies: Policies, pair: (first: Int, end: Int)) {
    let (first, end) = pair
    let (small, slots) = Self.singles(policies)
    let ended = small.run { cpu in
      small.allocator.freePagesBulk(
        cpu, slots.slice(from: first, count: end - first), count: end - first)
    }
    #expect(ended)
    #expect(small.free() == 4096 - 64 + end - first)
    #expect(small.total(.pathFreeContiguous) == Self.blocks(first, end))
    #expect((0..<64).allSatisfy { (slots[$0] == nil) == ($0 >= first && $0 < end) })
    if first == 0 && end == 64 { #expect(small.blocks()[10] == 4) }
  }

  /// Aligned blocks of two pages and more that a range of frames falls into.
  private static func blocks(_ first: Int, _ end: Int) -> UInt64 {
    var (offset, count) = (first, UInt64(0))
    while offset < end {
      var pages = 1
      while offset % (pages * 2) == 0 && offset + pages * 2 <= end { pages *= 2 }
      if pages > 1 { count += 1 }
      offset += pages
    }
    return count
  }

  @Test(
    "frames in descending order, and with gaps, are freed one by one", arguments: Policies.allCases)
  func notConsecutive(policies: Policies) {
    let (small, slots) = Self.singles(policies)
    small.run { cpu in
      let order = (0..<64).reversed().map { slots[$0] }
      for page in 0..<64 { slots[page] = order[page] }
      small.allocator.freePagesBulk(cpu, slots, count: 64)
    }
    #expect(small.total(.pathFreeContiguous) == 0)
    #expect(small.free() == 4096)
    #expect(small.blocks()[10] == 4)
  }

  @Test(
    "a page with another reference is spared, and breaks the run",
    arguments: Policies.allCases)
  func spared(policies: Policies) {
    let (small, slots) = Self.singles(policies)
    let ended = small.run { cpu in
      guard let shared = slots[4] else { return }
      #expect(small.allocator.tryGet(cpu, shared))
      small.allocator.freePagesBulk(cpu, slots, count: 8)
      #expect(small.total(.pathFreeContiguous) == 2)
      #expect(small.free() == 4096 - 64 + 7)
      small.allocator.put(cpu, shared)
    }
    #expect(ended)
    #expect(small.free() == 4096 - 64 + 8)
  }
}
