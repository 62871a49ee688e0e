// A page goes out of service alone: the block around it stays free, and it is never handed out.

import Machine
import Testing

@testable import PageAllocator

struct TakePageOffBuddyTests {
  @Test(
    "any page of a free block can be taken, and put back", arguments: Policies.allCases,
    [0, 1, 3, 6])
  func everyPage(policies: Policies, order: Int) {
    let pages = 1 << order
    let small = SmallMachine(policies, pages: pages) { $0.makePlain(pageblock: 3) }
    let ended = small.run { cpu in
      for page in 0..<pages {
        let frame = PageFrameNumber(UInt32(page))
        #expect(small.allocator.takePageOffBuddy(cpu, frame))
        #expect(small.free() == pages - 1)
        #expect(small.blocks() == (0...10).map { $0 < order ? 1 : 0 })
        #expect(small.allocator.frameState(frame).isPoisoned)
        #expect(!small.allocator.takePageOffBuddy(cpu, frame))
        #expect(small.allocator.putPageBackBuddy(cpu, frame))
        #expect(small.blocks() == (0...10).map { $0 == order ? 1 : 0 })
        #expect(!small.allocator.putPageBackBuddy(cpu, frame))
        #expect(small.free() == pages)
      }
    }
    #expect(ended)
    #expect(small.total(.pathTakeOffBuddy) == UInt64(pages))
    #expect(small.total(.pathPutBackBuddy) == UInt64(pages))
  }

  @Test(
    "neither an allocated page nor one on a per-CPU list is taken", arguments: Policies.allCases)
  func notFree(policies: Policies) {
    let small = SmallMachine(policies, pages: 64) {
      $0.makePlain(pageblock: 3)
      $0.perCPUHigh = 20
    }
    let ended = small.run { cpu in
      let block = small.take(cpu, 4)
      for page in 0..<16 {
        #expect(!small.allocator.takePageOffBuddy(cpu, block.advanced(by: page)))
      }
      let page = small.take(cpu)
      #expect(!small.allocator.takePageOffBuddy(cpu, page))
      small.allocator.freePages(cpu, page, order: .zero)
      #expect(small.perCPU().count > 0)
      #expect(!small.allocator.takePageOffBuddy(cpu, page))
      small.allocator.drainAll(cpu)
      #expect(small.allocator.takePageOffBuddy(cpu, page))
    }
    #expect(ended)
  }

  @Test(
    "pages out of service are not handed out, and their neighbours are",
    arguments: Policies.allCases)
  func notHandedOut(policies: Policies) {
    let small = SmallMachine(policies, pages: 64) { $0.makePlain(pageblock: 3) }
    let bad = [0, 13, 14, 63].map { PageFrameNumber($0) }
    let ended = small.run { cpu in
      for frame in bad { #expect(small.allocator.takePageOffBuddy(cpu, frame)) }
      var held = Set<PageFrameNumber>()
      while let frame = small.allocator.allocatePages(cpu, order: .zero, .of(.movable)) {
        held.insert(frame)
      }
      #expect(held.count == 60)
      #expect(held.isDisjoint(with: bad))
      for frame in held.sorted() { small.allocator.freePages(cpu, frame, order: .zero) }
      for frame in bad { #expect(small.allocator.putPageBackBuddy(cpu, frame)) }
    }
    #expect(ended)
    #expect(small.blocks()[6] == 1)
  }

  @Test("the free pages of a high-atomic block stay counted")
  func highAtomic() {
    let small = SmallMachine(pages: 16) { $0.makePlain(pageblock: 3) }
    small.run { cpu in
      let block = small.take(cpu, 3, .of(.movable))
      small.allocator.setBlockType(cpu, small.zone().firstArea.atBoot, block, .highAtomic)
      small.allocator.freePages(cpu, block, order: Order(3))
      #expect(small.counters().freeHighAtomic == 8)
      #expect(small.allocator.takePageOffBuddy(cpu, block.advanced(by: 5)))
      #expect(small.counters().freeHighAtomic == 7)
      #expect(small.allocator.putPageBackBuddy(cpu, block.advanced(by: 5)))
    }
    #expect(small.counters().freeHighAtomic == 8)
  }
}
