// The programs whose exploration is timed.

import Exploration
import Machine
import PageAllocator

/// A program whose schedules are run for the clock.
public enum ExploreProgram: String, CaseIterable, Sendable {
  /// 3 CPUs, each twice {lock; plain read and write; unlock; fetch_add}.
  case locks
  /// 3 CPUs, 10 fetch_add each.
  case atomics
  /// 2 CPUs, each a bulk allocation of 4 pages, a block of 2, and both freed.
  case allocator
  /// The same with a point at each plain access too.
  case allocatorAll = "allocator-all"

  /// Where CPUs may be interrupted.
  var granularity: Granularity { self == .allocatorAll ? .all : .sync }

  /// A machine with the program; throws if there is no memory for stacks.
  func make() throws -> (SimulatedMachine, SimulatedProgram) {
    switch self {
    case .locks: try Self.small(Self.locks)
    case .atomics: try Self.small(Self.atomics)
    case .allocator, .allocatorAll: try Self.allocator()
    }
  }

  private static func small(
    _ body: (SpinLock, Table<Int>) -> (CPU) -> Void
  ) throws -> (SimulatedMachine, SimulatedProgram) {
    let machine = Machine(cpuCount: 3, arenaByteCount: 1 << 16, catalog: Catalog())
    let lock = machine.makeLock(LockClass(0), instance: 0)
    let words = machine.arena.table(of: Int.self, count: 64)
    return (
      try SimulatedMachine(machine, options: SimulationOptions()),
      SimulatedProgram(body: body(lock, words))
    )
  }

  private static func locks(_ lock: SpinLock, _ words: Table<Int>) -> (CPU) -> Void {
    let plain = words.plain(0)
    let atomic = words.atomic(8)
    return { cpu in
      for _ in 0..<2 {
        lock.lock(cpu)
        plain.write(cpu, plain.read(cpu) &+ 1)
        lock.unlock(cpu)
        _ = atomic.add(cpu, 1)
      }
    }
  }

  private static func atomics(_ lock: SpinLock, _ words: Table<Int>) -> (CPU) -> Void {
    let atomic = words.atomic(8)
    return { cpu in for _ in 0..<10 { _ = atomic.add(cpu, 1) } }
  }

  private static func allocator() throws -> (SimulatedMachine, SimulatedProgram) {
    var catalog = Catalog()
    catalog.addPageAllocator()
    var tunables = AllocatorTunables()
    tunables.pageblockOrder = Order(5)
    let zone = ZoneLayout(
      node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: 512, managedPages: 512)
    let plan = AllocatorPlan(
      zones: [zone], nodeCount: 1, nodeOfCPU: [0, 0], tunables: tunables)
    let machine = Machine(cpuCount: 2, arenaByteCount: plan.arenaByteCount, catalog: catalog)
    let allocator = PageAllocator(plan, on: machine)
    let scratch = Arena(byteCount: 1 << 12)
    let slots = (0..<2).map { _ in PageSlots(in: scratch, count: 4) }
    let (first, second) = (slots[0], slots[1])
    let program = SimulatedProgram(
      prepare: {
        first.clear()
        second.clear()
        withExtendedLifetime(scratch) {}
      },
      body: { cpu in
        let slots = cpu.id == 0 ? first : second
        let filled = allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 4)
        let block = allocator.allocatePages(cpu, order: Order(1), .highUserMovable)
        allocator.releasePages(cpu, slots, count: filled)
        if let block { allocator.freePages(cpu, block, order: Order(1)) }
      })
    return (try SimulatedMachine(machine, options: SimulationOptions()), program)
  }
}
