// What the loader makes of configs that are right: defaults, overrides, and the way back.

import JSON5
import Machine
import PageAllocator
import Testing
import Workloads

@testable import Harness

struct ConfigurationLoaderTests {
  /// The least that a config must say.
  private let least = "{ workloads: [{ kind: 'slab' }], stop: { operations: 10 } }"

  @Test("what a config does not say has its default")
  func defaults() throws {
    let plan = try plan(least)
    #expect(plan.name == "x" && plan.file == "configs/x.json5" && plan.seed == 7)
    #expect(plan.workerCPUs == 8 && plan.cpuCount == 8)
    #expect(plan.allocator.nodeCount == 1)
    #expect(plan.allocator.zones.map(\.kind) == [.normal])
    #expect(plan.allocator.zones.map(\.managedPages) == [262_144])
    #expect(plan.allocator.tunables == AllocatorTunables())
    #expect(plan.interrupts == InterruptPlan.none)
    #expect(plan.stop.durationNanoseconds == nil && plan.stop.operations == 10)
    #expect(plan.stop.stuckNanoseconds == 60_000_000_000 && !plan.stop.atFirstFinding)
    #expect(plan.statistics == .counts)
    let checks = plan.checks
    #expect(checks.ledger && checks.bulkOracle && checks.grants && checks.invariants)
    #expect(checks.leaks && !checks.lockdep)
    #expect(checks.pauseNanoseconds == nil && checks.requiredPaths.isEmpty)
    #expect(plan.bugs.isEmpty && plan.trace == nil && plan.pageCacheSlots == 0)
  }

  @Test("each workload's parameters have the defaults that are listed")
  func workloadDefaults() throws {
    for kind in WorkloadKind.all {
      let plan = try plan(
        "{ workloads: [{ kind: '\(kind.name)' }, { kind: 'slab' }], stop: { operations: 1 } }")
      let entry = plan.workloads[0]
      #expect(entry.kind.name == kind.name && entry.weight == 1)
      #expect(entry.cpus == (kind.isKernelThread ? [8] : Array(0..<8)))
      #expect(entry.values.values.map(\.name) == kind.parameters.map(\.name))
      #expect(entry.values.values.map(\.value) == kind.parameters.map(\.standard))
    }
  }

  @Test("every section is read")
  func sections() throws {
    let plan = try plan(
      """
      { name: "n", seed: 0xFFFFFFFFFFFFFFFF, statistics: "timing",
        machine: { cpus: 3, nodes: 2, memory: "64MiB", dma: "4MiB", dma32: "8MiB",
          movablePercent: 50, pageblockOrder: 5 },
        allocator: { batchScaleMax: 2, watermarkBoostFactor: 0, watermarkScaleFactor: 20,
          minFreeKBytes: 512, perCPUHighFraction: 8, lowmemReserveRatio: [1, 2], batch: 31,
          high: 100, freeHighBatch: false, groupByMobility: false },
        interrupts: { nic: 500, ipi: 0 },
        workloads: [{ kind: "slab", cpus: [2, 0], weight: 9, slabs: 5 }, { kind: "vmstatWorker" }],
        stop: { duration: "1.5s", operations: 1e3, stuck: "2s" }, pageCacheSlots: 12,
        checks: { ledger: false, bulkOracle: false, invariants: false, leaks: false,
          pauseEvery: "20ms", require: ["claim", "huge-faults"] },
        bugs: ["tail-leak"] }
      """)
    #expect(plan.name == "n" && plan.seed == .max && plan.statistics == .timing)
    #expect(plan.workerCPUs == 3 && plan.cpuCount == 4)
    #expect(plan.allocator.nodeOfCPU == [0, 0, 1, 0])
    let zones = plan.allocator.zones
    #expect(zones.map(\.node) == [0, 0, 0, 0, 1, 1])
    #expect(zones.map(\.kind) == [.dma, .dma32, .normal, .movable, .normal, .movable])
    #expect(zones.reduce(0) { $0 + $1.managedPages } == 16384)
    let tunables = plan.allocator.tunables
    #expect(tunables.pageblockOrder == Order(5) && tunables.batchScaleMax == 2)
    #expect(tunables.watermarkBoostFactor == 0 && tunables.watermarkScaleFactor == 20)
    #expect(tunables.minFreeKBytes == 512 && tunables.perCPUHighFraction == 8)
    #expect(tunables.lowmemReserveRatio == [1, 2])
    #expect(tunables.perCPUBatch == 31 && tunables.perCPUHigh == 100)
    #expect(!tunables.freeHighBatch && !tunables.groupByMobility)
    #expect(plan.interrupts.delivery == .points && plan.interrupts.pointsBetween[.nic] == 500)
    #expect(plan.workloads.map(\.cpus) == [[2, 0], [3]] && plan.workloads[0].weight == 9)
    #expect(plan.workloads[0].values["slabs"] == 5)
    #expect(plan.stop.durationNanoseconds == 1_500_000_000 && plan.stop.operations == 1000)
    #expect(plan.stop.stuckNanoseconds == 2_000_000_000 && plan.pageCacheSlots == 12)
    #expect(plan.checks.pauseNanoseconds == 20_000_000)
    #expect(plan.checks.requiredPaths == ["claim", "huge-faults"])
    #expect(plan.bugs == [.tailLeak])
  }

