// Interrupts as signals, from a config to an outcome.

import JSON5
import Machine
import Testing

@testable import Harness

struct SignalledRunTests {
  private static let text = """
    { machine: { cpus: 2, memory: "16MiB" }, workloads: [{ kind: "slab" }, { kind: "pagePool" }],
      interrupts: { delivery: "signal", nic: 1000, timer: 4000 },
      stop: { operations: 200 } }
    """

  @Test("signals come 1000 times a second on a CPU unless the config says otherwise")
  func rate() throws {
    #expect(try plan(Self.text).interrupts.signalsPerSecond == 1000)
    let fast = try plan(Self.text, settings: ["interrupts.perSecond=10000"])
    #expect(fast.interrupts.delivery == .signal && fast.interrupts.signalsPerSecond == 10_000)
    #expect(fast.interrupts.pointsBetween[.timer] == 4000)
    let again = try plan(JSON5Writer.text(fast.resolved))
    #expect(again.interrupts == fast.interrupts)
  }

  @Test(
    "a rate that makes no sense is refused",
    arguments: [
      ("perSecond=0", "1 to 10000"), ("perSecond=10001", "1 to 10000"),
      ("delivery=\"points\"", "only signals come so many a second"),
      ("delivery=\"off\"", "only signals come so many a second"),
      ("delivery=\"signals\"", "did you mean"),
    ])
  func nonsense(setting: String, reason: String) {
    let text = complaint(
      Self.text, settings: ["interrupts.perSecond=5", "interrupts.\(setting)"])
    #expect(text.contains(reason), "\(text)")
  }

  @Test("signals from no source are refused")
  func noSource() {
    let text = complaint(Self.text, settings: ["interrupts.nic=0", "interrupts.timer=0"])
    #expect(text.contains("interrupts.delivery") && text.contains("no source sends signals"))
  }

  @Test("NMIs as signals are refused")
  func noNMIs() throws {
    let text = complaint(Self.text, settings: ["interrupts.nmi=1000"])
    #expect(text.contains("interrupts.nmi: an NMI cannot come as a signal"), "\(text)")
    #expect(try plan(Self.text, settings: ["interrupts.nmi=0"]).interrupts.pointsBetween[.nmi] == 0)
  }

  @Test("a run whose interrupts come as signals is clean, and counts them at both ends")
  func clean() throws {
    let endless = try plan(
      Self.text, settings: ["stop.operations=1000000000000", "interrupts.perSecond=10000"])
    // Ends once something was sent: what was sent comes.
    let outcome = Run.execute(endless) { $0.interruptsSent > 0 }
    #expect(outcome.header.verdict == .clean && outcome.findings.isEmpty)
    let cpus = try #require(outcome.ran.signalsByCPU)
    #expect(cpus.count == 2)
    let sources = outcome.ran.interrupts.compactMap(\.signals)
    #expect(sources.count == 5)
    for ends in cpus + sources { #expect(ends.sent == ends.coalesced + ends.received) }
    #expect(cpus.map(\.received).reduce(0, +) == sources.map(\.received).reduce(0, +))
    #expect(sources[0].received > 0 || sources[2].received > 0)
    #expect(sources[1].sent == 0 && sources[3].sent == 0)
  }

  @Test("a run with signals of which none came is vacuous")
  func vacuous() throws {
    var silent = try plan(Self.text)
    silent.interrupts.pointsBetween = [:]
    let outcome = Run.execute(silent)
    #expect(outcome.header.verdict == .vacuous && outcome.header.exitStatus == 3)
    #expect(outcome.findings.map(\.subject) == ["signals"])
    #expect(outcome.check("vacuity")?.times == 1)
  }

  @Test("without signals an outcome has no figures of them")
  func points() throws {
    let outcome = Run.execute(try plan(Self.text, settings: ["interrupts.delivery=points"]))
    #expect(outcome.header.verdict == .clean && outcome.ran.signalsByCPU == nil)
    #expect(outcome.ran.interrupts.allSatisfy { $0.signals == nil })
    #expect(outcome.ran.interrupts[0].delivered > 0)
  }
}
