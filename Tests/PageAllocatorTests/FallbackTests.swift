// A type whose lists are empty claims pageblocks of others by the rule of half, or steals from
// them.

import Machine
import Testing

@testable import PageAllocator

struct FallbackTests {
  /// A type that asks, and one of those that it may fall back to.
  private static let pairs: [(asking: Migratetype, owner: Migratetype)] =
    [.unmovable, .movable, .reclaimable].flatMap { (asking: Migratetype) in
      [(asking, asking.fallbacks.0), (asking, asking.fallbacks.1)]
    }

  @Test("each type falls back to the two others", arguments: Self.pairs)
  func fallbackTypes(asking: Migratetype, owner: Migratetype) {
    #expect(asking != owner && owner != .highAtomic)
    #expect(asking.fallbacks.0 != asking.fallbacks.1)
    #expect(asking.fallbacks.0 == (asking == .reclaimable ? .unmovable : .reclaimable))
  }

  @Test(
    "a wholly free pageblock of another type becomes the asker's", arguments: Policies.allCases,
    Self.pairs)
  func wholePageblock(policies: Policies, pair: (asking: Migratetype, owner: Migratetype)) {
    let (asking, owner) = pair
    let small = Self.pageblocks(policies, 2, of: owner)
    #expect(small.run { _ = small.take($0, 0, .of(asking)) })
    #expect(small.allocator.pageblockType(PageFrameNumber(0)) == asking)
    #expect(small.total(.pathClaimWholeBlock) == 1)
    #expect(small.total(.pathSteal) == 0)
  }

