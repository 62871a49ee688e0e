// Speculative references: who drops the last one frees, and what of a block that is.

import Machine
import Testing

@testable import PageAllocator

struct ReferenceTests {
  private static func small(_ policies: Policies) -> SmallMachine {
    SmallMachine(policies) { $0.makePlain(pageblock: 9) }
  }

  @Test("a free frame, and one inside a block, cannot be got", arguments: Policies.allCases, 0...3)
  func tryGetFails(policies: Policies, order: Int) {
    let small = Self.small(policies)
    let ended = small.run { cpu in
      let frame = small.take(cpu, order)
      for page in 1..<max(1 << order, 1) {
        #expect(!small.allocator.tryGet(cpu, frame.advanced(by: page)))
      }
      #expect(small.allocator.tryGet(cpu, frame))
      small.allocator.put(cpu, frame)
      small.allocator.freePages(cpu, frame, order: Order(order))
      #expect(!small.allocator.tryGet(cpu, frame))
      #expect(!small.allocator.tryGet(cpu, PageFrameNumber(4096)))
      #expect(!small.allocator.tryGet(cpu, PageFrameNumber(.max)))
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.total(.pathTryGet) == 1)
  }

  @Test("the last put of a compound block frees all of it", arguments: Policies.allCases, 0...10)
  func compound(policies: Policies, order: Int) {
    let small = Self.small(policies)
    let ended = small.run { cpu in
      let frame = small.take(cpu, order, [.kernel, .compound])
      #expect(small.allocator.tryGet(cpu, frame))
      small.allocator.freePages(cpu, frame, order: Order(order))
      #expect(small.free() == 4096 - (1 << order))
      small.allocator.put(cpu, frame)
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.total(.pathPutLast) == 1)
    #expect(small.total(.pathFreeTail) == 0)
  }

  @Test(
    "of any other block the tail is freed at once and the first page last",
    arguments: Policies.allCases, 1...3)
  func tail(policies: Policies, order: Int) {
    let small = Self.small(policies)
    let ended = small.run { cpu in
      let frame = small.take(cpu, order)
      #expect(small.allocator.tryGet(cpu, frame))
      small.allocator.freePages(cpu, frame, order: Order(order))
      #expect(small.free() == 4095)
      #expect(small.allocator.frameState(frame).isAllocated)
      #expect(small.allocator.frameState(frame).order == .zero)
      small.allocator.put(cpu, frame)
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.blocks()[10] == 4)
    #expect(small.total(.pathFreeTail) == 1)
  }

  @Test(
    "with the bug tail-leak the tail is lost, without a compound block nothing else",
    arguments: Policies.allCases, 0...3)
  func tailLeak(policies: Policies, order: Int) {
    for gfp in [GFP.kernel, [.kernel, .compound]] {
      let small = SmallMachine(policies, bugs: [.tailLeak]) { $0.makePlain(pageblock: 9) }
      small.run { cpu in
        let frame = small.take(cpu, order, gfp)
        #expect(small.allocator.tryGet(cpu, frame))
        small.allocator.freePages(cpu, frame, order: Order(order))
        small.allocator.put(cpu, frame)
      }
      let lost = gfp.contains(.compound) ? 0 : (1 << order) - 1
      #expect(small.free() == 4096 - lost)
    }
  }

  @Test(
    "the pages of a block that was split are freed one by one", arguments: Policies.allCases, 0...10
  )
  func split(policies: Policies, order: Int) {
    let small = Self.small(policies)
    let ended = small.run { cpu in
      let frame = small.take(cpu, order)
      small.allocator.split(cpu, frame, order: Order(order))
      for page in (0..<1 << order).reversed() {
        let single = frame.advanced(by: page)
        #expect(small.allocator.frameState(single).references == 1)
        small.allocator.put(cpu, single)
      }
    }
    #expect(ended)
    #expect(small.free() == 4096)
    #expect(small.blocks()[10] == 4)
  }

  @Test("one put too many is a finding", arguments: Policies.allCases)
  func putTooMany(policies: Policies) {
    let small = Self.small(policies)
    let ended = small.run { cpu in
      let frame = small.take(cpu)
      small.allocator.put(cpu, frame)
      small.allocator.put(cpu, frame)
    }
    #expect(!ended)
    #expect(small.machine.findings().findings.map(\.rule) == ["refcount-wrong"])
  }

  @Test(
    "freeing another order than was asked for is a finding", arguments: Policies.allCases,
    [0, 2, 3])
  func wrongOrder(policies: Policies, order: Int) {
    let small = Self.small(policies)
    let ended = small.run { cpu in
      let frame = small.take(cpu, 1, [.kernel, .compound])
      small.allocator.freePages(cpu, frame, order: Order(order))
    }
    #expect(!ended)
    #expect(small.machine.findings().findings.map(\.rule) == ["bad-page-state"])
  }
}
