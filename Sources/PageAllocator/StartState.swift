// Builds the memory of a running machine: so many free blocks of each size and type, so many pages on
// per-CPU lists, the rest in use.
//
// Where each block lies is not known and does not matter; that no two free buddies lie side by side
// does.  Each type's pageblocks are split from the top: a block that is not wholly free has at most
// one free half, so what is put down never merges by itself.

import Machine

/// What a zone holds at the start, in blocks.
public struct ZoneStart: Sendable, Equatable {
  /// Pageblocks of each type; their sum spans the zone.
  public var pageblocks = [Int](repeating: 0, count: Migratetype.count)
  /// Free blocks on the buddy lists, `[type][order]`.
  public var free = [[Int]](
    repeating: [Int](repeating: 0, count: Order.count), count: Migratetype.count)
  /// Blocks in use that somebody will free, `[type][order]`; the rest in use is single pages.
  public var used = [[Int]](
    repeating: [Int](repeating: 0, count: Order.count), count: Migratetype.count)
  /// Blocks on each list of each CPU, `[cpu][list]`, lists numbered as `PerCPUPages.list`.
  public var perCPU: [[Int]] = []
  /// The auto-tuned length of each CPU's lists; empty for the boot value.
  public var perCPUHigh: [Int] = []

  /// Nothing placed.
  public init() {}
}

extension PageAllocator {
  /// Places a zone's start state.
  func place(_ cpu: CPU, _ zone: Zone, _ start: ZoneStart) {
    for offset in stride(from: 0, to: zone.spannedPages, by: 1) {
      frames.word(zone.start.advanced(by: offset)).write(cpu, FrameWord.ofZone(zone.index, 0))
    }
    var perCPULeft = start.perCPU
    var inUse = 0
    var blocks = PageblockDealer(zone, self, start)
    for type in Migratetype.allCases {
      inUse += place(cpu, zone, type, &blocks, start, &perCPULeft)
    }
    // Frames that the zone spans but does not manage are among those in use.
    reserveUnmanaged(cpu, zone, inUse: inUse)
    for (id, high) in start.perCPUHigh.enumerated() {
      perCPUPages(cpu: id, zone: zone.index).high.write(cpu, high)
    }
  }

  /// Places one type's share; the single pages left in use.
  private func place(
    _ cpu: CPU, _ zone: Zone, _ type: Migratetype, _ dealer: inout PageblockDealer,
    _ start: ZoneStart, _ perCPULeft: inout [[Int]]
  ) -> Int {
    var mixed = dealer.deal(cpu, type, freeBlocks: start.free[type.index])
    var order = tunables.pageblockOrder
    while true {
      var want = start.free[type.index][order.index]
      if order == tunables.pageblockOrder { want = 0 }
      var parts: [PageFrameNumber] = []
      if order < tunables.pageblockOrder {
        for parent in mixed {
          let upper = parent.advanced(by: order.pages)
          if want > 0 {
            putFree(cpu, zone, parent, order, type)
            want -= 1
          } else {
            parts.append(parent)
          }
          parts.append(upper)
        }
        mixed = parts
      }
      let below = Array(start.free[type.index][..<order.index])
      useBlocks(cpu, zone, type, order, &mixed, below, start, &perCPULeft)
      if order == .zero { break }
      order = order.down
    }
    for frame in mixed { putInUse(cpu, frame, .zero) }
    return mixed.count
  }

  /// Takes blocks of one order out of the pool for per-CPU lists and for those in use, as long as
  /// enough is left for the free blocks below.
  private func useBlocks(
    _ cpu: CPU, _ zone: Zone, _ type: Migratetype, _ order: Order,
    _ mixed: inout [PageFrameNumber], _ below: [Int], _ start: ZoneStart,
    _ perCPULeft: inout [[Int]]
  ) {
    var spare = spareBlocks(mixed.count, below)
    if PerCPUPages.keeps(order) && type != .highAtomic {
      let list = PerCPUPages.list(order, type)
      for id in perCPULeft.indices where list < perCPULeft[id].count {
        while perCPULeft[id][list] > 0 && spare > 0, let frame = mixed.popLast() {
          putOnPerCPUList(cpu, zone, id, list, frame, order)
          perCPULeft[id][list] -= 1
          spare -= 1
        }
      }
    }
    var used = order == .zero ? 0 : start.used[type.index][order.index]
    while used > 0 && spare > 0, let frame = mixed.popLast() {
      putInUse(cpu, frame, order)
      used -= 1
      spare -= 1
    }
  }

