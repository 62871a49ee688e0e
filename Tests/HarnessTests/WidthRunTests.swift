// Runs at the ends of the widths: as many CPUs, nodes and zones as there can be, on both machines.

import Exploration
import Machine
import PageAllocator
import Recordings
import Testing

@testable import Harness

@Suite("Runs at the ends of the widths")
struct WidthRunTests {
  private static let wide = """
    { machine: { cpus: 240, nodes: 16, memory: "1GiB", dma: "8MiB", dma32: "32MiB",
        movablePercent: 20, pageblockOrder: 6 },
      allocator: { batch: 2047 },
      interrupts: { nic: 1000, timer: 3000, ipi: 5000, nmi: 2000 },
      workloads: [
        { kind: "slab" }, { kind: "anonymousFaults", pages: 64 }, { kind: "pagePool" },
        { kind: "vmstatWorker" },
      ],
      stop: { operations: 6 } }
    """

  @Test("a recording's CPUs are those that run workers")
  func recordedCPUs() { #expect(TraceEvent.cpuMax == Machine.workerCountMax - 1) }

  @Test("a native run of as many workers and kernel threads as there can be is clean")
  func native() throws {
    let threads = [String](
      repeating: "{ kind: \"vmstatWorker\" }",
      count: Machine.cpuCountMax - Machine.workerCountMax)
    let text = Self.wide.replacing(
      #"{ kind: "slab" }, { kind: "anonymousFaults", pages: 64 }, { kind: "pagePool" },"#,
      with: #"{ kind: "slab" },"#
    ).replacing("{ kind: \"vmstatWorker\" },", with: threads.joined(separator: ", "))
    let outcome = Run.execute(try plan(text, seed: 1))
    #expect(outcome.header.verdict == .clean)
    #expect(outcome.ran.workerCPUs == 240 && outcome.ran.cpus == 255)
    #expect(outcome.ran.workloads.first?.operations == 240 * 6)
    #expect(outcome.ran.zones.count == 34)
    #expect(outcome.ran.zones.allSatisfy { $0.free == $0.managed })
  }

  @Test("every workload's holders are told apart where all CPUs have them")
  func callers() throws {
    let outcome = Run.execute(try plan(Self.wide, seed: 2))
    #expect(outcome.header.verdict == .clean)
    #expect(outcome.ran.cpus == 241)
  }

  @Test("all CPUs are explored, with every strategy", arguments: [nil, Granularity.all])
  func simulated(granularity: Granularity?) throws {
    let settings = [
      "explore.cpus=240", "explore.frames=16384", "explore.operations=1", "explore.pages=2",
      "explore.pointsMax=200000", "explore.batch=2",
    ]
    let plan = try plan(Self.wide, settings: settings)
    let run = try SimulatedRun(ScaledPlan(plan))
    #expect(run.simulated.machine.cpuCount == 240)
    let explorer = Explorer(
      run.simulated, plan: .portfolio(granularity ?? .sync), program: run.program(),
      profile: CampaignProfile(seed: 1, sync: ScheduleProfile.none, all: ScheduleProfile.none))
    for index in 0..<7 as Range<UInt64> {
      let done = explorer.run(index: index, seed: 1)
      #expect(done.findings.isEmpty && done.outcome.end == .complete, "schedule \(index)")
      #expect(done.outcome.points > 240 * 10)
    }
  }
}
