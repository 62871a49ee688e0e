// The race detector and lockdep over the callers: silent when nothing is wrong.

import Machine
import MachineChecks
import PageAllocator
import Testing

@testable import Workloads

struct CallerJudgesTests {
  @Test(
    "callers and their handlers have no race and no bad order of locks",
    arguments: Granularity.allCases,
    [
      ["pagePool", "sunrpc", "btrfs", "pageCache"], ["anonymousFaults", "slab", "pageOffliner"],
      ["pageCache", "vmstatWorker", "anonymousFaults"],
    ])
  func silent(granularity: Granularity, kinds: [String]) throws {
    let test = CallerTestMachine(pages: 1024, cpus: 2, cacheSlots: 64)
    let states =
      installNetworkHandlers(test.environment, budget: 4) + installBlockHandlers(test.environment)
      + installTimerHandlers(test.environment)
    // What NMIs keep a task cannot take while they come: it is left, and forgotten.
    let kept = installNMIHandler(test.environment)
    var options = SimulationOptions()
    options.granularity = granularity
    options.pointsMax = 60_000
    options.interruptBudget = [.nic: 10, .block: 10, .timer: 10, .nmi: 10]
    let workers = try kinds.map { name in
      try (0..<2).map {
        try test.worker(
          name, cpu: $0,
          ["packetsMax": 8, "pages": 24, "arrays": 4, "references": 4, "orderMax": 3])
      }
    }
    let simulated = try SimulatedMachine(test.machine, options: options)
    simulated.captureStart()
    let detector = RaceDetector(test.machine)
    simulated.observe(detector)
    let lockdep = Lockdep(simulated)
    for seed in 0..<40 as Range<UInt64> {
      for id in 0..<2 {
        test.machine.runAlone(id) { cpu in for state in kept { state.begin(cpu) } }
      }
      _ = simulated.run(seed: seed, strategy: UniformTestStrategy()) { cpu in
        CallerInterleavingTests.runAll(workers.map { $0[cpu.id] }, states, cpu, operations: 6)
      }
      #expect(test.brokenRules.isEmpty)
    }
    for race in detector.races { Issue.record("\(race.sentences.joined(separator: " "))") }
    #expect(lockdep.violations == [])
    #expect(lockdep.chains > 5 && !detector.isExhausted)
  }
}
