// Gathers a finished run into its outcome.

import Checker
import JSON5
import Machine
import Outcomes
import PageAllocator
import Workloads

struct OutcomeCollector {
  private let plan: RunPlan
  private let assembly: RunAssembly
  private let tally: WorkloadTally
  private let native: NativeOutcome
  private let machine: Machine

  init(
    _ plan: RunPlan, _ assembly: RunAssembly, _ tally: WorkloadTally, _ native: NativeOutcome
  ) {
    self.plan = plan
    self.assembly = assembly
    self.tally = tally
    self.native = native
    machine = assembly.machine
  }

  func collect(askedToEnd: Bool, foundFirst: Bool) -> Outcome {
    var outcome = Outcome(.run(body()))
    outcome.header.name = plan.name
    outcome.header.seed = plan.seed
    outcome.header.options = JSON5Writer.text(plan.resolved)
    outcome.header.elapsedNanoseconds = native.elapsedNanoseconds
    judge(&outcome, askedToEnd: askedToEnd, foundFirst: foundFirst)
    return outcome
  }

  private func body() -> RunBody {
    var body = RunBody()
    body.workerCPUs = plan.workerCPUs
    body.cpus = plan.cpuCount
    body.statistics = "\(plan.statistics)"
    body.stuck = StuckReport(plan, tally, native).lines
    body.requestHashes = (0..<plan.workerCPUs).map {
      hexadecimal(machine.requestHash(cpu: $0))
    }
    body.workloads = plan.workloads.indices.map(workload)
    body.locks = machine.catalog.namedLockClasses.map { lock($0.0, $0.1) }
      .filter { $0.acquisitions > 0 || $0.tryAttempts > 0 }
    body.contendedSites = contendedSites()
    collectInterrupts(&body)
    if plan.statistics == .timing {
      let (ticks, site) = machine.interruptsOffLongest
      body.interruptsOffNanosecondsMax = nanoseconds(ticks)
      body.interruptsOffSite = machine.catalog.name(site)
    }
    collectCounts(&body)
    body.zones = (0..<assembly.allocator.zoneCount).map(zone)
    body.trace = trace()
    body.machineRemarks = plan.machine.zoneinfo == nil ? nil : plan.machineRemarks
    return body
  }

  private func collectInterrupts(_ body: inout RunBody) {
    body.interrupts = InterruptSource.allCases.map { source in
      let counts = machine.interrupts(source)
      return InterruptOutcome(
        source: source.name, delivered: counts.delivered, deferred: counts.deferred,
        signals: signals(counts))
    }
    if plan.interrupts.delivery == .signal {
      body.signalsByCPU = (0..<plan.cpuCount).compactMap { signals(machine.interrupts(cpu: $0)) }
    }
    body.softirqs = machine.softirqsRun
  }

  /// Nil unless interrupts came as signals.
  private func signals(_ counts: InterruptCounts) -> SignalOutcome? {
    if plan.interrupts.delivery != .signal { return nil }
    return SignalOutcome(
      sent: counts.sent, coalesced: counts.coalesced, received: counts.received)
  }

  /// The findings, and with them the verdict: the only place where that of a run is decided.
  private func judge(_ outcome: inout Outcome, askedToEnd: Bool, foundFirst: Bool) {
    let (found, dropped) = machine.findings()
    outcome.findings = found + assembly.judges.findings
    outcome.findingsDropped = dropped
    let isStuck = outcome.run?.stuck.isEmpty == false
    if !outcome.findings.isEmpty || isStuck {
      outcome.header.verdict = .finding
    } else if !askedToEnd {
      outcome.findings = assembly.judges.look(at: .clean)
      if !outcome.findings.isEmpty { outcome.header.verdict = .vacuous }
    }
    outcome.header.endedEarly = reason(
      askedToEnd: askedToEnd, foundFirst: foundFirst, isStuck: isStuck)
    outcome.checks = assembly.judges.outcomes(outcome.findings)
  }

  /// Why the run ended before its bound; nil if it did not.
  private func reason(askedToEnd: Bool, foundFirst: Bool, isStuck: Bool) -> String? {
    if isStuck { return "a CPU made no progress" }
    if machine.isHalted { return "a rule broke after which going on means nothing" }
    if askedToEnd { return "the user asked for it" }
    return foundFirst ? "the first finding was to end it" : nil
  }

