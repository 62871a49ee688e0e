// Where one CPU leaves pages for another: a skb that is consumed elsewhere, a dirty page that is
// written back elsewhere, memory of a process that exits elsewhere.
//
// Rule    A mailbox has a lock of its own, taken with interrupts off because handlers send too.  No
//         allocator lock is taken under it.

import Machine
import PageAllocator

/// One mailbox for each CPU, in the machine's memory.
public struct Mailboxes {
  private let rings: Table<UInt32>
  private let ends: Table<Int>
  private let locks: [SpinLock]
  private static var capacity: Int { 256 }

  /// The lock class of mailboxes.
  public static var lockClass: LockClass { LockClass(2) }

  /// Bytes that the mailboxes of a machine take in its arena.
  public static func arenaByteCount(cpus: Int) -> Int {
    Arena.byteCount(of: UInt32.self, count: cpus * capacity * 3)
      + Arena.byteCount(of: Int.self, count: cpus * 8) + Arena.byteCount(ofLocks: cpus)
  }

  /// Empty mailboxes for all CPUs of `machine`.
  public init(on machine: Machine) {
    let arena = machine.arena
    rings = arena.table(of: UInt32.self, count: machine.cpuCount * Self.capacity * 3)
    ends = arena.table(of: Int.self, count: machine.cpuCount * 8)
    locks = (0..<machine.cpuCount).map { machine.makeLock(Self.lockClass, instance: $0) }
    machine.name(rings) { index in
      let (slot, word) = index.quotientAndRemainder(dividingBy: 3)
      let field = ["frame", "order", "stamp"][word]
      return "mailbox[\(slot / Self.capacity)].slot[\(slot % Self.capacity)].\(field)"
    }
    machine.name(ends) { "mailbox[\($0 / 8)]." + ($0 % 8 == 0 ? "first" : "count") }
  }

  /// Leaves a block for CPU `target`; false, with the block still the caller's, if its box is full.
  ///
  /// From task, softirq or hardirq.
  public func send(_ cpu: CPU, _ block: HeldBlock, to target: Int) -> Bool {
    let cpu = cpu.at(.mailboxSend)
    let first = ends.plain(target * 8)
    let count = ends.plain(target * 8 + 1)
    let lock = locks[target]
    lock.lockIRQSave(cpu)
    let held = count.read(cpu)
    let hasRoom = held < Self.capacity
    if hasRoom {
      let slot = (first.read(cpu) + held) % Self.capacity
      write(cpu, (target * Self.capacity + slot) * 3, block)
      count.write(cpu, held + 1)
    }
    lock.unlockIRQRestore(cpu)
    return hasRoom
  }

  /// Takes the oldest block left for this CPU; nil if there is none.
  public func receive(_ cpu: CPU) -> HeldBlock? {
    let cpu = cpu.at(.mailboxReceive)
    let id = cpu.id
    let first = ends.plain(id * 8)
    let count = ends.plain(id * 8 + 1)
    let lock = locks[id]
    lock.lockIRQSave(cpu)
    var block: HeldBlock?
    let held = count.read(cpu)
    if held > 0 {
      let slot = first.read(cpu)
      block = read(cpu, (id * Self.capacity + slot) * 3)
      first.write(cpu, (slot + 1) % Self.capacity)
      count.write(cpu, held - 1)
    }
    lock.unlockIRQRestore(cpu)
    return block
  }

  /// Frees up to `most` blocks that were left for this CPU, their stamps verified; how many it
  /// were.
  @discardableResult
  public func freeReceived(_ cpu: CPU, _ allocator: PageAllocator, most: Int) -> Int {
    var freed = 0
    while freed < most, let block = receive(cpu) {
      if block.stamp != 0 { allocator.verifyStamp(cpu, block.frame, block.order, block.stamp) }
      allocator.freePages(cpu, block.frame, order: block.order)
      freed += 1
    }
    return freed
  }

  private func write(_ cpu: CPU, _ index: Int, _ block: HeldBlock) {
    rings.plain(index).write(cpu, block.frame.rawValue)
    rings.plain(index + 1).write(cpu, UInt32(block.order.rawValue))
    rings.plain(index + 2).write(cpu, block.stamp)
  }

  private func read(_ cpu: CPU, _ index: Int) -> HeldBlock {
    HeldBlock(
      frame: PageFrameNumber(rings.plain(index).read(cpu)),
      order: Order(Int(rings.plain(index + 1).read(cpu))), stamp: rings.plain(index + 2).read(cpu))
  }
}