  @Test("half a pageblock free is enough to claim it", arguments: Policies.allCases, Self.pairs)
  func claimHalf(policies: Policies, pair: (asking: Migratetype, owner: Migratetype)) {
    let (asking, owner) = pair
    let small = Self.filled(policies, with: owner, thenFree: 16)
    #expect(small.run { _ = small.take($0, 0, .of(asking)) })
    #expect(small.allocator.pageblockType(PageFrameNumber(0)) == asking)
    #expect(small.total(.pathClaim) == 1 && small.total(.pathClaimWholeBlock) == 0)
    #expect(small.free() == 15)
    let own = small.counters().freeBlocks.map { $0[asking.index] }
    #expect(own == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test(
    "less than half is stolen from, and keeps its type", arguments: Policies.allCases, Self.pairs)
  func stealFromLess(policies: Policies, pair: (asking: Migratetype, owner: Migratetype)) {
    let (asking, owner) = pair
    let small = Self.filled(policies, with: owner, thenFree: 8)
    #expect(small.run { _ = small.take($0, 0, .of(asking)) })
    #expect(small.allocator.pageblockType(PageFrameNumber(0)) == owner)
    #expect(small.total(.pathSteal) == 1 && small.total(.pathClaim) == 0)
    let left = small.counters().freeBlocks.map { $0[owner.index] }
    #expect(left == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("pages that suit the asker count as free ones do", arguments: Policies.allCases, Self.pairs)
  func alike(policies: Policies, pair: (asking: Migratetype, owner: Migratetype)) {
    let (asking, owner) = pair
    // 24 of the owner's pages, 8 stolen by the asker; then 8 of the owner's are free.
    let small = Self.filled(policies, with: owner, thenFree: 8)
    let ended = small.run { cpu in
      for _ in 0..<8 { _ = small.take(cpu, 0, .of(asking)) }
      for page in 16..<24 {
        small.allocator.freePages(cpu, PageFrameNumber(UInt32(page)), order: .zero)
      }
      #expect(small.total(.pathClaim) == 0)
      _ = small.take(cpu, 0, .of(asking))
    }
    #expect(ended)
    // Between unmovable and reclaimable nobody can tell the pages apart.
    let isKnown = asking == .movable || owner == .movable
    #expect(small.total(.pathClaim) == (isKnown ? 1 : 0))
    #expect(small.allocator.pageblockType(PageFrameNumber(0)) == (isKnown ? asking : owner))
  }

  @Test("without grouping by mobility any pageblock is claimed", arguments: Policies.allCases)
  func withoutGrouping(policies: Policies) {
    let small = Self.filled(policies, with: .unmovable, thenFree: 1) { $0.groupByMobility = false }
    #expect(small.run { _ = small.take($0, 0, .of(.movable)) })
    #expect(small.total(.pathClaim) == 1)
    #expect(small.allocator.pageblockType(PageFrameNumber(0)) == .movable)
  }

  @Test(
    "who must not mix types neither steals nor claims part of a pageblock",
    arguments: Policies.allCases, [8, 16])
  func noFragment(policies: Policies, free: Int) {
    let small = Self.filled(policies, with: .unmovable, thenFree: free)
    small.run { cpu in
      var mode = RemovalMode.normal
      let area = small.zone().firstArea.lock(cpu)
      let none = small.allocator.takeBlock(cpu, area, .zero, .movable, [.noFragment], &mode)
      #expect(none == nil)
      let some = small.allocator.takeBlock(cpu, area, .zero, .movable, [], &mode)
      #expect(some != nil)
      area.unlock(cpu)
    }
    let whole = Self.pageblocks(policies, 2, of: .unmovable)
    whole.run { cpu in
      var mode = RemovalMode.normal
      let area = whole.zone().firstArea.lock(cpu)
      let frame = whole.allocator.takeBlock(cpu, area, .zero, .movable, [.noFragment], &mode)
      #expect(frame != nil)
      area.unlock(cpu)
    }
  }

  @Test(
    "a lower zone with pages of the own type is preferred to mixing types",
    arguments: Policies.allCases, [1, 2])
  func lowerZoneFirst(policies: Policies, zones: Int) {
    var layout = [
      ZoneLayout(
        node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: 32, managedPages: 32)
    ]
    if zones == 2 {
      layout[0].start = PageFrameNumber(1024)
      let lower = ZoneLayout(
        node: 0, kind: .dma32, start: PageFrameNumber(0), spannedPages: 32, managedPages: 32)
      layout.insert(lower, at: 0)
    }
    let small = SmallMachine(policies, zones: layout) { $0.makePlain(pageblock: 5) }
    let start = layout[zones - 1].start
    let ended = small.run { cpu in
      for _ in 0..<32 { _ = small.take(cpu) }
      for page in 0..<8 { small.allocator.freePages(cpu, start.advanced(by: page), order: .zero) }
      let frame = small.take(cpu, 0, .of(.movable))
      #expect((frame < start) == (zones == 2))
    }
    #expect(ended)
    #expect(small.total(.pathZoneFallback) == (zones == 2 ? 1 : 0))
    #expect(small.total(.pathNoFragmentDropped) == (zones == 2 ? 0 : 1))
    #expect(small.total(.pathSteal) == (zones == 2 ? 0 : 1))
  }

  @Test(
    "of two other types the nearer one gives", arguments: Policies.allCases,
    [Migratetype.unmovable, .movable])
  func order(policies: Policies, asking: Migratetype) {
    let (nearer, farther) = asking.fallbacks
    var start = ZoneStart()
    for type in [nearer, farther] {
      start.pageblocks[type.index] = 1
      start.free[type.index][5] = 1
    }
    start.pageblocks[asking.index] = 2
    let small = SmallMachine(policies, pages: 128, start: [start]) { $0.makePlain(pageblock: 5) }
    #expect(small.run { _ = small.take($0, 0, .of(asking)) })
    #expect(small.allocator.freeBlockCount(small.zone(), Order(5), nearer) == 0)
    #expect(small.allocator.freeBlockCount(small.zone(), Order(5), farther) == 1)
  }

  /// Free pageblocks of 32 pages of one type.
  private static func pageblocks(
    _ policies: Policies, _ count: Int, of type: Migratetype
  ) -> SmallMachine {
    let small = SmallMachine(policies, pages: 32 * count) { $0.makePlain(pageblock: 5) }
    small.run { cpu in
      let block = small.take(cpu, 6, .of(type))
      small.allocator.freePages(cpu, block, order: Order(6))
    }
    small.machine.reset(seed: 1)
    return small
  }

  /// One pageblock of 32 pages full of one type's pages, of which the last so many are freed.
  private static func filled(
    _ policies: Policies, with type: Migratetype, thenFree pages: Int,
    _ change: (inout AllocatorTunables) -> Void = { _ in }
  ) -> SmallMachine {
    let small = SmallMachine(policies, pages: 32) {
      $0.makePlain(pageblock: 5)
      change(&$0)
    }
    small.run { cpu in
      for _ in 0..<32 { _ = small.take(cpu, 0, .of(type)) }
      for page in 32 - pages..<32 {
        small.allocator.freePages(cpu, PageFrameNumber(UInt32(page)), order: .zero)
      }
    }
    small.machine.reset(seed: 1)
    return small
  }
}
