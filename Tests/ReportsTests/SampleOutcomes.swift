// Outcomes that reports are tested with.

import Harness

/// Made-up outcomes.
enum Sample {
  /// A clean run that counted.
  static func clean() -> RunOutcome {
    var outcome = RunOutcome()
    outcome.name = "quick"
    outcome.seed = 3_728_179_592
    outcome.options = "{\n  name: \"quick\",\n}\n"
    outcome.repeatCommand = "pagetorture run configs/quick.json5 --seed 3728179592"
    outcome.elapsedNanoseconds = 2_040_000_000
    outcome.workerCPUs = 2
    outcome.cpus = 3
    outcome.statistics = "counts"
    outcome.requestHashes = ["c43d28f6a25b8d67", "ddda8975ca077a90"]
    outcome.checks = [
      CheckOutcome(name: "ledger", times: 277_575, findings: 0),
      CheckOutcome(name: "zones", times: 1, findings: 0),
    ]
    var pool = WorkloadOutcome(name: "pagePool", cpus: 2)
    pool.operations = 4258
    pool.operationsPerSecond = 2086.9
    pool.bulkFull = 1740
    pool.bulkPartial = 1
    var slab = WorkloadOutcome(name: "slab", cpus: 2)
    slab.operations = 1441
    slab.operationsPerSecond = 706
    slab.allocationsFailed = 3
    outcome.workloads = [pool, slab]
    outcome.locks = [lock("pcp->lock", contentions: 29), lock("zone->lock", contentions: 2555)]
    outcome.contendedSites = (1...10).map {
      SiteOutcome(site: "site_\($0)", contentions: UInt64(2000 / $0), waitNanoseconds: nil)
    }
    outcome.interrupts = [
      InterruptOutcome(source: "nic", delivered: 6561, deferred: 2053),
      InterruptOutcome(source: "timer", delivered: 1044, deferred: 0),
    ]
    outcome.softirqs = 9667
    outcome.events = [
      "pgalloc_normal", "pgfree", "numa_hit", "numa_miss", "pages_pcpu_drained",
    ].enumerated().map { NamedCount(name: $1, count: UInt64($0 * 389_640)) }
    outcome.workloadCounts = [
      NamedCount(name: "bulk-full", count: 4814), NamedCount(name: "cache-hits", count: 0),
    ]
    outcome.paths = [
      NamedCount(name: "pcp-hit", count: 12), NamedCount(name: "steal", count: 0),
      NamedCount(name: "bulk-single", count: 0),
    ]
    outcome.zones = [
      ZoneOutcome(
        node: 0, name: "DMA32", managed: 16384, free: 16384, watermarks: [128, 160, 192, 224],
        freeBlocks: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16]),
      ZoneOutcome(
        node: 0, name: "Normal", managed: 49152, free: 40000, watermarks: [384, 480, 576, 672],
        freeBlocks: [944, 1427, 1866, 1152, 785, 600, 380, 216, 243, 221, 406]),
    ]
    return outcome
  }

  /// The same, with interrupts by signal.
  static func signal() -> RunOutcome {
    var outcome = clean()
    outcome.interrupts[0].signals = SignalOutcome(sent: 9120, coalesced: 1234, received: 7886)
    outcome.interrupts[1].signals = SignalOutcome(sent: 1060, coalesced: 0, received: 1060)
    outcome.signalsByCPU = [
      SignalOutcome(sent: 5000, coalesced: 600, received: 4400),
      SignalOutcome(sent: 4100, coalesced: 500, received: 3600),
      SignalOutcome(sent: 1080, coalesced: 134, received: 946),
    ]
    return outcome
  }

  /// The same, timed.
  static func timing() -> RunOutcome {
    var outcome = clean()
    outcome.statistics = "timing"
    outcome.workloads[0].latency = LatencyOutcome(p50: 53, p99: 1984, p999: 65_536, max: 1_234_567)
    outcome.locks[0].wait = TimesOutcome(min: 0, max: 0, total: 0, average: 0)
    outcome.locks[0].hold = TimesOutcome(min: 15, max: 81_230, total: 54_321_987, average: 442)
    outcome.locks[1].wait = TimesOutcome(min: 120, max: 2_004_995, total: 9_876_543, average: 3865)
    outcome.locks[1].hold = TimesOutcome(min: 35, max: 18_005, total: 44_100_000, average: 1238)
    for index in outcome.contendedSites.indices {
      outcome.contendedSites[index].waitNanoseconds = UInt64(1_000_000 / (index + 1))
    }
    outcome.interruptsOffNanosecondsMax = 18_204
    outcome.interruptsOffSite = "free_pcppages_bulk"
    return outcome
  }

  /// A run in which two rules broke.
  static func finding() -> RunOutcome {
    var outcome = clean()
    outcome.verdict = .finding
    outcome.endedEarly = "a rule broke after which going on means nothing"
    outcome.repeatCommand += " --bug busted-pcp-lock"
    outcome.findings = [
      .init(
        rule: "list-corrupted",
        sentence: "The free-list node frame 0x1a2b of zone Normal links to 5231, which does not "
          + "link back.", site: "rmqueue_bulk", subject: "frame 0x1a2b", count: 3),
      .init(
        rule: "leaked-page", sentence: "A page was never given back.", site: "do_anonymous_page",
        subject: "frame 0x77"),
    ]
    outcome.findings[0].cpu = 1
    outcome.findings[0].context = "softirq"
    outcome.findingsDropped = 17
    outcome.checks[0].findings = 2
    return outcome
  }

  /// A run that did not do what it was for.
  static func vacuous() -> RunOutcome {
    var outcome = clean()
    outcome.verdict = .vacuous
    outcome.findings = [
      .init(
        rule: "vacuous", sentence: "The path bulk-single is required, and was never taken.",
        site: "vacuity bulk-single", subject: "bulk-single")
    ]
    return outcome
  }

  /// A replayed recording.
  static func trace() -> RunOutcome {
    var outcome = RunOutcome()
    outcome.name = "anon"
    outcome.seed = 1
    outcome.repeatCommand = "pagetorture run configs/anon.json5 --seed 1"
    outcome.elapsedNanoseconds = 310_000_000
    outcome.workerCPUs = 4
    outcome.cpus = 4
    outcome.statistics = "off"
    outcome.trace = TraceOutcome(
      file: "traces/anon.ftrace", replayed: 123_456, skipped: 12,
      remarks: ["12 frees of pages that were allocated before the recording began"],
      machine: (0..<30).map {
        MachineComparisonRow(zone: "0 Normal", name: "number\($0)", kernel: $0, model: $0)
      } + [
        MachineComparisonRow(zone: "0 Normal", name: "high", kernel: 1000, model: 1010),
        MachineComparisonRow(zone: "0 DMA32", name: "promo", kernel: 0, model: 3),
      ],
      zones: [
        TraceZoneOutcome(
          zone: "0 DMA32", takenKernel: 0, takenModel: 0, drainedKernel: 0, drainedModel: 5,
          fallbacksKernel: 0, fallbacksModel: 0),
        TraceZoneOutcome(
          zone: "0 Normal", takenKernel: 45_120, takenModel: 45_001, drainedKernel: 30_000,
          drainedModel: 30_300, fallbacksKernel: 8, fallbacksModel: 8),
      ])
    return outcome
  }

  /// A run that did not end.
  static func stuck() -> RunOutcome {
    var outcome = clean()
    outcome.verdict = .finding
    outcome.endedEarly = "a CPU made no progress"
    outcome.zones = []
    outcome.paths = []
    outcome.stuck = [
      "CPU 1 has waited 60.0 s for zone->lock[1] in rmqueue_bulk, which CPU 0 took in "
        + "free_pcppages_bulk (softirq) at least 59.9 s ago",
      "CPU 0 has made no progress for 60.0 s; it was in operation 812 of its own, one of slab, and "
        + "came through free_pcppages_bulk, __free_one_page (softirq)",
    ]
    return outcome
  }

  /// The largest numbers and names longer than any line, everywhere.
  static func extreme() -> RunOutcome {
    let name = String(repeating: "long-name ", count: 3) + String(repeating: "x", count: 200)
    let most = UInt64.max
    let times = TimesOutcome(min: most, max: most, total: most, average: most)
    var outcome = finding()
    outcome.name = name
    outcome.seed = most
    outcome.elapsedNanoseconds = most
    outcome.workerCPUs = .max
    outcome.endedEarly = name
    outcome.statistics = name
    outcome.requestHashes = [String](repeating: name, count: 3)
    outcome.checks = [CheckOutcome(name: name, times: most, findings: .max)]
    var workload = WorkloadOutcome(name: name, cpus: .max)
    workload.operations = most
    workload.operationsPerSecond = .infinity
    workload.latency = LatencyOutcome(p50: most, p99: most, p999: most, max: most)
    workload.bulkFull = most
    workload.bulkPartial = most
    workload.bulkFailed = most
    workload.allocationsFailed = most
    outcome.workloads = [workload, workload]
    outcome.locks = [
      LockOutcome(
        name: name, contentions: most, wait: times, acquisitions: most, hold: times,
        tryAttempts: most, tryFailures: most)
    ]
    outcome.contendedSites = [SiteOutcome(site: name, contentions: most, waitNanoseconds: most)]
    let ends = SignalOutcome(sent: most, coalesced: most, received: most)
    outcome.interrupts = [
      InterruptOutcome(source: name, delivered: most, deferred: most, signals: ends)
    ]
    outcome.signalsByCPU = [ends, ends]
    outcome.interruptsOffNanosecondsMax = most
    outcome.interruptsOffSite = name
    let counts = (0..<5).map { NamedCount(name: name, count: $0 == 0 ? 0 : most) }
    (outcome.events, outcome.workloadCounts, outcome.paths) = (counts, counts, counts)
    outcome.zones = [
      ZoneOutcome(
        node: .min, name: name, managed: .min, free: .max,
        watermarks: [.min, .max, .max, .max, .max],
        freeBlocks: [Int](repeating: .min, count: 14))
    ]
    outcome.trace = TraceOutcome(
      file: name, replayed: most, skipped: most, remarks: [String](repeating: name, count: 99),
      machine: [MachineComparisonRow(zone: name, name: name, kernel: .min, model: .max)],
      zones: [
        TraceZoneOutcome(
          zone: name, takenKernel: .max, takenModel: .min, drainedKernel: 1, drainedModel: .max,
          fallbacksKernel: 0, fallbacksModel: .min)
      ])
    outcome.findings = (0..<12).map {
      .init(rule: "\(name)\($0)", sentence: name, site: name, subject: name + ".", count: .max)
    }
    outcome.findingsDropped = most
    outcome.stuck = [name]
    outcome.repeatCommand =
      "pagetorture run --seed \(most)"
      + String(repeating: " --set 'a b=1' --bug tail-leak", count: 20)
    return outcome
  }

  private static func lock(_ name: String, contentions: UInt64) -> LockOutcome {
    LockOutcome(
      name: name, contentions: contentions, wait: nil, acquisitions: 122_711, hold: nil,
      tryAttempts: 150_053, tryFailures: 27_483)
  }
}
