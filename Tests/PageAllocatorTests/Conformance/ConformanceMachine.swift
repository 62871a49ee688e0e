// An allocator under any policies with all its judges, on which claims run: on one CPU after the
// other, or on all at once in schedules with interrupts.

import Checker
import Exploration
import Machine
import MachineChecks

@testable import PageAllocator

final class ConformanceMachine {
  let policies: Policies
  let allocator: PageAllocator
  let cpuCount: Int
  /// True while one CPU runs and nothing cuts into it: a request gets all that it asks for.
  private(set) var isAlone = false
  private let machine: Machine
  private let scratch = Arena(byteCount: 1 << 14)
  private let slots: PageSlots
  private let stash: PageSlots
  private var broken: [String] = []
  private let ledger: OwnershipLedger
  private let oracle: BulkOracle
  private let watch: ReserveWatch
  private let grants: GrantJudge
  private let types: ListTypeWatch
  private let scan: ZoneScan

  private static let slotsOfCPU = 144

  /// One zone of 1024 free pages; lists are so short that a few requests make them too long.
  init(_ policies: Policies, bugs: [SeededBug] = []) {
    self.policies = policies
    cpuCount = policies.cpus(3)
    var catalog = Catalog()
    catalog.addPageAllocator()
    catalog.addChecker()
    var tunables = policies.tunables
    tunables.pageblockOrder = Order(3)
    tunables.minFreeKBytes = 0
    tunables.watermarkScaleFactor = 1
    tunables.perCPUBatch = 7
    tunables.perCPUHighMin = 8
    tunables.perCPUHigh = 32
    tunables.batchScaleMax = 2
    let zone = ZoneLayout(
      node: 0, kind: .normal, start: PageFrameNumber(0), spannedPages: 1024, managedPages: 1024)
    let plan = AllocatorPlan(
      zones: [zone], nodeCount: 1, nodeOfCPU: [Int](repeating: 0, count: cpuCount),
      tunables: tunables)
    machine = Machine(cpuCount: cpuCount, arenaByteCount: plan.arenaByteCount, catalog: catalog)
    allocator = PageAllocator(plan, on: machine)
    allocator.switchOn(bugs)
    slots = PageSlots(in: scratch, count: cpuCount * Self.slotsOfCPU)
    stash = PageSlots(in: scratch, count: cpuCount)
    ledger = OwnershipLedger(frameCount: allocator.frameCount, tracksTouched: true)
    oracle = BulkOracle(cpuCount: cpuCount)
    watch = ReserveWatch(allocator)
    grants = GrantJudge(allocator, plan)
    types = ListTypeWatch(allocator)
    scan = ZoneScan(
      allocator, machine, ledger: ledger, watch: watch, grants: grants, types: types)
    for judge in [ledger, oracle, watch, grants, types] { allocator.subscribe(judge) }
    machine.setHandler(StashingHandler(allocator, stash), for: .nic)
    machine.setHandler(NonMaskableHandler(allocator), for: .nmi)
    machine.reset(seed: 1)
    scan.captureStart()
  }

  /// Notes a claim that does not hold.
  func claim(_ holds: Bool, _ text: @autoclosure () -> String) {
    if !holds && broken.count < 4 { broken.append(text()) }
  }

  func total(_ counter: AllocatorCounter) -> UInt64 { machine.total(counter.id) }

  /// Runs a claim on each CPU in turn, twice; what is broken, and the paths that it did not take.
  func alone(_ claim: ConformanceClaim) -> [String] {
    isAlone = true
    for turn in 0..<2 * cpuCount {
      if machine.runAlone(turn % cpuCount, { [unowned self] in play(claim, $0) }) { continue }
      return broken + rulesOfCPUs
    }
    machine.runAlone { [unowned self] in giveBack($0) }
    let untaken = claim.paths.filter { total($0) == 0 }.map { "\($0.name) was not taken" }
    return broken + rulesOfCPUs + rulesAtRest() + untaken
  }

  /// Runs a claim on all CPUs at once in so many schedules; what the first broken one breaks.
  func scheduled(_ claim: ConformanceClaim, schedules: UInt64) throws -> [String] {
    var options = SimulationOptions()
    // Lists without a lock of their own have hardly a point but their accesses.
    options.granularity = cpuCount == 1 ? .all : .sync
    options.interruptBudget = [.nic: 3, .nmi: 1]
    options.pointsMax = 200_000
    let simulated = try SimulatedMachine(machine, options: options)
    simulated.observe(RaceDetector(machine))
    let lockdep = Lockdep(simulated)
    simulated.captureStart()
    var interrupts: UInt64 = 0
    for index in 0..<schedules {
      reset()
      let outcome = simulated.run(
        seed: SplitMix64.split(42, index), strategy: InterruptInjection(into: RandomWalk()),
        SimulatedProgram(
          body: { [unowned self] in play(claim, $0) },
          atEnd: { [unowned self] in giveBack($0) }))
      var rules = broken + rulesOfCPUs + lockdep.violations.map { $0.finding(machine.catalog).rule }
      if outcome.end == .cut { rules.append("cut") }
      if rules.isEmpty { rules += rulesAtRest() }
      if !rules.isEmpty { return rules }
      interrupts += machine.interrupts(.nic).delivered + machine.interrupts(.nmi).delivered
    }
    return interrupts > 0 ? [] : ["no interrupt came"]
  }

  /// Makes what lies outside of the machine's memory what it is at the start of a schedule.
  private func reset() {
    ledger.reset()
    oracle.reset()
    watch.reset()
    grants.reset()
    types.reset()
    slots.clear()
    stash.clear()
    machine.reset(seed: 1)
  }

  private func play(_ claim: ConformanceClaim, _ cpu: CPU) {
    let own = slots.slice(from: cpu.id * Self.slotsOfCPU, count: Self.slotsOfCPU)
    claim.body(ConformanceCaller(cpu: cpu, test: self, slots: own))
    self.claim((0..<own.count).allSatisfy { own[$0] == nil }, "all is given back")
    cpu.judgeBalance()
  }

  /// What interrupts hold, parked pages and lists.
  private func giveBack(_ cpu: CPU) {
    for id in 0..<cpuCount {
      if let frame = stash[id] { allocator.freePages(cpu, frame, order: .zero) }
      stash[id] = nil
    }
    allocator.freeAllParked(cpu)
    allocator.drainAlone(cpu)
    cpu.judgeBalance()
  }

  private var rulesOfCPUs: [String] { machine.findings().findings.map(\.rule) }

  private func rulesAtRest() -> [String] {
    let free = allocator.freePageCount(allocator.zone(0))
    return scan.scan().map(\.rule) + LeakCheck.findings(after: scan).map(\.rule)
      + (free == 1024 ? [] : ["\(free) of 1024 pages are free at the end"])
  }
}

/// Takes a page, or gives back the one it took before, wherever it cuts in.
private final class StashingHandler: InterruptHandler {
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

/// Takes and frees two blocks, whatever locks it cuts into.
private final class NonMaskableHandler: InterruptHandler {
  private let allocator: PageAllocator

  init(_ allocator: PageAllocator) { self.allocator = allocator }

  override func handle(_ cpu: CPU) {
    for order in [Order.zero, Order(1)] {
      guard let frame = allocator.allocatePagesNoLock(cpu, order: order) else { continue }
      allocator.freePagesNoLock(cpu, frame, order: order)
    }
  }
}
