// The proof of the seam: the allocator that is measured natively is explored by seed.

import Exploration
import Machine
import Testing

@testable import PageAllocator

/// Two CPUs of a 512-frame allocator, with the interrupts of one source.
final class SimulatedAllocator {
  let machine: Machine
  let allocator: PageAllocator
  let simulated: SimulatedMachine
  let explorer: Explorer
  /// Makes what lies outside of the machine's memory what it is at the start of a schedule.
  let prepare: () -> Void
  /// Records and repeats its schedules.
  let replayer: Replayer
  private let slots: [PageSlots]
  private let owners: Table<UInt8>

  /// - Parameter exploration: the strategies; nil for a random walk at `granularity`.
  init(
    granularity: Granularity, bugs: [SeededBug] = [], bulkSource: BulkSource = .lists,
    exploration: ExplorationPlan? = nil
  ) throws {
    var catalog = Catalog()
    catalog.addPageAllocator()
    catalog.add(rules: [
      RuleText(Rule(200), "double-allocation", "{s} was handed out twice."),
      RuleText(Rule(201), "leaked-page", "{0} of 512 pages came back."),
    ])
    var tunables = AllocatorTunables()
    tunables.pageblockOrder = Order(5)
    tunables.bulkSource = bulkSource
    let plan = AllocatorPlan(
      zones: [
        ZoneLayout(
          node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: 512, managedPages: 512)
      ], nodeCount: 1, nodeOfCPU: [0, 0], tunables: tunables)
    machine = Machine(cpuCount: 2, arenaByteCount: plan.arenaByteCount, catalog: catalog)
    allocator = PageAllocator(plan, on: machine)
    allocator.switchOn(bugs)
    let scratch = Arena(byteCount: 1 << 16)
    slots = (0..<2).map { _ in PageSlots(in: scratch, count: 16) }
    owners = scratch.table(of: UInt8.self, count: 512)
    let stash = PageSlots(in: scratch, count: 2)
    let judge = HandOutJudge(owners: owners)
    allocator.subscribe(judge)
    machine.setHandler(StashingInterrupt(allocator, stash), for: .nic)
    var options = SimulationOptions()
    options.granularity = granularity
    options.interruptBudget = [.nic: 2]
    options.pointsMax = 20_000
    simulated = try SimulatedMachine(machine, options: options)
    let (allocator, slots, owners) = (allocator, slots, owners)
    prepare = {
      owners.fill(with: 0)
      for slot in slots { slot.clear() }
      stash.clear()
    }
    let program = SimulatedProgram(
      prepare: prepare,
      body: { work($0, allocator, slots[$0.id]) },
      atEnd: { cpu in
        allocator.releasePages(cpu, stash, count: 2)
        allocator.drainAll(cpu)
        let free = allocator.counters(allocator.zone(0)).free
        if free != 512 { cpu.report(Rule(201), .zone, 0, free) }
        withExtendedLifetime((judge, scratch)) {}
      })
    if let exploration {
      explorer = Explorer(simulated, plan: exploration, program: program)
    } else {
      explorer = Explorer(
        simulated, strategy: InterruptInjection(into: RandomWalk()), program: program)
    }
    replayer = Replayer(simulated, program)
  }
}

/// What each CPU does: a bulk allocation, a block, some of it freed in between.
private func work(_ cpu: CPU, _ allocator: PageAllocator, _ slots: PageSlots) {
  let filled = allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 4)
  let block = allocator.allocatePages(cpu, order: Order(1), .highUserMovable)
  allocator.releasePages(cpu, slots, count: filled)
  slots.clear()
  if let block { allocator.freePages(cpu, block, order: Order(1)) }
}

/// Takes a page, or gives back the one it took before, wherever it cuts in.
private final class StashingInterrupt: InterruptHandler {
  private let allocator: PageAllocator
  private let stash: PageSlots

  init(_ allocator: PageAllocator, _ stash: PageSlots) {
    self.allocator = allocator
    self.stash = stash
  }

  override func handle(_ cpu: CPU) {
    if let frame = stash[cpu.id] {
      stash[cpu.id] = nil
      return allocator.freePages(cpu, frame, order: .zero)
    }
    stash[cpu.id] = allocator.allocatePages(cpu, order: .zero, .atomic)
  }
}

