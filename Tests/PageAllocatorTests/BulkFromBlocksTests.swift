// The policy that fills a bulk caller's slots from whole blocks.

import Machine
import Testing

@testable import PageAllocator

struct BulkFromBlocksTests {
  @Test(
    "64 slots get one block of 64 pages, each a page of its own; freed, it is whole again",
    arguments: Policies.blocks)
  func wholeBlock(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(64)
    small.run { cpu in
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      let first = slots[0]
      #expect(first.map { $0.alignedDown(to: Order(6)) == $0 } == true)
      for index in 0..<64 { #expect(slots[index] == first?.advanced(by: index)) }
      #expect(small.allocator.perCPUPages(cpu: 0, zone: 0).count.read(cpu) == 0)
      small.allocator.freePagesBulk(cpu, slots, count: 64)
    }
    #expect(small.total(.pathBulkBlock) == 1)
    #expect(small.total(.pagesTakenUnderZoneLock) == 64)
    #expect(small.total(.pathPcpRefill) == 0)
    #expect(small.total(.pgallocNormal) == 64 && small.total(.numaHit) == 64)
    // The pageblock was movable; what comes back has the type it was taken over for.
    #expect(small.counters().free == 4096 && small.counters().freeInBlocks == 4096)
  }

  @Test("each page can be freed by itself, in any order", arguments: Policies.blocks)
  func singlePages(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(64)
    small.run { cpu in
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      for index in 0..<64 {
        if let frame = slots[index * 37 % 64] {
          small.allocator.freePages(cpu, frame, order: .zero)
        }
      }
      small.allocator.drainAll(cpu)
    }
    #expect(small.free() == 4096)
    #expect(small.machine.findings().findings.isEmpty)
  }

  @Test("no more pages are taken than there are holes", arguments: Policies.blocks, [3, 7, 21, 63])
  func holes(policies: Policies, open: Int) {
    let small = SmallMachine(policies)
    let slots = small.slots(64)
    small.run { cpu in
      for index in 0..<64 where index * 31 % 64 >= open { slots[index] = small.take(cpu) }
      small.allocator.drainAll(cpu)
      let free = small.free()
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      #expect(small.free() == free - open)
      #expect(Set((0..<64).compactMap { slots[$0] }).count == 64)
    }
  }

  @Test("pages of the CPU's list go first", arguments: Policies.blocks)
  func listFirst(policies: Policies) {
    let small = SmallMachine(policies)
    let slots = small.slots(8)
    small.run { cpu in
      let frame = small.take(cpu)
      small.allocator.freePages(cpu, frame, order: .zero)
      let listed = small.allocator.perCPUPages(cpu: 0, zone: 0).count.read(cpu)
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 8) == 8)
      #expect(slots[0] == frame)
      #expect(small.allocator.perCPUPages(cpu: 0, zone: 0).count.read(cpu) == max(listed - 8, 0))
    }
  }

  @Test("without large blocks smaller ones do, down to single pages", arguments: Policies.blocks)
  func fragmented(policies: Policies) {
    let small = SmallMachine(policies, pages: 1024)
    let slots = small.slots(64)
    small.run { cpu in
      var frames: [PageFrameNumber] = []
      for _ in 0..<900 { frames.append(small.take(cpu)) }
      // Every third page of what was taken is free, so no block has more than one.
      for (index, frame) in frames.enumerated() where index % 3 == 0 {
        small.allocator.freePages(cpu, frame, order: .zero)
      }
      small.allocator.drainAll(cpu)
      var wanted = small.free() - 200
      while wanted > 1 {
        let count = min(wanted, 64)
        slots.clear()
        let filled = small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: count)
        #expect(filled == count)
        wanted -= count
      }
    }
    #expect(small.machine.findings().findings.isEmpty)
    #expect(small.total(.pathBulkBlock) > 0)
    #expect(small.total(.pathBulkBlock) < small.total(.pagesTakenUnderZoneLock))
  }
}
