// The section `policies`: read, refused where it makes no sense, written out again, and in force.

import JSON5
import Machine
import PageAllocator
import Testing

@testable import Harness

struct PolicyConfigurationTests {
  private func text(cpus: Int = 4, _ protection: String, thread: Bool = false) -> String {
    """
    { machine: { cpus: \(cpus), memory: "32MiB" }, policies: { pcpProtection: "\(protection)" },
      interrupts: { nic: 400, block: 1000, timer: 1000 },
      workloads: [
        { kind: "pagePool" }, { kind: "anonymousFaults", pages: 4096 },
        { kind: "pageOffliner", drainPercent: 30 }\(thread ? ", { kind: 'vmstatWorker' }" : "") ],
      stop: { operations: 300 } }
    """
  }

  @Test("each protection is read, and the resolved options give it back")
  func read() throws {
    for protection in PerCPUProtection.allCases {
      let read = try plan(text(cpus: 1, protection.name))
      #expect(read.allocator.tunables.perCPUProtection == protection)
      let again = try plan(JSON5Writer.text(read.resolved))
      #expect(again.allocator.tunables == read.allocator.tunables)
    }
    #expect(
      try plan("{ workloads: [{ kind: 'slab' }], stop: { operations: 1 } }")
        .allocator.tunables.perCPUProtection == .trylock)
  }

  @Test("lists without a lock are refused where two CPUs would share them")
  func refused() throws {
    let hint = "machine.cpus: 1 and no kernel thread, which has a CPU of its own"
    let place = "configs/x.json5:1:"
    let many = complaint(text(cpus: 4, "uniprocessor"))
    #expect(many.hasPrefix(place) && many.contains("policies.pcpProtection: 4 CPUs"))
    #expect(many.hasSuffix(hint))
    #expect(complaint(text(cpus: 1, "uniprocessor", thread: true)).contains("2 CPUs"))
    #expect(complaint(text("irqdisable")).contains("irqDisable"))
    #expect(complaint(text("trylock"), settings: ["policies.pcp=1"]).contains("pcpProtection"))
  }

  @Test("bulk calls take whole blocks where the policy says so, and only there")
  func bulkSource() throws {
    for source in BulkSource.allCases {
      let settings = ["policies.bulkSource=\(source.name)"]
      let read = try plan(text("trylock", thread: true), settings: settings, seed: 3)
      #expect(read.allocator.tunables.bulkSource == source)
      let again = try plan(JSON5Writer.text(read.resolved))
      #expect(again.allocator.tunables == read.allocator.tunables)
      let outcome = Run.execute(read)
      #expect(outcome.header.verdict == .clean, "\(outcome.findings)")
      #expect((outcome.count("bulk-block") ?? 0 > 0) == (source == .blocks))
    }
    #expect(complaint(text("trylock"), settings: ["policies.bulkSource=block"]).contains("blocks"))
  }

  @Test("no trylock fails where interrupts are off around the lists", arguments: [1, 4])
  func neverFails(cpus: Int) throws {
    let outcome = Run.execute(try plan(text(cpus: cpus, "irqDisable", thread: cpus > 1), seed: 3))
    #expect(outcome.header.verdict == .clean, "\(outcome.findings)")
    #expect(outcome.count("pcp-trylock-failed") == 0)
    #expect(outcome.count("pcp-free-trylock-failed") == 0)
    #expect(outcome.count("bulk-pcp-busy") == 0)
    #expect((outcome.count("pcp-refill") ?? 0) > 0)
  }

  @Test("on one CPU the lists need no lock, and none is taken")
  func uniprocessor() throws {
    let outcome = Run.execute(try plan(text(cpus: 1, "uniprocessor"), seed: 3))
    #expect(outcome.header.verdict == .clean, "\(outcome.findings)")
    #expect(outcome.count("pcp-trylock-failed") == 0)
    let pcp = outcome.ran.locks.first { $0.name == "pcp->lock" }
    #expect(pcp.map { $0.acquisitions } ?? 0 == 0)
    #expect((outcome.count("drain-remote") ?? 0) > 0)
  }
}
