import Machine
import Testing

@testable import PageAllocator

struct AllocateAndFreeTests {
  @Test("every order comes back whole", arguments: Policies.allCases, 0...10)
  func roundTrip(policies: Policies, order: Int) {
    let small = SmallMachine(policies)
    let ended = small.run { cpu in
      let frame = small.allocator.allocatePages(cpu, order: Order(order), .kernel)
      #expect(frame != nil)
      guard let frame else { return }
      #expect(frame.alignedDown(to: Order(order)) == frame)
      small.allocator.freePages(cpu, frame, order: Order(order))
      small.allocator.drainAll(cpu)
    }
    #expect(ended)
    #expect(small.free() == 4096)
    let largest = small.allocator.counters(small.allocator.zone(0)).freeBlocks[10]
    #expect(largest.reduce(0, +) == 4)
  }

  @Test("memory runs out with nil, and all of it comes back", arguments: Policies.allCases)
  func exhaust(policies: Policies) {
    let small = SmallMachine(policies, pages: 1024)
    let ended = small.run { cpu in
      let slots = small.slots(1024)
      var held = 0
      while held < 1024, let frame = small.allocator.allocatePages(cpu, order: .zero, .kernel) {
        slots[held] = frame
        held += 1
      }
      #expect(held > 800 && held < 1024)
      small.allocator.releasePages(cpu, slots, count: held)
      small.allocator.drainAll(cpu)
    }
    #expect(ended)
    #expect(small.free() == 1024)
    #expect(small.total(.pathOutOfMemory) == 1)
  }

  @Test(
    "a bulk call fills empty slots, passes over occupied ones, and returns the filled prefix",
    arguments: Policies.allCases)
  func bulk(policies: Policies) {
    let small = SmallMachine(policies)
    let ended = small.run { cpu in
      let slots = small.slots(64)
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      small.allocator.freePages(cpu, slots[10] ?? PageFrameNumber(0), order: .zero)
      slots[10] = nil
      // The hole is filled, and the occupied slots behind it are passed over.
      #expect(small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 64) == 64)
      #expect(slots[10] != nil)
      small.allocator.freePagesBulk(cpu, slots, count: 64)
      small.allocator.drainAll(cpu)
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.total(.pathBulkFullOnEntry) == 1)
  }

  @Test(
    "the tail of a block whose first page has another reference is freed at once",
    arguments: Policies.allCases)
  func tail(policies: Policies) {
    let small = SmallMachine(policies)
    let ended = small.run { cpu in
      guard let frame = small.allocator.allocatePages(cpu, order: Order(2), .kernel) else {
        return
      }
      #expect(small.allocator.tryGet(cpu, frame))
      small.allocator.freePages(cpu, frame, order: Order(2))
      small.allocator.put(cpu, frame)
      #expect(!small.allocator.tryGet(cpu, frame))
      small.allocator.drainAll(cpu)
    }
    #expect(ended)
    #expect(small.free() == 4096)
  }

  @Test("a double free is a finding, not a crash", arguments: Policies.allCases)
  func doubleFree(policies: Policies) {
    let small = SmallMachine(policies)
    let ended = small.run { cpu in
      guard let frame = small.allocator.allocatePages(cpu, order: .zero, .kernel) else { return }
      small.allocator.freePages(cpu, frame, order: .zero)
      small.allocator.freePages(cpu, frame, order: .zero)
    }
    #expect(!ended)
    #expect(small.machine.findings().findings.map(\.rule) == ["refcount-wrong"])
  }
}
