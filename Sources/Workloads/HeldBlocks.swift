// The blocks that one worker holds, each stamped so that a frame with two holders is noticed.

import Machine
import PageAllocator

/// One block that somebody holds.
public struct HeldBlock: BitwiseCopyable, Sendable {
  /// Its first frame.
  public var frame: PageFrameNumber
  /// Its size.
  public var order: Order
  /// What its holder wrote into it; 0 if nothing.
  public var stamp: UInt32

  /// A block and its stamp.
  public init(frame: PageFrameNumber, order: Order, stamp: UInt32) {
    self.frame = frame
    self.order = order
    self.stamp = stamp
  }
}

/// Up to `capacity` blocks, private to one context.
public struct HeldBlocks {
  private let blocks: Table<HeldBlock>
  /// How many are held.
  public private(set) var count = 0
  private var sequence: UInt32 = 0
  private let stampBase: UInt32

  /// Room for `capacity` blocks in the workers' own memory.
  public init(in arena: Arena, capacity: Int, stampBase: UInt32) {
    blocks = arena.table(of: HeldBlock.self, count: capacity)
    self.stampBase = stampBase
  }

  /// Bytes that room for `capacity` blocks takes in an arena.
  public static func arenaByteCount(capacity: Int) -> Int {
    Arena.byteCount(of: HeldBlock.self, count: capacity)
  }

  /// How many there is room for.
  public var capacity: Int { blocks.count }
  /// True if there is no room left.
  public var isFull: Bool { count == blocks.count }

  /// Block number `index`, 0 ..< count.
  public subscript(index: Int) -> HeldBlock { blocks[index] }

  /// Forgets all blocks without giving them back: the start of a run.
  public mutating func reset() {
    count = 0
    sequence = 0
  }

  /// Stamps a block just allocated and holds it; there must be room.
  public mutating func hold(
    _ cpu: CPU, _ allocator: PageAllocator, _ frame: PageFrameNumber, _ order: Order
  ) {
    precondition(!isFull, "a worker holds no more than it has room for")
    sequence = (sequence &+ 1) & HolderStamps.own
    let stamp = stampBase | sequence
    allocator.stamp(cpu, frame, order, stamp)
    blocks[count] = HeldBlock(frame: frame, order: order, stamp: stamp)
    count += 1
  }

  /// Takes block `index` out, its stamp verified; the caller gives it back or passes it on.
  public mutating func release(
    _ cpu: CPU, _ allocator: PageAllocator, at index: Int
  ) -> HeldBlock {
    precondition(index >= 0 && index < count, "a held block")
    let block = blocks[index]
    count -= 1
    blocks[index] = blocks[count]
    allocator.verifyStamp(cpu, block.frame, block.order, block.stamp)
    return block
  }

  /// Frees block `index`.
  public mutating func free(_ cpu: CPU, _ allocator: PageAllocator, at index: Int) {
    let block = release(cpu, allocator, at: index)
    allocator.freePages(cpu, block.frame, order: block.order)
  }

  /// Frees all blocks, the last first.
  public mutating func freeAll(_ cpu: CPU, _ allocator: PageAllocator) {
    while count > 0 { free(cpu, allocator, at: count - 1) }
  }
}
