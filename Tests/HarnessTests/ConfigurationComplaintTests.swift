// What the loader says of configs that are wrong: where, what, and what would be right.

import PageAllocator
import Testing

@testable import Harness

/// What is wrong, and what is said of it behind the name of the config.
private typealias Complaint = (part: String, expected: String)

/// Parts of an otherwise sound config, on the second line.
private let parts: [Complaint] = [
  ("machine: 4", "2:12: machine: expected an object, found 4"),
  (
    "machine: { cpus: 0 }",
    "2:20: machine.cpus: expected a whole number from 1 to 240, found 0"
  ),
  (
    "machine: { nodes: 'two' }",
    #"2:21: machine.nodes: expected a whole number from 1 to 16, found "two""#
  ),
  (
    "machine: { cpu: 4 }",
    #"2:14: machine.cpu: unknown key "cpu"; did you mean "cpus"? known keys: zoneinfo, "#
      + "buddyinfo, pagetypeinfo, nodeOfCPU, cpus, nodes, memory, dma, dma32, movablePercent, "
      + "pageblockOrder"
  ),
  (
    "machine: { cpus: 2, cpu: 4 }",
    #"2:23: machine.cpu: unknown key "cpu"; did you mean "cpus"? known keys: zoneinfo, "#
      + "buddyinfo, pagetypeinfo, nodeOfCPU, cpus, nodes, memory, dma, dma32, movablePercent, "
      + "pageblockOrder"
  ),
  (
    "machine: { memory: '64Mi' }",
    #"2:22: machine.memory: expected a size from 4MiB to 1TiB, in bytes or like "64MiB", "#
      + #"found "64Mi"; the units are KiB, MiB, GiB and TiB"#
  ),
  (
    "machine: { memory: '8MiB', nodes: 4 }",
    "2:22: machine.memory: node 0 has no room for a Normal zone; at least 4MiB for each node "
      + "beside dma, dma32 and the movable part"
  ),
  (
    "machine: { movablePercent: 91 }",
    "2:30: machine.movablePercent: expected a whole number from 0 to 90, found 91"
  ),
  (
    "machine: { pageblockOrder: 10 }",
    "2:30: machine.pageblockOrder: expected a whole number from 3 to 9, found 10"
  ),
  (
    "allocator: { lowmemReserveRatio: [1, 2, 3, 4, 5] }",
    "2:36: allocator.lowmemReserveRatio: more than four ratios; one each for DMA, DMA32, "
      + "Normal, Movable"
  ),
  (
    "allocator: { batch: 2048 }",
    "2:23: allocator.batch: expected a whole number from 1 to 2047, found 2048"
  ),
  (
    "allocator: { freeHighBatch: 1 }",
    "2:31: allocator.freeHighBatch: expected true or false, found 1"
  ),
  (
    "interrupts: { nic: 100 }",
    "2:22: interrupts.nic: an interrupt every 100 points leaves no time for anything else; "
      + "0 for none, or at least 200"
  ),
  (
    "interrupts: { delivery: 'edge' }",
    #"2:27: interrupts.delivery: expected one of "off", "points", "signal", found "edge""#
  ),
  (
    "interrupts: { nik: 1000 }",
    #"2:17: interrupts.nik: unknown key "nik"; did you mean "nic"? known keys: delivery, nic, "#
      + "block, timer, ipi, nmi, perSecond"
  ),
  (
    "statistics: 'count'",
    #"2:15: statistics: expected one of "off", "counts", "timing", found "count"; "#
      + #"did you mean "counts"?"#
  ),
  (
    "seed: 18446744073709551616",
    "2:9: seed: expected a whole number from 0 to 18446744073709551615, "
      + "found 18446744073709551616"
  ),
  ("name: 7", "2:9: name: expected a string, found 7"),
  (
    "checks: { pauseEvery: '1ms' }",
    "2:25: checks.pauseEvery: expected a duration from 10ms to 24h, in seconds or like "
      + #""1m30s", found "1ms""#
  ),
  (
    "checks: { ledgers: true }",
    #"2:13: checks.ledgers: unknown key "ledgers"; did you mean "ledger"? known keys: ledger, "#
      + "bulkOracle, grants, invariants, leaks, lockdep, pauseEvery, require"
  ),
  (
    "bugs: ['tail-leak', 'tail-leek']",
    #"2:23: bugs[1]: expected one of "busted-pcp-lock", "bulk-full-array-returns-zero", "#
      + #""bulk-populated-instead-of-account", "bulk-reads-past-end", "tail-leak", "#
      + #""double-free-after-put", "nr-free-drift", "pcp-type-to-buddy", "#
      + #""merge-retags-first-block", "highatomic-underflow", "free-endless-loop", "#
      + #""uniprocessor-trylock", "stale-pcp-after-unlock", "#
      + #""drain-without-lock", "zone-lock-before-pcp-lock", "nolock-spins", "#
      + #""lowmem-reserve-ignored", "drain-leaves-rest", "merge-stops-early", "#
      + #"found "tail-leek"; did you mean "tail-leak"?"#
  ),
  (
    "bugs: 'tail-leak'", #"2:9: bugs: expected an array of strings, found "tail-leak""#
  ),
  (
    "pageCacheSlots: -1",
    "2:19: pageCacheSlots: expected a whole number from 0 to 1048576, found -1"
  ),
  (
    "trace: {}",
    #"2:10: trace.file: expected the key "file" in the object that starts at 2:10, found none; "#
      + "give it a string"
  ),
  (
    "trace: { file: 'x' }",
    "2:18: trace.file: a recording needs the machine that it was made on; set machine.zoneinfo "
      + "to a copy of its /proc/zoneinfo from before the recording"
  ),
  (
    "machine: { buddyinfo: '\(PackageFile.fixture("fs.buddyinfo.before"))' }",
    "2:25: machine.buddyinfo: a machine is not described by buddyinfo alone; "
      + "set machine.zoneinfo too"
  ),
  (
    "machine: { zoneinfo: '\(PackageFile.fixture("fs.zoneinfo.before"))',\n cpus: 4 }",
    #"3:2: machine.cpus: unknown key "cpus"; known keys: zoneinfo, buddyinfo, pagetypeinfo, "#
      + "take, nodeOfCPU"
  ),
  (
    "sotp: {}",
    #"2:3: sotp: unknown key "sotp"; did you mean "stop"? known keys: name, description, "#
      + "seed, statistics, machine, allocator, interrupts, workloads, trace, stop, checks, bugs, "
      + "policies, pageCacheSlots, explore"
  ),
  (
    "stop: {}",
    #"2:3: expected each key once, found "stop" at 2:3 again after 1:34; remove one of the two"#
  ),
]

