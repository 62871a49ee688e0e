// Every option at both ends of its range, and at every word: natively, and in a few schedules.

import JSON5
import Machine
import PageAllocator
import Testing
import Workloads

@testable import Harness

/// An option at one end of its range, in a config that is small besides.
struct OptionEnd: Sendable, CustomTestStringConvertible {
  let option: DeclaredOption
  let value: JSON5Value

  static let all = RootMember.all.flatMap { $0.declared() }.flatMap { option in
    option.ends.map { OptionEnd(option: option, value: $0) }
  }

  var testDescription: String { "\(path)=\(text.prefix(60))" }

  private var path: String {
    option.path.replacing("workloads[i]", with: "workloads[0]")
  }
  private var text: String { JSON5Writer.oneLine(JSON5Node(value)) }
  var isNative: Bool { !option.path.hasPrefix("explore.") }
  /// False for what is of native runs alone.
  var isSimulated: Bool { !option.path.hasPrefix("trace.") }

  /// The first workload: that which has the option, or one with interrupts to wait for.
  private var workloads: String {
    let kinds = [option.owner.isEmpty ? "pagePool" : option.owner, "slab", "btrfs"]
    return kinds.map { "{ kind: \"\($0)\" }" }.joined(separator: ", ")
  }

  /// A small config in which the option means something.
  private var config: String {
    if option.path.hasPrefix("trace.") {
      // Its million frames are scanned by other tests.
      return """
        { machine: { zoneinfo: "\(PackageFile.fixture("fs.zoneinfo.before"))" },
          trace: { file: "\(PackageFile.fixture("fs.ftrace"))" },
          checks: { ledger: false, invariants: false, leaks: false } }
        """
    }
    if option.path == "machine.take" {
      return """
        { machine: { zoneinfo: "\(PackageFile.fixture("fs.zoneinfo.before"))" },
          workloads: [\(workloads)], stop: { operations: 20 },
          checks: { ledger: false, invariants: false, leaks: false } }
        """
    }
    return """
      { machine: { cpus: 2, memory: "24MiB" }, pageCacheSlots: 64,
        interrupts: { nic: 2000, timer: 3000 },
        workloads: [\(workloads)], stop: { operations: 20 } }
      """
  }

  /// What else the option needs to be allowed, or cheap, at this end.
  private var needs: [String] {
    switch (path, text) {
    case ("interrupts.perSecond", _): ["interrupts.delivery=signal"]
    case ("policies.pcpProtection", _): ["machine.cpus=1"]
    case ("machine.nodes", _): ["machine.memory=128MiB"]
    case ("machine.dma", "\"1GiB\""): ["machine.memory=1028MiB"]
    case ("machine.dma32", "\"4GiB\""): ["machine.memory=4100MiB", "checks.invariants=false"]
    case ("machine.nodeOfCPU", _): ["machine.cpus=1"]
    case ("explore.cpus", _):
      [
        "machine.cpus=\(Machine.workerCountMax)", "explore.frames=4096", "explore.operations=1",
        "explore.pointsMax=200000",
      ]
    // A profile is measured first.
    case ("explore.strategy", _): ["explore.cpus=2", "explore.operations=1"]
    default: []
    }
  }

  func plan() throws -> RunPlan {
    try HarnessTests.plan(
      config,
      settings: ["explore.strategy=random", "explore.races=false"] + needs + ["\(path)=\(text)"],
      seed: 1)
  }

  /// True for findings that this end may have.
  func allows(_ rule: String) -> Bool {
    switch path {
    case "bugs": true
    // A CPU of a busy host may well rest for so long.
    case "stop.stuck": rule == "stuck"
    // All paths are wanted, and a short run takes few.
    case "checks.require": rule == "vacuous"
    // The run may be over before the first signal.
    case "interrupts.delivery", "interrupts.perSecond": rule == "vacuous"
    case "explore.watch": rule == "lock-watched"
    default: false
    }
  }
}

@Suite("Every option, at both ends of its range")
struct OptionEndsTests {
  /// Bytes that a run may take beside its threads: the same on every host.
  private static let memory = 4 << 30

  @Test("runs natively, or is refused with the bytes that it wants", arguments: OptionEnd.all)
  func native(end: OptionEnd) throws {
    if !end.isNative { return }
    let plan = try end.plan()
    do throws(NoAddressSpace) {
      let threads = plan.cpuCount * AddressSpace.threadByteCount
      try Run.expectRoom(for: plan, within: Self.memory + threads)
    } catch {
      #expect(error.byteCount > plan.nativeByteCount)
      #expect(end.testDescription == "machine.memory=\"1TiB\"")
      return
    }
    let outcome = Run.execute(plan) { $0.elapsedNanoseconds > 50_000_000 }
    #expect(outcome.rules.allSatisfy(end.allows), "\(outcome.findings)")
  }

  @Test("is explored in 20 schedules", arguments: OptionEnd.all)
  func simulated(end: OptionEnd) throws {
    if !end.isSimulated { return }
    var options = SearchOptions()
    options.schedules = 20
    options.shrinkReplays = 0
    let findings = try ExploreRun.search(ScaledPlan(end.plan()), options).campaign.findings
    #expect(findings.allSatisfy { end.allows($0.finding.rule) }, "\(findings)")
  }

  @Test("options without ends are those that name files")
  func without() {
    let paths = RootMember.all.flatMap { $0.declared() }.filter(\.ends.isEmpty).map(\.path)
    #expect(
      paths == [
        "machine.zoneinfo", "machine.buddyinfo", "machine.pagetypeinfo", "trace.file",
      ])
  }
}
