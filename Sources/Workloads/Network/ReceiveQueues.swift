// The receive queue of each CPU: its page_pool, its socket queue, and the poll that fills it.
//
// Models  A NAPI poll with page_pool, as from net_rx_action() or, in a task, napi_busy_loop();
//         consume_skb().
// Omits   Protocols; a packet is one page.
// Rule    A queue belongs to the softirq of its CPU, or to its task with softirqs held off.

import Machine
import PageAllocator

/// One receive queue for each CPU.
///
/// Pools and socket queues lie in private memory, which a schedule does not put back; a word in the
/// machine's memory, which it does, tells a queue that it has to start anew.
public final class ReceiveQueues {
  private enum Life: Int {
    case fresh, open, closed
  }

  /// Pages that a socket queue holds at most.
  static var socketCapacity: Int { 256 }
  /// Pages freed together: the size of a folio batch.
  static var batchMax: Int { 31 }

  private let arena: Arena
  private let lives: Table<Int>
  private let pools: Table<PagePool>
  private let sockets: Table<UInt32>
  /// First and count of each socket queue.
  private let ends: Table<Int>
  private let batches: PageSlots

  /// Bytes that the queues of a machine take in its arena.
  public static func arenaByteCount(cpus: Int) -> Int {
    let ring =
      Arena.byteCount(of: UInt32.self, count: PagePoolRing.capacity)
      + Arena.byteCount(of: Int.self, count: PagePoolRing.wordCount) + Arena.byteCount(ofLocks: 1)
    return Arena.byteCount(of: Int.self, count: cpus * 8) + cpus * ring
  }

  /// Bytes of an arena of their own.
  public static func privateByteCount(cpus: Int) -> Int {
    Arena.byteCount(of: PagePool.self, count: cpus)
      + Arena.byteCount(of: UInt32.self, count: cpus * socketCapacity)
      + Arena.byteCount(of: Int.self, count: cpus * 8)
      + PageSlots.arenaByteCount(count: cpus * 32) + cpus * PagePool.arenaByteCount
  }

  /// Empty queues for all CPUs of `machine`, whose pools ask for `refill` pages at once, 1 ... 64.
  public init(on machine: Machine, refill: Int = 64) {
    let cpus = machine.cpuCount
    arena = Arena(byteCount: Self.privateByteCount(cpus: cpus))
    lives = machine.arena.table(of: Int.self, count: cpus * 8)
    pools = arena.table(of: PagePool.self, count: cpus)
    sockets = arena.table(of: UInt32.self, count: cpus * Self.socketCapacity)
    ends = arena.table(of: Int.self, count: cpus * 8)
    batches = PageSlots(in: arena, count: cpus * 32)
    for id in 0..<cpus {
      let ring = PagePoolRing(
        pages: machine.arena.table(of: UInt32.self, count: PagePoolRing.capacity),
        words: machine.arena.table(of: Int.self, count: PagePoolRing.wordCount),
        lock: machine.makeLock(LockClass(WorkloadLockClass.pagePoolRing.rawValue), instance: id))
      ring.nameMemory(of: machine, id)
      pools[id] = PagePool(in: arena, cpuID: id, ring: ring, refill: refill)
    }
    machine.name(lives) { "receive queue[\($0 / 8)].life" }
  }

  /// Lets this CPU's queue receive again if it was closed, and so is empty.
  func reopen(_ cpu: CPU) {
    let life = lives.marked(cpu.id * 8)
    if life.read(cpu) != Life.closed.rawValue { return }
    cpu.disableSoftirqs()
    pools[cpu.id].ring.setClosed(cpu, false)
    life.write(cpu, Life.fresh.rawValue)
    cpu.enableSoftirqs()
  }

  /// True if the queue receives; starts it anew if this is its first use.
  private func isOpen(_ cpu: CPU) -> Bool {
    let life = lives.marked(cpu.id * 8)
    let now = life.read(cpu)
    if now == Life.fresh.rawValue {
      pools[cpu.id].reset()
      ends[cpu.id * 8] = 0
      ends[cpu.id * 8 + 1] = 0
      life.write(cpu, Life.open.rawValue)
    }
    return now != Life.closed.rawValue
  }

  /// Pages that the queue of a CPU holds, those in its ring not counted.
  func pagesHeld(cpuID: Int) -> Int { pools[cpuID].cached + ends[cpuID * 8 + 1] }
}

