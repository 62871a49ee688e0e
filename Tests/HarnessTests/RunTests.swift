// Native runs from a config's text to their outcome.

import JSON5
import Machine
import Testing
import Workloads

@testable import Harness

/// All workloads on a small machine, bounded by operations.
private func small(cpus: Int, operations: Int, _ rest: String = "") -> String {
  """
  { machine: { cpus: \(cpus), memory: "64MiB", dma32: "16MiB", pageblockOrder: 6 },
    interrupts: { nic: 1000, block: 1500, timer: 3000, ipi: 5000, nmi: 2000 },
    workloads: [
      { kind: "pagePool" }, { kind: "sunrpc" }, { kind: "btrfs" }, { kind: "pageCache" },
      { kind: "anonymousFaults", pages: 512 }, { kind: "slab" }, { kind: "vmalloc" },
      { kind: "dmaBuffers" },
      { kind: "pageOffliner" },
      { kind: "vmstatWorker" },
    ],
    stop: { operations: \(operations) }, \(rest) }
  """
}

struct RunTests {
  @Test("every family of workloads runs clean under interrupts of every source")
  func allFamilies() throws {
    let outcome = Run.execute(
      try plan(
        small(
          cpus: 4, operations: 500,
          "checks: { require: ['pcp-refill', 'bulk-batch', 'bulk-single', 'free-batch'] }"),
        seed: 1))
    #expect(outcome.header.verdict == .clean && outcome.header.exitStatus == 0)
    #expect(outcome.findings == [] && outcome.ran.stuck == [] && outcome.header.endedEarly == nil)
    #expect(outcome.ran.workerCPUs == 4 && outcome.ran.cpus == 5)
    #expect(outcome.ran.workloads.map(\.name) == WorkloadKind.all.map(\.name))
    #expect(outcome.ran.workloads.allSatisfy { $0.operations > 0 })
    #expect(outcome.ran.workloads.dropLast().reduce(0) { $0 + $1.operations } == 2000)
    #expect(outcome.ran.interrupts.map(\.source) == ["nic", "block", "timer", "ipi", "nmi"])
    #expect(outcome.ran.interrupts.allSatisfy { $0.delivered > 0 } && outcome.ran.softirqs > 0)
    #expect(
      outcome.judges == ["ledger", "bulk", "grants", "zones", "leaks", "coalescing", "vacuity"])
    #expect(outcome.checks.allSatisfy { $0.times > 0 && $0.findings == 0 })
    #expect(outcome.ran.zones.allSatisfy { $0.free == $0.managed })
    #expect(outcome.ran.zones.map(\.name) == ["DMA32", "Normal"])
  }

  @Test("one seed is one run of requests, on any number of CPUs")
  func sameSeed() throws {
    let first = try plan(small(cpus: 3, operations: 200), seed: 11)
    let second = try plan(small(cpus: 3, operations: 200), seed: 11)
    #expect(JSON5Writer.text(first.resolved) == JSON5Writer.text(second.resolved))
    let hashes = Run.execute(first).ran.requestHashes
    #expect(hashes == Run.execute(second).ran.requestHashes)
    #expect(hashes.count == 3 && Set(hashes).count == 3)
    let other = Run.execute(try plan(small(cpus: 3, operations: 200), seed: 12)).ran.requestHashes
    #expect(Set(hashes).isDisjoint(with: other))
  }

  @Test("on one CPU a seed decides the whole run, interrupts and all")
  func wholeRun() throws {
    // A kernel thread is a second CPU.
    let text = small(cpus: 1, operations: 400).replacing("{ kind: \"vmstatWorker\" },", with: "")
    let first = Run.execute(try plan(text, seed: 3))
    let second = Run.execute(try plan(text, seed: 3))
    #expect(first.header.verdict == .clean)
    #expect(first.ran.requestHashes == second.ran.requestHashes)
    #expect(first.ran.paths == second.ran.paths && first.ran.events == second.ran.events)
    #expect(first.ran.workloadCounts == second.ran.workloadCounts)
    #expect(
      first.ran.interrupts == second.ran.interrupts && first.ran.softirqs == second.ran.softirqs)
    #expect(first.ran.locks == second.ran.locks && first.ran.zones == second.ran.zones)
    #expect(Run.execute(try plan(text, seed: 4)).ran.paths != first.ran.paths)
  }

  @Test("a run that never took a required path proves nothing")
  func vacuous() throws {
    let outcome = Run.execute(
      try plan(
        small(cpus: 1, operations: 20, "checks: { require: ['node-fallback', 'pcp-refill'] }")))
    #expect(outcome.header.verdict == .vacuous && outcome.header.exitStatus == 3)
    #expect(outcome.rules == ["vacuous"] && outcome.findings.count == 1)
    #expect(outcome.findings.first?.sentence.contains("node-fallback") == true)
    #expect(outcome.check("vacuity")?.findings == 1 && outcome.count("node-fallback") == 0)
  }

  @Test("a run that the user ends early is judged, but not called vacuous")
  func endedByUser() throws {
    let text = small(cpus: 2, operations: 1_000_000_000, "checks: { require: ['node-fallback'] }")
    var calls = 0
    let outcome = Run.execute(try plan(text)) { progress in
      calls += 1
      #expect(progress.elapsedNanoseconds > 0 && progress.durationNanoseconds == nil)
      return true
    }
    #expect(calls > 0 && outcome.header.endedEarly == "the user asked for it")
    #expect(outcome.header.verdict == .clean && outcome.findings == [])
    #expect(outcome.ran.zones.allSatisfy { $0.free == $0.managed })
  }

  @Test("pauses are counted as scans")
  func pauses() throws {
    let text = small(cpus: 2, operations: 1_000_000_000, "checks: { pauseEvery: '10ms' }")
      .replacing("stop: {", with: "stop: { duration: '150ms',")
    let outcome = Run.execute(try plan(text))
    #expect(outcome.header.verdict == .clean)
    #expect((outcome.check("zones")?.times ?? 0) >= 2)
    #expect(outcome.header.elapsedNanoseconds >= 150_000_000)
  }

  @Test("judges that are off say nothing")
  func judgesOff() throws {
    let off =
      "checks: { ledger: false, bulkOracle: false, grants: false, invariants: false, leaks: false }"
    let outcome = Run.execute(try plan(small(cpus: 1, operations: 50, off)))
    #expect(outcome.header.verdict == .clean && outcome.judges == ["vacuity"])
    let noLedger = Run.execute(
      try plan(small(cpus: 1, operations: 50, "checks: { ledger: false }")))
    #expect(noLedger.header.verdict == .clean)
    #expect(noLedger.judges == ["bulk", "grants", "zones", "leaks", "coalescing", "vacuity"])
  }

  @Test("statistics measure as much as they are told to", arguments: StatisticsMode.allCases)
  func statistics(mode: StatisticsMode) throws {
    let outcome = Run.execute(
      try plan(small(cpus: 2, operations: 100, "statistics: '\(mode)'")))
    #expect(outcome.ran.statistics == "\(mode)" && outcome.header.verdict == .clean)
    let isTimed = mode == .timing
    #expect(outcome.ran.workloads.allSatisfy { ($0.latency != nil) == isTimed })
    #expect(
      outcome.ran.locks.allSatisfy { ($0.wait != nil) == isTimed && ($0.hold != nil) == isTimed })
    #expect((outcome.ran.interruptsOffNanosecondsMax != nil) == isTimed)
    #expect(outcome.ran.locks.map(\.name).contains("zone->lock") == (mode != .off))
    if isTimed {
      let zone = try #require(outcome.ran.locks.first { $0.name == "zone->lock" }?.hold)
      #expect(zone.min <= zone.average && zone.average <= zone.max && zone.max <= zone.total)
      let latency = try #require(outcome.ran.workloads.first?.latency)
      #expect(latency.p50 <= latency.p99 && latency.p99 <= latency.p999)
      #expect(
        outcome.ran.interruptsOffNanosecondsMax ?? 0 > 0 && !outcome.ran.interruptsOffSite.isEmpty)
    }
  }
}