/// Lists of workloads.
private let workloads: [Complaint] = [
  (
    "",
    "1:14: workloads: nobody would use the allocator; name at least one workload that is not a "
      + "kernel thread; list workloads shows them"
  ),
  (
    "{ kind: 'vmstatWorker' }",
    "1:14: workloads: nobody would use the allocator; name at least one workload that is not a "
      + "kernel thread; list workloads shows them"
  ),
  (
    "{ kind: 'pagepool' }",
    #"1:23: workloads[0].kind: expected one of "pagePool", "sunrpc", "btrfs", "pageCache", "#
      + #""anonymousFaults", "slab", "vmalloc", "dmaBuffers", "pageOffliner", "vmstatWorker", "#
      + #"found "pagepool"; "#
      + #"did you mean "pagePool"?"#
  ),
  (
    "{ kind: 'slab', cpus: [8] }",
    "1:38: workloads[0].cpus[0]: expected a whole number from 0 to 7, found 8"
  ),
  (
    "{ kind: 'slab', cpus: [0, 0] }",
    "1:37: workloads[0].cpus: CPUs are named once each, and at least one; such as [0, 1, 2]"
  ),
  (
    "{ kind: 'slab', cpus: [] }",
    "1:37: workloads[0].cpus: CPUs are named once each, and at least one; such as [0, 1, 2]"
  ),
  (
    "{ kind: 'slab', slab: 3 }",
    #"1:31: workloads[0].slab: unknown key "slab"; did you mean "slabs"? known keys: kind, cpus, "#
      + "weight, slabs, atomicPercent, reclaimablePercent, handOverPercent"
  ),
  (
    "{ kind: 'slab' }, { kind: 'vmstatWorker', cpus: [1] }",
    #"1:57: workloads[1].cpus: unknown key "cpus"; known keys: kind, weight, drainPercent, "#
      + "drainAllPerMille, waitRounds"
  ),
  (
    "{ kind: 'pageCache' }], pageCacheSlots: 0, bugs: [",
    "1:55: pageCacheSlots: the workload pageCache needs a page cache; set it above 0"
  ),
  (
    Array(repeating: "{ kind: 'slab' }", count: 17).joined(separator: ", "),
    "1:14: workloads: expected an array of at most 16, found an array of 17"
  ),
]

