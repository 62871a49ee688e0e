// A small allocator with all its judges, whose schedules are chosen by number: what shows that a
// seeded bug is found, and that the same program without it is clean.

import Checker
import Exploration
import Machine
import MachineChecks

@testable import PageAllocator

/// What a program runs on.
struct ScheduledMachine {
  var cpus = 1
  var pages = 512
  /// How many of them are in a zone below the Normal one.
  var lowerPages = 0
  var pageblockOrder = 3
  var granularity = Granularity.sync
  var interrupts = 0
  /// Where they come from.
  var source = InterruptSource.nic
  var tunables = AllocatorTunables()
}

extension ScheduledMachine {
  fileprivate var zones: [ZoneLayout] {
    let parts = [(ZoneKind.dma32, 0, lowerPages), (.normal, lowerPages, pages - lowerPages)]
    return parts.filter { $0.2 > 0 }.map { kind, start, pages in
      ZoneLayout(
        node: 0, kind: kind, start: PageFrameNumber(UInt32(start)), spannedPages: pages,
        managedPages: pages)
    }
  }
}

/// A program of virtual CPUs on a small allocator.
struct ScheduledProgram {
  var machine = ScheduledMachine()
  /// What each CPU does.
  var body: (CPU, JudgedSchedules) -> Void
  /// What an interrupt does.
  var interrupt: (CPU, JudgedSchedules) -> Void = { _, _ in }
}

/// One program's schedules.
final class JudgedSchedules {
  let allocator: PageAllocator
  /// Slots of the program's own, 64 for each CPU; emptied and their pages freed at the end.
  let slots: PageSlots
  /// True once CPU 0 told the others that it is done.
  var isDone = false
  private let machine: Machine
  private let simulated: SimulatedMachine
  private let program: ScheduledProgram
  private let ledger: OwnershipLedger
  private let oracle: BulkOracle
  private let watch: ReserveWatch
  private let grants: GrantJudge
  private let scan: ZoneScan
  private let lockdep: Lockdep?
  private let scratch = Arena(byteCount: 1 << 16)

  /// - Parameter watchesOrder: true to look for races and at the order of locks, too.
  init(_ program: ScheduledProgram, bugs: [SeededBug], watchesOrder: Bool = true) throws {
    self.program = program
    let small = program.machine
    var catalog = Catalog()
    catalog.addPageAllocator()
    catalog.addChecker()
    var tunables = small.tunables
    tunables.pageblockOrder = Order(small.pageblockOrder)
    let plan = AllocatorPlan(
      zones: small.zones, nodeCount: 1, nodeOfCPU: [Int](repeating: 0, count: small.cpus),
      tunables: tunables)
    machine = Machine(
      cpuCount: small.cpus, arenaByteCount: plan.arenaByteCount, catalog: catalog)
    allocator = PageAllocator(plan, on: machine)
    allocator.switchOn(bugs)
    slots = PageSlots(in: scratch, count: small.cpus * 64)
    ledger = OwnershipLedger(frameCount: small.pages, tracksTouched: true)
    oracle = BulkOracle(cpuCount: small.cpus)
    watch = ReserveWatch(allocator)
    grants = GrantJudge(allocator, plan)
    scan = ZoneScan(allocator, machine, ledger: ledger, watch: watch, grants: grants)
    for judge in [ledger, oracle, watch, grants] { allocator.subscribe(judge) }
    var options = SimulationOptions()
    options.granularity = small.granularity
    options.interruptBudget = [small.source: small.interrupts]
    options.pointsMax = 100_000
    simulated = try SimulatedMachine(machine, options: options)
    if watchesOrder { simulated.observe(RaceDetector(machine)) }
    lockdep = watchesOrder ? Lockdep(simulated) : nil
    machine.setHandler(ProgramInterrupt(self), for: small.source)
    machine.reset(seed: 1)
    scan.captureStart()
    simulated.captureStart()
  }

  /// The slots of one CPU.
  func slots(of cpu: CPU) -> PageSlots { slots.slice(from: cpu.id * 64, count: 64) }

  /// The rules that schedule `index` of campaign 42 breaks.
  func rules(ofSchedule index: UInt64) -> [String] {
    ledger.reset()
    oracle.reset()
    watch.reset()
    grants.reset()
    slots.clear()
    isDone = false
    // Counts are of one schedule, as the memory is.
    machine.reset(seed: 1)
    let outcome = simulated.run(
      seed: SplitMix64.split(42, index), strategy: InterruptInjection(into: RandomWalk()),
      SimulatedProgram(
        body: { [unowned self] in program.body($0, self) },
        atEnd: { [unowned self] in giveBack($0) }))
    var rules = machine.findings().findings.map(\.rule)
    if outcome.end == .cut { rules.append("cut") }
    rules += (lockdep?.violations ?? []).map { $0.finding(machine.catalog).rule }
    if outcome.end == .complete && rules.isEmpty {
      rules += scan.scan().map(\.rule)
      rules += LeakCheck.findings(after: scan).map(\.rule)
    }
    return rules
  }

  /// The first schedule of `0 ..< count` that breaks a rule, and the rules.
  func firstBroken(of count: UInt64) -> (index: UInt64, rules: [String])? {
    for index in 0..<count {
      let rules = rules(ofSchedule: index)
      if !rules.isEmpty { return (index, rules) }
    }
    return nil
  }

  fileprivate func interrupt(_ cpu: CPU) { program.interrupt(cpu, self) }

  private func giveBack(_ cpu: CPU) {
    for index in 0..<slots.count {
      if let frame = slots[index] { allocator.put(cpu, frame) }
      slots[index] = nil
    }
    allocator.freeAllParked(cpu)
    allocator.drainAlone(cpu)
  }
}

private final class ProgramInterrupt: InterruptHandler {
  private unowned let schedules: JudgedSchedules

  init(_ schedules: JudgedSchedules) { self.schedules = schedules }

  override func handle(_ cpu: CPU) { schedules.interrupt(cpu) }
}