extension ReceiveQueues {
  /// Frees up to `freed` consumed packets, then receives up to `packets`; how many it received.
  ///
  /// - Parameters:
  ///   - packets: 0 ... the budget of a poll.
  ///   - freed: packets that the socket's reader is done with, 0 or more.
  func poll(_ cpu: CPU, _ environment: WorkloadEnvironment, packets: Int, freed: Int) -> Int {
    let cpu = cpu.at(.napiPoll)
    if !isOpen(cpu) { return 0 }
    let allocator = environment.allocator
    freeFromSocket(cpu, allocator, most: freed)
    let pool = pools[cpu.id]
    for received in 0..<packets {
      guard let frame = pool.take(cpu, allocator) else {
        cpu.count(.allocationFailed)
        freeFromSocket(cpu, allocator, most: Self.batchMax)
        return received
      }
      cpu.count(.softirqPackets)
      deliver(cpu, environment, pool, frame)
    }
    return packets
  }

  /// Hands a packet on: to a task of a CPU, to the socket, or drops it.
  private func deliver(
    _ cpu: CPU, _ environment: WorkloadEnvironment, _ pool: PagePool, _ frame: PageFrameNumber
  ) {
    let choice = cpu.draw(.workload, below: 8)
    if choice < 3 {
      let target = cpu.draw(.workload, below: environment.workerCPUs)
      let block = HeldBlock(frame: frame, order: .zero, stamp: pool.stamp(of: frame))
      if environment.mailboxes.send(cpu, block, to: target) { return cpu.count(.handedOver) }
      cpu.count(.handOverRefused)
    } else if choice < 6, enqueue(cpu, frame) {
      return
    }
    pool.recycle(cpu, environment.allocator, frame)
  }

  private func enqueue(_ cpu: CPU, _ frame: PageFrameNumber) -> Bool {
    let held = ends[cpu.id * 8 + 1]
    if held >= Self.socketCapacity { return false }
    let slot = (ends[cpu.id * 8] + held) % Self.socketCapacity
    sockets[cpu.id * Self.socketCapacity + slot] = frame.rawValue
    ends[cpu.id * 8 + 1] = held + 1
    return true
  }

  private func dequeue(_ cpu: CPU) -> PageFrameNumber? {
    if ends[cpu.id * 8 + 1] == 0 { return nil }
    let slot = ends[cpu.id * 8]
    ends[cpu.id * 8] = (slot + 1) % Self.socketCapacity
    ends[cpu.id * 8 + 1] -= 1
    return PageFrameNumber(sockets[cpu.id * Self.socketCapacity + slot])
  }

  /// Frees packets of the socket queue, the oldest first, in batches: napi_consume_skb().
  private func freeFromSocket(_ cpu: CPU, _ allocator: PageAllocator, most: Int) {
    let batch = batches.slice(from: cpu.id * 32, count: Self.batchMax)
    var left = min(max(most, 0), ends[cpu.id * 8 + 1])
    if cpu.inInterrupt { cpu.count(.softirqFrees, left) }
    while left > 0 {
      var count = 0
      while count < min(left, Self.batchMax), let frame = dequeue(cpu) {
        allocator.verifyStamp(cpu, frame, .zero, pools[cpu.id].stamp(of: frame))
        batch[count] = frame
        count += 1
      }
      if count == 0 { return }
      allocator.releasePages(cpu, batch, count: count)
      left -= count
    }
  }

  /// Gives a page, still stamped, back to the pool that it came from; false, with the page still
  /// the caller's, if it came from none.
  ///
  /// From a task with softirqs on.
  func giveBack(_ cpu: CPU, _ allocator: PageAllocator, _ block: HeldBlock) -> Bool {
    guard let owner = HolderStamps.poolCPU(of: block.stamp), owner < pools.count else {
      return false
    }
    cpu.disableSoftirqs()
    pools[owner].recycleFromOutside(cpu, allocator, block.frame)
    cpu.enableSoftirqs()
    return true
  }

  /// Frees all that the queue of this CPU holds; it receives no more.  From its task.
  func close(_ cpu: CPU, _ allocator: PageAllocator) {
    cpu.disableSoftirqs()
    if isOpen(cpu) {
      lives.marked(cpu.id * 8).write(cpu, Life.closed.rawValue)
      freeFromSocket(cpu, allocator, most: Self.socketCapacity)
      pools[cpu.id].close(cpu, allocator)
    }
    cpu.enableSoftirqs()
  }
}
