// A small machine with an allocator, for tests.

import Machine
import PageAllocator

@testable import PageAllocator

struct SmallMachine {
  let machine: Machine
  let allocator: PageAllocator

  /// One node, one Normal zone unless `zones` says otherwise.
  init(
    _ policies: Policies = .kernel, cpus: Int = 1, pages: Int = 4096, zones: [ZoneLayout]? = nil,
    nodes: Int = 1,
    start: [ZoneStart]? = nil, bugs: [SeededBug] = [],
    configure: (inout AllocatorTunables) -> Void = { _ in }
  ) {
    var catalog = Catalog()
    catalog.addPageAllocator()
    var tunables = policies.tunables
    configure(&tunables)
    let layout =
      zones ?? [
        ZoneLayout(
          node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: pages,
          managedPages: pages)
      ]
    var plan = AllocatorPlan(
      zones: layout, nodeCount: nodes, nodeOfCPU: (0..<cpus).map { $0 * nodes / cpus },
      tunables: tunables)
    plan.start = start
    machine = Machine(
      cpuCount: cpus, arenaByteCount: plan.arenaByteCount + 1 << 20, catalog: catalog)
    machine.reset(seed: 1)
    allocator = PageAllocator(plan, on: machine)
    allocator.switchOn(bugs)
  }

  /// Empty slots in memory of their own.
  func slots(_ count: Int) -> PageSlots { PageSlots(in: machine.arena, count: count) }

  func free(zone: Int = 0) -> Int { allocator.freePageCount(allocator.zone(zone)) }

  func total(_ counter: AllocatorCounter) -> UInt64 { machine.total(counter.id) }

  /// Runs code on one CPU by itself; false if a rule broke, or if interrupts are off at its end.
  @discardableResult
  func run(_ id: Int = 0, _ body: @escaping (CPU) -> Void) -> Bool {
    machine.runAlone(id) { cpu in
      body(cpu)
      cpu.judgeBalance()
    }
  }

  /// A block that must be there.
  func take(_ cpu: CPU, _ order: Int = 0, _ gfp: GFP = .kernel) -> PageFrameNumber {
    guard let frame = allocator.allocatePages(cpu, order: Order(order), gfp) else {
      fatalError("a test's machine has memory for what the test takes")
    }
    return frame
  }

  func zone(_ index: Int = 0) -> Zone { allocator.zone(index) }

  func counters(_ zone: Int = 0) -> ZoneCounters { allocator.counters(allocator.zone(zone)) }

  func perCPU(_ cpu: Int = 0, zone: Int = 0) -> PerCPUState {
    allocator.perCPUState(cpu: cpu, zone: zone)
  }

  /// Free blocks of each order, of all types.
  func blocks(zone: Int = 0) -> [Int] { counters(zone).freeBlocks.map { $0.reduce(0, +) } }
}

extension GFP {
  /// A plain request whose pages have this type.
  static func of(_ type: Migratetype) -> GFP {
    switch type {
    case .movable: [.kernel, .movable]
    case .reclaimable: [.kernel, .reclaimable]
    case .unmovable, .highAtomic: .kernel
    }
  }
}

extension AllocatorTunables {
  /// No reserve, and per-CPU lists that keep nothing: what is freed is free.
  mutating func makePlain(pageblock: Int) {
    pageblockOrder = Order(pageblock)
    minFreeKBytes = 0
    watermarkScaleFactor = 1
    perCPUHigh = 0
  }
}
