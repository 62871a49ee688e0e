// The folios whose write has ended, on the CPU that has to be told: completion of block I/O.
//
// Models  blk_cpu_done, blk_mq_complete_request(), blk_done_softirq(), block/blk-mq.c;
//         folio_end_writeback(), mm/filemap.c, 7.0.
// Omits   Requests; an entry is a folio with the reference that its write held.
// Rule    A hardirq takes the lock too, so it is held with interrupts off.  References are dropped
//         without it.

import Machine
import PageAllocator

/// One queue of up to 64 folios for each CPU, in the machine's memory.
struct BlockCompletions {
  static var capacity: Int { 64 }
  /// Bytes that the queues of a machine take in its arena.
  static func arenaByteCount(cpus: Int) -> Int {
    Arena.byteCount(of: UInt32.self, count: cpus * capacity)
      + Arena.byteCount(of: Int.self, count: cpus * 8)
      + Arena.byteCount(of: SpinLock.self, count: cpus) + Arena.byteCount(ofLocks: cpus)
  }

  private let frames: Table<UInt32>
  /// First, count, and whether interrupts come that empty the queue.
  private let words: Table<Int>
  private let locks: Table<SpinLock>

  init(on machine: Machine) {
    frames = machine.arena.table(of: UInt32.self, count: machine.cpuCount * Self.capacity)
    words = machine.arena.table(of: Int.self, count: machine.cpuCount * 8)
    locks = machine.arena.table(of: SpinLock.self, count: machine.cpuCount)
    let lockClass = LockClass(WorkloadLockClass.blockCompletions.rawValue)
    for id in 0..<machine.cpuCount { locks[id] = machine.makeLock(lockClass, instance: id) }
    machine.name(frames) { "completions[\($0 / Self.capacity)].frame[\($0 % Self.capacity)]" }
    let fields = ["first", "count", "served"]
    machine.name(words) { index in
      "completions[\(index / 8)].\(fields[min(index % 8, fields.count - 1)])"
    }
  }

  /// Says that interrupts empty the queues; before the machine runs.
  func setServed() { for id in 0..<locks.count { words[id * 8 + 2] = 1 } }

  /// Leaves a reference for CPU `target` to drop; false, with it still the caller's, if its queue
  /// is full or nobody empties it.
  func add(_ cpu: CPU, _ frame: PageFrameNumber, to target: Int) -> Bool {
    let count = words.plain(target * 8 + 1)
    locks[target].lockIRQSave(cpu)
    let held = count.read(cpu)
    let hasRoom = held < Self.capacity && words.plain(target * 8 + 2).read(cpu) != 0
    if hasRoom {
      let slot = (words.plain(target * 8).read(cpu) + held) % Self.capacity
      frames.plain(target * Self.capacity + slot).write(cpu, frame.rawValue)
      count.write(cpu, held + 1)
    }
    locks[target].unlockIRQRestore(cpu)
    return hasRoom
  }

  /// Drops up to `most` references left for CPU `target`; how many it were.  From any context.
  @discardableResult
  func complete(_ cpu: CPU, _ allocator: PageAllocator, of target: Int, most: Int) -> Int {
    let cpu = cpu.at(.pageCacheWriteback)
    var done = 0
    while done < most, let frame = next(cpu, of: target) {
      allocator.put(cpu, frame)
      done += 1
    }
    return done
  }

  private func next(_ cpu: CPU, of target: Int) -> PageFrameNumber? {
    let first = words.plain(target * 8)
    let count = words.plain(target * 8 + 1)
    locks[target].lockIRQSave(cpu)
    let held = count.read(cpu)
    var frame: PageFrameNumber?
    if held > 0 {
      let slot = first.read(cpu)
      frame = PageFrameNumber(frames.plain(target * Self.capacity + slot).read(cpu))
      first.write(cpu, (slot + 1) % Self.capacity)
      count.write(cpu, held - 1)
    }
    locks[target].unlockIRQRestore(cpu)
    return frame
  }
}
