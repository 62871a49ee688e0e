// A CPU that does not get on is reported, and the run comes to its end all the same.

import Machine
import Testing

@testable import Harness
@testable import Workloads

/// Waits for a lock that its own CPU holds.
private final class SelfDeadlock: Workload {
  private let lock: SpinLock

  init(_ environment: WorkloadEnvironment, cpu: Int, index: Int) {
    lock = environment.machine.makeLock(LockClass(WorkloadLockClass.lru.rawValue), instance: cpu)
    super.init(environment, cpuID: cpu, index: index)
  }

  override func operate(_ cpu: CPU) {
    lock.lock(cpu)
    lock.lock(cpu)
  }
}

struct StuckRunTests {
  @Test("a CPU that waits for ever is named with the lock that it waits for")
  func stuck() throws {
    var plan = try plan(
      """
      { machine: { cpus: 2, memory: "16MiB" }, workloads: [{ kind: "slab" }],
        stop: { operations: 50, stuck: "100ms" } }
      """)
    let kind = WorkloadKind(
      name: "selfDeadlock", family: "kernel", kernelCaller: "nobody", summary: "Waits for itself.",
      parameters: [], make: { SelfDeadlock($0, cpu: $2, index: $3) })
    plan.workloads.append(
      WorkloadPlan(kind: kind, cpus: [1], weight: 1, values: WorkloadValues([])))
    let outcome = Run.execute(plan)
    #expect(outcome.verdict == .finding && outcome.exitStatus == 1)
    #expect(outcome.endedEarly == "a CPU made no progress")
    #expect(outcome.rules.contains("stuck"))
    let first = try #require(outcome.stuck.first)
    #expect(first.contains("CPU 1") && first.contains("lruvec->lru_lock"), "\(outcome.stuck)")
  }
}
