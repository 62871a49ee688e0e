// A short queue of blocks for each CPU, in the hands of one kind of interrupt context.
//
// Rule    Only one context of a CPU touches the CPU's queue: its hardirqs, or its softirqs; a task
//         does once no interrupt can come any more.  NMIs are one of them.

import Machine
import PageAllocator

/// Up to `capacity` stamped blocks a CPU, oldest first.
struct HandlerStash {
  private let blocks: Table<HeldBlock>
  /// First, count and last stamp of each CPU, a line each.
  private let ends: Table<Int>
  private let allocator: PageAllocator
  private let owner: Int
  /// Blocks that a CPU may keep.
  let capacity: Int

  /// Bytes that queues of `capacity` blocks take in the workers' own memory.
  static func privateByteCount(cpus: Int, capacity: Int) -> Int {
    Arena.byteCount(of: HeldBlock.self, count: cpus * capacity)
      + Arena.byteCount(of: Int.self, count: cpus * 8)
  }

  /// Queues for all CPUs of the environment's machine.
  ///
  /// - Parameter owner: 0 ... 3, a number of its own for each kind of handler, for its stamps.
  init(_ environment: WorkloadEnvironment, capacity: Int, owner: Int) {
    let cpus = environment.machine.cpuCount
    blocks = environment.privateArena.table(of: HeldBlock.self, count: cpus * capacity)
    ends = environment.privateArena.table(of: Int.self, count: cpus * 8)
    allocator = environment.allocator
    self.owner = owner
    self.capacity = capacity
  }

  /// Forgets what an earlier run left for this CPU.
  func reset(_ cpu: CPU) {
    for word in 0..<3 { ends[cpu.id * 8 + word] = 0 }
  }

  /// Blocks kept for this CPU.
  func count(_ cpu: CPU) -> Int { ends[cpu.id * 8 + 1] }

  /// Stamps a block just allocated and keeps it; there must be room.
  func keep(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order) {
    let line = cpu.id * 8
    let count = ends[line + 1]
    precondition(count < capacity, "a handler keeps no more than it has room for")
    let sequence = (ends[line + 2] + 1) & Int(HolderStamps.own)
    let stamp =
      HolderStamps.handler(owner, cpuID: cpu.id) | UInt32(truncatingIfNeeded: sequence)
    allocator.stamp(cpu, frame, order, stamp)
    let slot = (ends[line] + count) % capacity
    blocks[cpu.id * capacity + slot] = HeldBlock(frame: frame, order: order, stamp: stamp)
    ends[line + 1] = count + 1
    ends[line + 2] = sequence
  }

  /// Frees the oldest block of this CPU; false if it keeps none.
  func freeOldest(_ cpu: CPU) -> Bool {
    guard let block = takeOldest(cpu) else { return false }
    allocator.freePages(cpu, block.frame, order: block.order)
    return true
  }

  /// The oldest block of this CPU, as it was kept, for the caller to free; nil if it keeps none.
  func takeOldest(_ cpu: CPU) -> HeldBlock? {
    let line = cpu.id * 8
    if ends[line + 1] == 0 { return nil }
    let block = blocks[cpu.id * capacity + ends[line]]
    ends[line] = (ends[line] + 1) % capacity
    ends[line + 1] -= 1
    allocator.verifyStamp(cpu, block.frame, block.order, block.stamp)
    return block
  }
}

/// The stash of one kind of handler, as its runner sees it.
class StashState: HandlerState {
  private let stash: HandlerStash

  init(_ stash: HandlerStash) {
    self.stash = stash
    super.init()
  }

  override func begin(_ cpu: CPU) { stash.reset(cpu) }

  override func finish(_ cpu: CPU) {
    while stash.freeOldest(cpu) {}
  }
}