/// The smallest ledger: who was handed a frame, and has not given it back.
private final class HandOutJudge: TracepointSubscriber {
  private let owners: Table<UInt8>
  init(owners: Table<UInt8>) { self.owners = owners }

  override var kinds: [TracepointKind] { [.allocated, .freed] }

  override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    for offset in 0..<event.order.pages {
      let index = event.frame.index + offset
      if event.kind == .freed {
        owners[index] = 0
      } else if owners[index] != 0 {
        cpu.bug(Rule(200), .frame, index)
      } else {
        owners[index] = UInt8(cpu.id + 1)
      }
    }
  }
}

struct SimulatedAllocatorTests {
  @Test("schedules in which bulk calls take whole blocks lose no page and hand none out twice")
  func wholeBlocks() throws {
    let subject = try SimulatedAllocator(granularity: .all, bulkSource: .blocks)
    let outcome = subject.explorer.explore(schedules: 2_000, seed: 42)
    #expect(outcome.findings.isEmpty, "\(outcome.findings)")
    #expect(subject.machine.total(AllocatorCounter.pathBulkBlock.id) > 0)
  }

  // The hashes are the same in debug and release, on every machine: a change of the allocator's
  // code changes them, a change of anything else must not.
  @Test(
    "10 000 schedules twice give equal hashes and no finding",
    arguments: [
      (Granularity.sync, UInt64(0x7712_b801_31bb_2402)),
      (Granularity.all, UInt64(0x09f7_e409_c740_15c8)),
    ])
  func equalHashes(granularity: Granularity, expected: UInt64) throws {
    let first = try SimulatedAllocator(granularity: granularity)
      .explorer.explore(schedules: 10_000, seed: 42)
    let second = try SimulatedAllocator(granularity: granularity)
      .explorer.explore(schedules: 10_000, seed: 42)
    #expect(first == second)
    #expect(first.found.isEmpty)
    #expect(first.cut == 0)
    #expect(first.hash == expected, "0x\(String(first.hash, radix: 16)) \(first.points)")
  }

  @Test("a lock that lies hands a page out twice, and the schedule's number shows it again")
  func bustedLock() throws {
    let busted = try SimulatedAllocator(granularity: .all, bugs: [.bustedPCPLock])
    let campaign = busted.explorer.explore(schedules: 10_000, seed: 42)
    let twice = campaign.found.first { $0.findings.contains { $0.rule == "double-allocation" } }
    let schedule = try #require(twice, "\(campaign.found)")
    let again = try SimulatedAllocator(granularity: .all, bugs: [.bustedPCPLock])
      .explorer.run(index: schedule.index, seed: 42)
    #expect(again == schedule)
    // A failing schedule leaves nothing behind: the next one is what it is without it.
    let after = busted.explorer.run(index: 3, seed: 42)
    let alone = try SimulatedAllocator(granularity: .all, bugs: [.bustedPCPLock])
      .explorer.run(index: 3, seed: 42)
    #expect(after == alone)
  }

  @Test("every strategy of the portfolio leaves the allocator without a finding")
  func portfolio() throws {
    let clean = try SimulatedAllocator(granularity: .sync, exploration: .portfolio())
      .explorer.explore(schedules: 700, seed: 42)
    #expect(clean.findings.isEmpty && clean.cut == 0 && clean.livelocks == 0)
    #expect(clean.interleavings.distinct >= 690)
  }

  @Test(
    "each strategy finds the lock that lies, and the schedule's number shows it again",
    arguments: [StrategyKind.random, .pct(3), .pos, .urw, .surw])
  func bustedLock(strategy: StrategyKind) throws {
    func explorer() throws -> Explorer {
      let plan = ExplorationPlan(strategy, .all)
      return try SimulatedAllocator(
        granularity: .all, bugs: [.bustedPCPLock], exploration: plan
      ).explorer
    }
    let campaign = try explorer().explore(schedules: 5_000, seed: 42, stopAtFirst: true)
    let schedule = try #require(campaign.found.first)
    #expect(try explorer().run(index: schedule.index, seed: 42) == schedule)
  }
}
