// The judges of one run: who listens, who scans, and what they said.

import Checker
import Machine
import MachineChecks
import PageAllocator

/// The judges that a plan asks for.
final class RunJudges {
  private let plan: RunPlan
  private let machine: Machine
  private let ledger: OwnershipLedger?
  private let oracle: BulkOracle?
  private let grants: GrantJudge?
  private let watch: ReserveWatch
  private let types: ListTypeWatch?
  private let zoneScan: ZoneScan
  private let lockdep: Lockdep?
  /// Findings of judges that look at the whole run.
  private(set) var findings: [Finding] = []
  private var scans: UInt64 = 0
  private var leakChecks: UInt64 = 0

  init(_ plan: RunPlan, _ machine: Machine, _ allocator: PageAllocator) {
    self.plan = plan
    self.machine = machine
    watch = ReserveWatch(allocator)
    allocator.subscribe(watch)
    // A recorded machine starts with pages on lists.
    types = plan.allocator.start == nil ? ListTypeWatch(allocator) : nil
    if let types { allocator.subscribe(types) }
    ledger =
      plan.checks.ledger
      ? OwnershipLedger(frameCount: allocator.frameCount, tracksTouched: false) : nil
    if let ledger {
      allocator.subscribe(ledger)
      ledger.adopt(allocator)
    }
    oracle = plan.checks.bulkOracle ? BulkOracle(cpuCount: machine.cpuCount) : nil
    if let oracle { allocator.subscribe(oracle) }
    grants = plan.checks.grants ? GrantJudge(allocator, plan.allocator) : nil
    if let grants { allocator.subscribe(grants) }
    lockdep = plan.checks.lockdep ? Lockdep(native: machine) : nil
    zoneScan = ZoneScan(
      allocator, machine, ledger: ledger, watch: watch, grants: grants, types: types)
    if plan.checks.invariants || plan.checks.leaks { zoneScan.captureStart() }
    // What the start state breaks is the start state's fault.
    findings = plan.checks.invariants && plan.allocator.start != nil ? zoneScan.scan() : []
  }

  /// Before a simulated schedule: all is as it was at the start.
  func beginSchedule() {
    ledger?.reset()
    oracle?.reset()
    grants?.reset()
    watch.reset()
    types?.reset()
    zoneScan.beginSchedule()
  }

  /// The per-CPU lists of a simulated schedule, before they are drained.
  func findingsOfLists() -> [Finding] {
    plan.checks.invariants ? zoneScan.scanPerCPULists() : []
  }

  /// After a simulated schedule in which all was given back: what is wrong now.
  func findingsOfSchedule() -> [Finding] {
    if !plan.checks.invariants && !plan.checks.leaks { return [] }
    let broken = zoneScan.scan()
    return (plan.checks.invariants ? broken : [])
      + (plan.checks.leaks ? LeakCheck.findings(after: zoneScan) : [])
  }

  /// A full scan, at a pause or at the end.
  func scan() {
    if !plan.checks.invariants { return }
    scans += 1
    note(zoneScan.scan())
  }

  /// After all was given back: the scan, then what is left.
  func judgeEnd() {
    scan()
    if !plan.checks.leaks { return }
    if !plan.checks.invariants { _ = zoneScan.scan() }
    leakChecks += 1
    note(LeakCheck.findings(after: zoneScan))
  }

  /// What the order of locks breaks, however the run ended; at rest.
  func judgeLocks() {
    guard let lockdep else { return }
    note(lockdep.violations.map { $0.finding(machine.catalog) })
  }

  /// The required paths that were never taken; and interrupts by signal, if none came.
  func vacuity() -> [Finding] {
    let signals =
      plan.interrupts.delivery == .signal
      ? InterruptSource.allCases.reduce(0) { $0 + machine.interrupts($1).received } : nil
    return Vacuity.findings(signals: signals)
      + Vacuity.findings(required: plan.checks.requiredPaths, machine.catalog) {
        machine.total($0)
      }
  }

  /// The judges that were on, with how often each judged.
  func outcomes(_ all: [Finding]) -> [CheckOutcome] {
    Check.all.compactMap { check in
      guard let times = times(check.name) else { return nil }
      let rules = check.ruleNames
      let count = all.filter { rules.contains($0.rule) }.count
      return CheckOutcome(name: check.name, times: times, findings: count)
    }
  }

  private func times(_ name: String) -> UInt64? {
    switch name {
    case "ledger": ledger == nil ? nil : machine.total(CheckerCounter.allocationsSeen.id)
    case "bulk": oracle == nil ? nil : machine.total(CheckerCounter.bulkCallsChecked.id)
    case "grants": grants == nil ? nil : machine.total(CheckerCounter.grantsSeen.id)
    case "zones": plan.checks.invariants ? scans : nil
    case "leaks", "coalescing": plan.checks.leaks ? leakChecks : nil
    case "lockdep": lockdep?.chains
    case "vacuity":
      UInt64(plan.checks.requiredPaths.count + (plan.interrupts.delivery == .signal ? 1 : 0))
    default: nil
    }
  }

  private func note(_ new: [Finding]) {
    for finding in new {
      let same = findings.firstIndex {
        $0.signature == finding.signature && $0.cpu == finding.cpu && $0.context == finding.context
      }
      if let known = same {
        findings[known].count += finding.count
      } else {
        findings.append(finding)
      }
    }
  }
}