struct ConfigurationComplaintTests {
  @Test("a fault is told with its place, its path and what would be right", arguments: parts)
  fileprivate func partsThatAreWrong(_ complaint: Complaint) {
    let text = "{ workloads: [{ kind: 'slab' }], stop: { operations: 1 },\n  \(complaint.part) }"
    #expect(HarnessTests.complaint(text) == "configs/x.json5:" + complaint.expected)
  }

  @Test("a fault of the workloads is told the same way", arguments: workloads)
  fileprivate func workloadsThatAreWrong(_ complaint: Complaint) {
    let text = "{ workloads: [\(complaint.part)], stop: { operations: 1 } }"
    #expect(HarnessTests.complaint(text) == "configs/x.json5:" + complaint.expected)
  }

  @Test("the end of a run must be said")
  func noEnd() {
    #expect(
      complaint("{ workloads: [{ kind: 'slab' }] }")
        == "configs/x.json5:1:1: stop: nothing says when the run ends; set stop.duration, such as "
        + "\"5s\", or stop.operations")
    #expect(
      complaint("{ stop: { duration: 0 } }")
        == "configs/x.json5:1:21: stop.duration: expected a duration from 1ms to 24000h, in "
        + "seconds or like \"1m30s\", found 0")
  }

  @Test("a name of a path that must be taken is checked")
  func requiredPaths() {
    let said = complaint("{ checks: { require: ['clam'] }, stop: { operations: 1 } }")
    #expect(said.hasPrefix("configs/x.json5:1:23: checks.require[0]: expected one of \"pcp-ref"))
    #expect(said.hasSuffix(", found \"clam\"; did you mean \"claim\"?"))
  }

  @Test("faults of the command line name the argument")
  func commandLine() {
    let sound = "{ workloads: [{ kind: 'slab' }], stop: { operations: 1 } }"
    #expect(
      complaint(sound, bugs: ["tail-lek"])
        == "--bug:1:1: no seeded bug is called \"tail-lek\"; did you mean \"tail-leak\"? known: "
        + SeededBug.allCases.map(\.name).joined(separator: ", "))
    #expect(
      complaint(sound, settings: ["machine.cpus=0"])
        == "--set machine.cpus=0:1:14: machine.cpus: expected a whole number from 1 to 240, found 0"
    )
    #expect(
      complaint(sound, settings: ["workloads[3].kind=slab"])
        == "--set workloads[3].kind=slab:1:10: workloads[3]: expected an index from 0 to 1, "
        + "found 3; index 1 appends")
  }

  @Test("faults of the files that a config names are told at the key, or in the file")
  func files() {
    func machine(_ name: String, _ rest: String) -> String {
      "{ machine: { zoneinfo: '\(PackageFile.fixture(name))' },\n\(rest) }"
    }
    let zones = "fs.zoneinfo.before"
    let missing = complaint(machine("missing", "stop: { operations: 1 }"))
    #expect(missing.hasPrefix("configs/x.json5:1:24: machine.zoneinfo: cannot read \""))
    #expect(
      complaint(machine("fs.buddyinfo.before", "stop: { operations: 1 }"))
        == "\(PackageFile.fixture("fs.buddyinfo.before")):2:1: not what a kernel writes here; "
        + "expected `free` of zone DMA of node 0 before here")
    let trace = "trace: { file: '\(PackageFile.fixture("fs.ftrace"))' }"
    #expect(
      complaint(machine(zones, "workloads: [{ kind: 'slab' }], \(trace)"))
        == "configs/x.json5:2:12: workloads: a recording is replayed alone; remove workloads, "
        + "or trace")
    let text = PackageFile.fixture(zones)
    #expect(
      complaint(machine(zones, "trace: { file: '\(text)' }"))
        == "configs/x.json5:2:16: trace.file: \"\(text)\" has no event of the page allocator; "
        + "ftrace's text with the kmem events mm_page_alloc, mm_page_free and their like")
  }
}
