// The options of a machine and a recording of which a file tells only a part.

import Outcomes
import PageAllocator
import Testing

@testable import Harness

struct RecordedOptionsTests {
  private let checks = "checks: { ledger: false, invariants: false, leaks: false }"

  /// A machine of 32 MiB, and a recording of a CPU that frees what it took, twice a second.
  private func small(_ phase: String) throws -> Outcome {
    let machine = """
      Node 0, zone Normal
        pages free 8000
              min 60
              low 75
              high 90
              spanned 8192
              present 8192
              managed 8192
              protection: (0)
          cpu: 0
              count: 0
              high: 378
              batch: 63
        start_pfn: 0
      """
    var recording = ""
    for half in 0..<6 {
      let time = "10\(half / 2).\(half % 2 * 5)"
      for page in 0..<40 {
        recording +=
          "a-1 [000] \(time): mm_page_alloc: pfn=\(100 + page) order=0 migratetype=0"
          + " gfp_flags=GFP_KERNEL\n"
      }
      for page in 0..<40 {
        recording += "a-1 [000] \(time): mm_page_free: pfn=\(100 + page) order=0\n"
      }
    }
    return try PackageFile.withText(machine.utf8) { machine in
      try PackageFile.withText(recording.utf8) { file in
        Run.execute(
          try plan(
            "{ machine: { zoneinfo: '\(machine)' },"
              + " trace: { file: '\(file)', decayPhase: \(phase) } }", seed: 1))
      }
    }
  }

  @Test("a phase that fits is one of ten, and told with how far all differ")
  func fit() throws {
    let outcome = try small("'fit'")
    #expect(outcome.header.verdict == .clean)
    #expect(outcome.header.options.contains("decayPhase: \"fit\""))
    let remark = outcome.ran.trace?.remarks.last ?? ""
    #expect(remark.hasPrefix("of 10 phases of the decay, "), "\(remark)")
    let distance = try #require(outcome.ran.trace).pagesApart
    #expect(remark.contains("differ by \(distance), by \(distance) to "), "\(remark)")
    let named = try small("'300ms'").ran.trace?.remarks ?? []
    #expect(!named.contains { $0.contains("phases of the decay") })
  }

  @Test("numbers are those of the file, formulas are computed")
  func take() throws {
    let text = String(
      decoding: try PackageFile.bytes("Tests/RecordingsTests/Fixtures/fs.zoneinfo.before"),
      as: UTF8.self
    ).replacing("batch:    63", with: "batch:    40")
    for (take, batch) in [("formulas", 63), ("numbers", 40)] {
      let loaded = try PackageFile.withText(text.utf8) { (file: String) throws -> RunPlan in
        try plan(
          "{ machine: { zoneinfo: '\(file)', take: '\(take)' }, workloads: [{ kind: 'slab' }],"
            + " stop: { operations: 1 }, \(checks) }", seed: 1)
      }
      #expect(loaded.allocator.sizes.last?.batch == batch)
    }
  }

  @Test("CPUs are on the nodes that the config names")
  func nodeOfCPU() throws {
    let start = "{ machine: { cpus: 4, nodes: 2, memory: '64MiB'"
    let rest = "}, workloads: [{ kind: 'slab' }], stop: { operations: 5 } }"
    let even = try plan(start + rest, seed: 1)
    #expect(even.allocator.nodeOfCPU == [0, 0, 1, 1])
    let said = try plan(start + ", nodeOfCPU: [0, 1, 0, 1]" + rest, seed: 1)
    #expect(said.allocator.nodeOfCPU == [0, 1, 0, 1])
    #expect(Run.execute(said).header.verdict == .clean)
    for (nodes, message) in [
      ("[0, 1]", "2 nodes, but the machine has 4 CPUs"),
      ("[0, 1, 0, 2]", "CPU 3 on node 2, which has no memory"),
    ] {
      #expect(complaint(start + ", nodeOfCPU: \(nodes)" + rest).contains(message))
    }
  }

  @Test("a machine's remarks are in its outcome, and none for one in words")
  func remarks() throws {
    let text = String(
      decoding: try PackageFile.bytes("Tests/RecordingsTests/Fixtures/fs.zoneinfo.before"),
      as: UTF8.self
    ).replacing("zone  Movable", with: "zone  Unheard")
    #expect(text.contains("boost    0"))
    let boosted = text.replacing("boost    0", with: "boost    8")
    try PackageFile.withText(boosted.utf8) { file in
      let plan = try plan(
        "{ machine: { zoneinfo: '\(file)' }, workloads: [{ kind: 'slab' }],"
          + " stop: { operations: 1 }, \(checks) }", seed: 1)
      let remarks = Run.execute(plan).ran.machineRemarks
      #expect(remarks?.contains { $0.contains("boosted by 8 pages") } == true)
    }
    let words = try plan(
      "{ machine: { memory: '24MiB' }, workloads: [{ kind: 'slab' }], stop: { operations: 1 } }",
      seed: 1)
    #expect(Run.execute(words).ran.machineRemarks == nil)
  }

  @Test("a packed or binary recording is told with what to run")
  func packed() throws {
    let machine = PackageFile.fixture("fs.zoneinfo.before")
    try PackageFile.withText([0x1F, 0x8B, 8, 0]) { file in
      let text = complaint(
        "{ machine: { zoneinfo: '\(machine)' }, trace: { file: '\(file)' } }")
      #expect(text.contains("is gzipped") && text.contains("run `zcat \(file)` first"))
    }
  }
}