  private func workload(_ index: Int) -> WorkloadOutcome {
    let entry = plan.workloads[index]
    var outcome = WorkloadOutcome(name: entry.kind.name, cpus: entry.cpus.count)
    let totals = tally.total(index)
    outcome.operations = totals[0]
    outcome.operationsPerSecond =
      Double(totals[0]) * 1e9 / Double(max(native.elapsedNanoseconds, 1))
    outcome.bulkFull = totals[1]
    outcome.bulkPartial = totals[2]
    outcome.bulkFailed = totals[3]
    outcome.allocationsFailed = totals[4]
    if plan.statistics == .timing {
      let latencies = machine.latencies(index)
      outcome.latency = LatencyOutcome(
        p50: nanoseconds(latencies.quantile(perMille: 500)),
        p99: nanoseconds(latencies.quantile(perMille: 990)),
        p999: nanoseconds(latencies.quantile(perMille: 999)), max: nanoseconds(latencies.maximum))
    }
    return outcome
  }

  private func lock(_ lockClass: LockClass, _ name: String) -> LockOutcome {
    let totals = machine.lockTotals(lockClass)
    let isTimed = plan.statistics == .timing
    return LockOutcome(
      name: name, contentions: totals.contentions, wait: isTimed ? times(totals.wait) : nil,
      acquisitions: totals.acquisitions, hold: isTimed ? times(totals.hold) : nil,
      tryAttempts: totals.tryAttempts, tryFailures: totals.tryFailures)
  }

  private func contendedSites() -> [SiteOutcome] {
    let sites = (0..<Site.count).map { Site(UInt16($0)) }
    let contended = sites.map { ($0, machine.contention(at: $0)) }
      .filter { $0.1.contentions > 0 }
      .sorted { ($0.1.contentions, $1.0.rawValue) > ($1.1.contentions, $0.0.rawValue) }
    return contended.map { site, contention in
      SiteOutcome(
        site: machine.catalog.name(site), contentions: contention.contentions,
        waitNanoseconds: plan.statistics == .timing ? nanoseconds(contention.waitTicks) : nil)
    }
  }

  private func collectCounts(_ body: inout RunBody) {
    for counter in AllocatorCounter.allCases {
      let count = NamedCount(name: counter.name, count: machine.total(counter.id))
      if counter.isPath { body.paths.append(count) } else { body.events.append(count) }
    }
    body.workloadCounts = WorkloadCounter.allCases.map {
      NamedCount(name: $0.name, count: machine.total($0.id))
    }
  }

  private func zone(_ index: Int) -> ZoneOutcome {
    let zone = assembly.allocator.zone(index)
    let counters = assembly.allocator.counters(zone)
    return ZoneOutcome(
      node: plan.nodeNumbers[zone.node], name: zone.kind.name, managed: zone.managedPages,
      free: counters.free,
      watermarks: counters.watermarks, freeBlocks: counters.freeBlocks.map { $0.reduce(0, +) })
  }

  private func trace() -> TraceOutcome? {
    guard let plan = plan.trace, let replay = assembly.replay,
      let statistics = assembly.traceStatistics
    else { return nil }
    let result = replay.result
    let zones = (0..<assembly.allocator.zoneCount).map { index in
      let zone = assembly.allocator.zone(index)
      let kernel = plan.resolved.flow(zone: index)
      let model = statistics.totals(zone: index)
      return TraceZoneOutcome(
        zone: "\(self.plan.nodeNumbers[zone.node]) \(zone.kind.name)",
        takenKernel: kernel.takenPages,
        takenModel: model.taken, drainedKernel: kernel.drainedPages, drainedModel: model.drained,
        fallbacksKernel: kernel.fallbackCount, fallbacksModel: model.fallbacks)
    }
    return TraceOutcome(
      file: plan.options.file, replayed: result.replayed, skipped: result.skipped,
      remarks: plan.remarks + Self.phaseRemarks(plan, zones),
      machine: plan.machineComparison, zones: zones)
  }

  /// What a large difference may come from: the phase of the decay, which no recording tells.
  private static func phaseRemarks(_ plan: TracePlan, _ zones: [TraceZoneOutcome]) -> [String] {
    if !plan.options.decays || plan.options.fitsPhase { return [] }
    return zones.compactMap { zone in
      let difference = abs(zone.drainedModel - zone.drainedKernel)
      if difference <= max(zone.drainedKernel / 10, 256) { return nil }
      return
        "pages drained of zone \(zone.zone) differ by \(difference): they depend on when the lists"
        + " decay, which a recording does not tell; try trace.decayPhase: \"fit\""
    }
  }

  private func times(_ spread: Spread) -> TimesOutcome {
    TimesOutcome(
      min: nanoseconds(spread.minimum), max: nanoseconds(spread.maximum),
      total: nanoseconds(spread.total),
      average: spread.count == 0 ? 0 : nanoseconds(spread.total / spread.count))
  }

  private func nanoseconds(_ ticks: UInt64) -> UInt64 {
    UInt64(Double(ticks) * 1e9 / max(native.ticksPerSecond, 1))
  }

  private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
