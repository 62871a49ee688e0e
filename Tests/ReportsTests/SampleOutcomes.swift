// Outcomes that reports are tested with.

import Outcomes

/// Made-up outcomes.
enum Sample {
  /// A clean run that counted.
  static func clean() -> Outcome {
    var outcome = Outcome(.run(RunBody()))
    outcome.header.name = "quick"
    outcome.header.seed = 3_728_179_592
    outcome.header.options = "{\n  name: \"quick\",\n}\n"
    outcome.header.repeatCommand = "pagetorture run configs/quick.json5 --seed 3728179592"
    outcome.header.elapsedNanoseconds = 2_040_000_000
    outcome.run?.workerCPUs = 2
    outcome.run?.cpus = 3
    outcome.run?.statistics = "counts"
    outcome.run?.requestHashes = ["c43d28f6a25b8d67", "ddda8975ca077a90"]
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
    outcome.run?.workloads = [pool, slab]
    outcome.run?.locks = [
      lock("pcp->lock", contentions: 29), lock("zone->lock", contentions: 2555),
    ]
    outcome.run?.contendedSites = (1...10).map {
      SiteOutcome(site: "site_\($0)", contentions: UInt64(2000 / $0), waitNanoseconds: nil)
    }
    outcome.run?.interrupts = [
      InterruptOutcome(source: "nic", delivered: 6561, deferred: 2053),
      InterruptOutcome(source: "timer", delivered: 1044, deferred: 0),
    ]
    outcome.run?.softirqs = 9667
    outcome.run?.events = [
      "pgalloc_normal", "pgfree", "numa_hit", "numa_miss", "pages_pcpu_drained",
    ].enumerated().map { NamedCount(name: $1, count: UInt64($0 * 389_640)) }
    outcome.run?.workloadCounts = [
      NamedCount(name: "bulk-full", count: 4814), NamedCount(name: "cache-hits", count: 0),
    ]
    outcome.run?.paths = [
      NamedCount(name: "pcp-hit", count: 12), NamedCount(name: "steal", count: 0),
      NamedCount(name: "bulk-single", count: 0),
    ]
    outcome.run?.zones = [
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
  static func signal() -> Outcome {
    var outcome = clean()
    outcome.run?.interrupts[0].signals = SignalOutcome(sent: 9120, coalesced: 1234, received: 7886)
    outcome.run?.interrupts[1].signals = SignalOutcome(sent: 1060, coalesced: 0, received: 1060)
    outcome.run?.signalsByCPU = [
      SignalOutcome(sent: 5000, coalesced: 600, received: 4400),
      SignalOutcome(sent: 4100, coalesced: 500, received: 3600),
      SignalOutcome(sent: 1080, coalesced: 134, received: 946),
    ]
    return outcome
  }

  /// The same, timed.
  static func timing() -> Outcome {
    var outcome = clean()
    outcome.run?.statistics = "timing"
    outcome.run?.workloads[0].latency = LatencyOutcome(
      p50: 53, p99: 1984, p999: 65_536, max: 1_234_567)
    outcome.run?.locks[0].wait = TimesOutcome(min: 0, max: 0, total: 0, average: 0)
    outcome.run?.locks[0].hold = TimesOutcome(min: 15, max: 81_230, total: 54_321_987, average: 442)
    outcome.run?.locks[1].wait = TimesOutcome(
      min: 120, max: 2_004_995, total: 9_876_543, average: 3865)
    outcome.run?.locks[1].hold = TimesOutcome(
      min: 35, max: 18_005, total: 44_100_000, average: 1238)
    for index in 0..<10 {
      outcome.run?.contendedSites[index].waitNanoseconds = UInt64(1_000_000 / (index + 1))
    }
    outcome.run?.interruptsOffNanosecondsMax = 18_204
    outcome.run?.interruptsOffSite = "free_pcppages_bulk"
    return outcome
  }

  /// A run in which two rules broke.
  static func finding() -> Outcome {
    var outcome = clean()
    outcome.header.verdict = .finding
    outcome.header.endedEarly = "a rule broke after which going on means nothing"
    outcome.header.repeatCommand += " --bug busted-pcp-lock"
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
  static func vacuous() -> Outcome {
    var outcome = clean()
    outcome.header.verdict = .vacuous
    outcome.findings = [
      .init(
        rule: "vacuous", sentence: "The path bulk-single is required, and was never taken.",
        site: "vacuity bulk-single", subject: "bulk-single")
    ]
    return outcome
  }

  /// A replayed recording.
  static func trace() -> Outcome {
    var outcome = Outcome(.run(RunBody()))
    outcome.header.name = "anon"
    outcome.header.seed = 1
    outcome.header.repeatCommand = "pagetorture run configs/anon.json5 --seed 1"
    outcome.header.elapsedNanoseconds = 310_000_000
    outcome.run?.workerCPUs = 4
    outcome.run?.cpus = 4
    outcome.run?.statistics = "off"
    outcome.run?.trace = TraceOutcome(
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
  static func stuck() -> Outcome {
    var outcome = clean()
    outcome.header.verdict = .finding
    outcome.header.endedEarly = "a CPU made no progress"
    outcome.run?.zones = []
    outcome.run?.paths = []
    outcome.run?.stuck = [
      "CPU 1 has waited 60.0 s for zone->lock[1] in rmqueue_bulk, which CPU 0 took in "
        + "free_pcppages_bulk (softirq) at least 59.9 s ago",
      "CPU 0 has made no progress for 60.0 s; it was in operation 812 of its own, one of slab, and "
        + "came through free_pcppages_bulk, __free_one_page (softirq)",
    ]
    return outcome
  }

  /// The largest numbers and names longer than any line, everywhere.
  static func extreme() -> Outcome {
    let name = String(repeating: "long-name ", count: 3) + String(repeating: "x", count: 200)
    let most = UInt64.max
    let times = TimesOutcome(min: most, max: most, total: most, average: most)
    var outcome = finding()
    outcome.header.name = name
    outcome.header.seed = most
    outcome.header.elapsedNanoseconds = most
    outcome.run?.workerCPUs = .max
    outcome.header.endedEarly = name
    outcome.run?.statistics = name
    outcome.run?.requestHashes = [String](repeating: name, count: 3)
    outcome.checks = [CheckOutcome(name: name, times: most, findings: .max)]
    var workload = WorkloadOutcome(name: name, cpus: .max)
    workload.operations = most
    workload.operationsPerSecond = .infinity
    workload.latency = LatencyOutcome(p50: most, p99: most, p999: most, max: most)
    workload.bulkFull = most
    workload.bulkPartial = most
    workload.bulkFailed = most
    workload.allocationsFailed = most
    outcome.run?.workloads = [workload, workload]
    outcome.run?.locks = [
      LockOutcome(
        name: name, contentions: most, wait: times, acquisitions: most, hold: times,
        tryAttempts: most, tryFailures: most)
    ]
    outcome.run?.contendedSites = [
      SiteOutcome(site: name, contentions: most, waitNanoseconds: most)
    ]
    let ends = SignalOutcome(sent: most, coalesced: most, received: most)
    outcome.run?.interrupts = [
      InterruptOutcome(source: name, delivered: most, deferred: most, signals: ends)
    ]
    outcome.run?.signalsByCPU = [ends, ends]
    outcome.run?.interruptsOffNanosecondsMax = most
    outcome.run?.interruptsOffSite = name
    let counts = (0..<5).map { NamedCount(name: name, count: $0 == 0 ? 0 : most) }
    outcome.run?.events = counts
    outcome.run?.workloadCounts = counts
    outcome.run?.paths = counts
    outcome.run?.zones = [
      ZoneOutcome(
        node: .min, name: name, managed: .min, free: .max,
        watermarks: [.min, .max, .max, .max, .max],
        freeBlocks: [Int](repeating: .min, count: 14))
    ]
    outcome.run?.trace = TraceOutcome(
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
    outcome.run?.stuck = [name]
    outcome.header.repeatCommand =
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