  @Test("the command line wins over the config, and the config over the drawn seed")
  func precedence() throws {
    let text = "{ seed: 5, workloads: [{ kind: 'slab' }], stop: { operations: 10 } }"
    #expect(try plan(text).seed == 5)
    #expect(try plan(text, seed: 6).seed == 6)
    #expect(try plan(text, settings: ["seed=8"]).seed == 8)
    #expect(try plan(text, settings: ["seed=8"], seed: 6).seed == 6)
    let settings = ["machine.cpus=4", "machine.cpus=2", "stop.duration=2s", "workloads[0].slabs=3"]
    let plan = try plan(text, settings: settings)
    #expect(plan.workerCPUs == 2 && plan.stop.durationNanoseconds == 2_000_000_000)
    #expect(plan.workloads[0].values["slabs"] == 3)
  }

  @Test("a bug named twice is switched on once")
  func bugs() throws {
    let text = "{ bugs: ['tail-leak'], workloads: [{ kind: 'slab' }], stop: { operations: 1 } }"
    let bugs = try plan(text, bugs: ["tail-leak", "busted-pcp-lock"]).bugs
    #expect(bugs == [.tailLeak, .bustedPCPLock])
  }

  @Test("resolved options, read as a config, give the same plan")
  func roundTrip() throws {
    let recording = ["zoneinfo", "buddyinfo", "pagetypeinfo"].map {
      "machine.\($0)=\(PackageFile.fixture("fs.\($0).before"))"
    }
    let configs = try PackageFile.configs()
    try #require(configs.contains("configs/quick.json5"))
    for config in configs {
      let bytes = try PackageFile.bytes(config)
      let replays = String(decoding: bytes, as: UTF8.self).contains("zoneinfo:")
      let settings = replays ? recording + ["trace.file=\(PackageFile.fixture("fs.ftrace"))"] : []
      let first = try ConfigurationLoader.load(
        file: config, text: bytes, settings: settings, seed: nil, drawnSeed: 99, bugs: [],
        files: PackageFile.read)
      let text = JSON5Writer.text(first.resolved)
      let second = try plan(text, file: config)
      #expect(JSON5Writer.text(second.resolved) == text, "\(config)")
      #expect(second.name == first.name && second.seed == first.seed)
      #expect(second.workerCPUs == first.workerCPUs && second.cpuCount == first.cpuCount)
      #expect(second.allocator.nodeOfCPU == first.allocator.nodeOfCPU)
      #expect(second.allocator.zones == first.allocator.zones)
      #expect(second.allocator.start == first.allocator.start)
      #expect(second.allocator.tunables == first.allocator.tunables)
      #expect(second.stop == first.stop && second.checks == first.checks)
      #expect(second.interrupts.delivery == first.interrupts.delivery)
      #expect(second.workloads.map(\.values) == first.workloads.map(\.values))
      #expect(second.pageCacheSlots == first.pageCacheSlots)
    }
  }
}