  /// How many blocks of a pool of `count` can go to other uses without a lack of room for the free
  /// blocks of each smaller order, `below[order]`.
  private func spareBlocks(_ count: Int, _ below: [Int]) -> Int {
    // Blocks needed here so that each smaller order finds enough parents.
    var needed = 0
    for wanted in below { needed = max((needed + wanted + 1) / 2, wanted) }
    return max(count - needed, 0)
  }

  private func putInUse(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) {
    let word = frames.word(frame)
    let flags = order > .zero ? FrameWord.compoundHead | FrameWord.allocated : FrameWord.allocated
    word.write(cpu, FrameWord(word.read(cpu)).with(flags, order))
    frames.references(frame).write(cpu, 1)
  }

  private func putOnPerCPUList(
    _ cpu: CPU, _ zone: Zone, _ id: Int, _ list: Int, _ frame: PageFrameNumber, _ order: Order
  ) {
    let pcp = perCPUPages(cpu: id, zone: zone.index)
    let word = frames.word(frame)
    word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.perCPU, order))
    frames.insertLast(cpu, frame, in: frames.head(pcp.head(list: list)))
    pcp.count.add(cpu, order.pages)
  }

  private func reserveUnmanaged(_ cpu: CPU, _ zone: Zone, inUse: Int) {
    var unmanaged = zone.spannedPages - zone.managedPages
    var offset = zone.spannedPages - 1
    while unmanaged > 0 && offset >= 0 {
      let frame = zone.start.advanced(by: offset)
      let word = FrameWord(frames.word(frame).read(cpu))
      if word.has(FrameWord.allocated) && word.order == .zero {
        frames.word(frame).write(cpu, FrameWord.ofZone(zone.index, FrameWord.reserved))
        frames.references(frame).write(cpu, 0)
        unmanaged -= 1
      }
      offset -= 1
    }
  }
}

/// Deals the pageblocks of a zone out to types: the wholly free ones first, in the largest blocks.
private struct PageblockDealer {
  private let allocator: PageAllocator
  private let zone: Zone
  private var next: PageFrameNumber
  private let pageblocks: [Int]

  init(_ zone: Zone, _ allocator: PageAllocator, _ start: ZoneStart) {
    self.allocator = allocator
    self.zone = zone
    next = zone.start
    pageblocks = start.pageblocks
  }

  /// The pageblocks of a type that are not wholly free, after its large free blocks were placed.
  mutating func deal(
    _ cpu: CPU, _ type: Migratetype, freeBlocks: [Int]
  ) -> [PageFrameNumber] {
    var left = pageblocks[type.index]
    var mixed: [PageFrameNumber] = []
    let block = allocator.pageblockOrder
    var order = Order.max
    while order >= block {
      let size = 1 << (order.index - block.index)
      for _ in 0..<freeBlocks[order.index] where left >= size {
        left -= align(cpu, to: order, type, &mixed, left)
        if left < size { break }
        // Below the largest order the other half must not be free.
        if order < .max && left <= size { break }
        allocator.putFree(cpu, zone, next, order, type)
        next = next.advanced(by: order.pages)
        left -= size
        if order < .max { left -= skip(cpu, type, &mixed, size) }
      }
      if order == .zero { break }
      order = order.down
    }
    left -= skip(cpu, type, &mixed, left)
    return mixed
  }

  private mutating func align(
    _ cpu: CPU, to order: Order, _ type: Migratetype, _ mixed: inout [PageFrameNumber],
    _ left: Int
  ) -> Int {
    var skipped = 0
    while next.alignedDown(to: order) != next && skipped < left {
      skipped += skip(cpu, type, &mixed, 1)
    }
    return skipped
  }

  private mutating func skip(
    _ cpu: CPU, _ type: Migratetype, _ mixed: inout [PageFrameNumber], _ count: Int
  ) -> Int {
    for _ in 0..<count {
      if next >= zone.end { return count }
      allocator.setBlockType(cpu, next, type)
      mixed.append(next)
      next = next.advanced(by: allocator.pageblockPages)
    }
    return count
  }
}
