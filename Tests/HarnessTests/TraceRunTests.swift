// Recordings of a real kernel, replayed from a config to an outcome.

import Outcomes
import Testing

@testable import Harness

struct TraceRunTests {
  /// A config that replays the recording in `file` on the machine of the excerpt `name`.
  private func text(
    _ name: String, file: String,
    with files: [String] = ["zoneinfo", "buddyinfo", "pagetypeinfo"], checks: String = "{}"
  ) -> String {
    let machine = files.map { "\($0): '\(PackageFile.fixture("\(name).\($0).before"))'" }
    return "{ machine: { \(machine.joined(separator: ", ")) }, trace: { file: '\(file)' },"
      + " checks: \(checks) }"
  }

  /// The outcome of replaying `recording`, a text, on the machine of the excerpt `fs`.  Its million
  /// frames are scanned by other tests.
  private func replay(_ recording: some Sequence<UInt8>) throws -> Outcome {
    try PackageFile.withText(recording) { file in
      let checks = "{ invariants: false, leaks: false }"
      let text = text("fs", file: file, with: ["zoneinfo"], checks: checks)
      return Run.execute(try plan(text, seed: 1))
    }
  }

  @Test(
    "an excerpt replays clean on a machine with the kernel's own numbers",
    arguments: ["anon", "fs"])
  func excerpts(name: String) throws {
    let file = PackageFile.fixture("\(name).ftrace")
    let outcome = Run.execute(try plan(text(name, file: file), seed: 1))
    #expect(outcome.header.verdict == .clean && outcome.findings == [])
    let trace = try #require(outcome.ran.trace)
    #expect(trace.file == file && trace.replayed > 0 && trace.skipped == 0)
    #expect(trace.zones.map(\.zone) == ["0 DMA", "0 DMA32", "0 Normal"])
    #expect(trace.machine.filter { $0.kernel != $0.model } == [])
    let names = Set(trace.machine.map(\.name))
    for number in ["min", "low", "high", "promo"] { #expect(names.contains(number)) }
    for number in ["protection", "batch", "high_min", "high_max"] {
      #expect(names.contains { $0.contains(number) }, "\(names.sorted())")
    }
    #expect(outcome.checks.allSatisfy { $0.findings == 0 })
    #expect(
      outcome.judges == ["ledger", "bulk", "grants", "zones", "leaks", "coalescing", "vacuity"])
  }

  @Test(
    "zoneinfo alone makes a machine too", arguments: [["zoneinfo"], ["zoneinfo", "buddyinfo"]])
  func lessKnown(files: [String]) throws {
    let file = PackageFile.fixture("fs.ftrace")
    let outcome = Run.execute(try plan(text("fs", file: file, with: files), seed: 1))
    #expect(outcome.header.verdict == .clean && outcome.findings == [])
    #expect(outcome.ran.trace?.machine.filter { $0.kernel != $0.model } == [])
  }

  @Test("damage to a recording is passed over and told")
  func damage() throws {
    let whole = try PackageFile.bytes("Tests/RecordingsTests/Fixtures/fs.ftrace")
    var lines = whole.split(separator: 0x0A, omittingEmptySubsequences: false)
    lines[20] = ArraySlice("nonsense".utf8)
    lines[30] = lines[30].prefix(40)
    lines.insert(ArraySlice("CPU:1 [LOST 12 EVENTS]".utf8), at: 40)
    let outcome = try replay(lines.joined(separator: [0x0A]))
    #expect(outcome.header.verdict == .clean)
    let remarks = try #require(outcome.ran.trace?.remarks)
    #expect(
      remarks.contains { $0.hasPrefix("2 damaged lines were passed over: lines 21 (") },
      "\(remarks)")
    #expect(
      remarks.contains("the recorder lost events 1 times: lines 41 (12 events)"), "\(remarks)")
  }

  @Test("frees of parts of a block, and all else a recorder leaves out, replay clean")
  func parts() throws {
    let gfp = "gfp_flags=GFP_KERNEL"
    let events = [
      "mm_page_alloc: pfn=0x124400 order=2 migratetype=0 \(gfp)",
      "mm_page_free: pfn=0x124400 order=0", "mm_page_free: pfn=0x124401 order=0",
      "mm_page_free: pfn=0x124402 order=1",
      "mm_page_alloc: pfn=0x0 order=0 migratetype=0 \(gfp)",
      "mm_page_alloc: pfn=0x124500 order=3 migratetype=0 \(gfp)|__GFP_COMP",
      "mm_page_free: pfn=0x124600 order=0", "mm_page_free: pfn=0x124600 order=0",
    ]
    let lines = events.enumerated().map { index, event in
      "            task-7       [00\(index & 1)] .....     1.00010\(index): \(event)\n"
    }
    let outcome = try replay(lines.joined().utf8)
    #expect(outcome.header.verdict == .clean, "\(outcome.findings)")
    let trace = try #require(outcome.ran.trace)
    for remark in [
      "3 frees were of a part of a block: lines 2, 3, 4",
      "1 allocations failed in the recorded kernel (pfn=0): lines 5",
      "1 frees were of memory from before the recording",
      "1 bulk allocations were implied by frees of free pages",
    ] { #expect(trace.remarks.contains(remark), "\(trace.remarks)") }
    // The allocation that failed is the one thing that cannot be repeated; the implied one is
    // added.
    #expect(trace.replayed == 8 && trace.skipped == 1, "\(trace.replayed), \(trace.skipped)")
  }
}
