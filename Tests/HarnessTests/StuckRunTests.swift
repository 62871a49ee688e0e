// A CPU that does not get on is reported, with what it waits for or did last, and the run comes to
// its end all the same.

import Machine
import Outcomes
import PageAllocator
import Synchronization
import Testing

@testable import Harness
@testable import Workloads

/// Two locks that the workers of one run share, how many workers came, and how many have one.
private final class Locks: @unchecked Sendable {
  private(set) var all: [SpinLock] = []
  let arrived = Atomic<Int>(0)
  let taken = Atomic<Int>(0)

  /// The locks of the machine, made by the first worker.
  func made(on machine: Machine) -> Locks {
    let lockClass = LockClass(WorkloadLockClass.lru.rawValue)
    if all.isEmpty { all = (0..<2).map { machine.makeLock(lockClass, instance: $0) } }
    return self
  }
}

/// A worker that gets stuck.
private final class StuckWorker: Workload {
  enum Kind { case waitsForItself, waitsForTheOther, keepsTheLock, loops }

  private let kind: Kind
  private let locks: Locks
  private let own: Int
  private var hasArrived = false

  init(_ kind: Kind, _ locks: Locks, _ environment: WorkloadEnvironment, cpu: Int, index: Int) {
    self.kind = kind
    self.locks = locks.made(on: environment.machine)
    own = cpu
    super.init(environment, cpuID: cpu, index: index)
  }

  override func operate(_ cpu: CPU) {
    switch kind {
    case .waitsForItself:
      locks.all[own].lock(cpu)
      locks.all[own].lock(cpu)
    case .waitsForTheOther:
      // Operations until the other one runs, too: on a busy host that may take long.
      if !hasArrived { locks.arrived.add(1, ordering: .sequentiallyConsistent) }
      hasArrived = true
      if locks.arrived.load(ordering: .sequentiallyConsistent) < 2 { return cpu.relax() }
      locks.all[own].lock(cpu.at(.svcAllocArg))
      locks.taken.add(1, ordering: .sequentiallyConsistent)
      while locks.taken.load(ordering: .sequentiallyConsistent) < 2 { cpu.relax() }
      locks.all[1 - own].lock(cpu.at(.btrfsAllocPageArray))
    case .keepsTheLock:
      locks.all[0].lock(cpu.at(.svcAllocArg))
      while true { cpu.at(.btrfsAllocPageArray).relax() }
    case .loops:
      while true { cpu.at(.btrfsAllocPageArray).relax() }
    }
  }
}

struct StuckRunTests {
  /// The outcome of a run on two CPUs, one or both of which get stuck.
  private func run(
    _ kind: StuckWorker.Kind, cpus: [Int], statistics: String = "off"
  ) throws -> Outcome {
    var plan = try plan(
      """
      { machine: { cpus: 2, memory: "16MiB" }, workloads: [{ kind: "slab", cpus: [0] }],
        statistics: "\(statistics)", stop: { operations: 1000000000, stuck: "1s" } }
      """)
    let locks = Locks()
    let stuck = WorkloadKind(
      name: "stuckWorker", family: "kernel", kernelCaller: "nobody", summary: "Gets stuck.",
      parameters: [], make: { StuckWorker(kind, locks, $0, cpu: $2, index: $3) })
    if cpus == [0, 1] { plan.workloads = [] }
    plan.workloads.append(
      WorkloadPlan(stuck, cpus: cpus))
    let outcome = Run.execute(plan)
    #expect(outcome.header.verdict == .finding && outcome.header.exitStatus == 1)
    #expect(outcome.header.endedEarly == "a CPU made no progress")
    let waitsInACycle = kind == .waitsForItself || kind == .waitsForTheOther
    #expect(outcome.rules.contains(waitsInACycle ? "deadlock" : "stuck"))
    return outcome
  }

  @Test("a CPU that waits for ever is named with the lock that it waits for")
  func alone() throws {
    let outcome = try run(.waitsForItself, cpus: [1])
    let line = try #require(outcome.ran.stuck.first)
    #expect(line.hasPrefix("CPU 1 has waited ") && line.contains(" for lruvec->lru_lock[1] in "))
    #expect(line.contains(", which it took itself in "))
    #expect(outcome.ran.stuck.count == 1)
  }

  @Test(
    "two CPUs that wait for each other are told with lock, site and time",
    arguments: ["off", "timing"])
  func pair(statistics: String) throws {
    let stuck = try run(.waitsForTheOther, cpus: [0, 1], statistics: statistics).ran.stuck
    try #require(stuck.count == 2, "\(stuck)")
    let time = statistics == "timing" ? #"\d[\d.]* m?s ago"# : #"at least \d[\d.]* m?s ago"#
    for cpu in 0...1 {
      let expected = try Regex(
        #"^CPU \#(cpu) has waited \d[\d.]* m?s for lruvec->lru_lock\[\#(1 - cpu)\] in "#
          + #"btrfs_alloc_page_array, which CPU \#(1 - cpu) took in svc_alloc_arg \(task\) "#
          + time + "$")
      #expect(stuck[cpu].contains(expected), "\(stuck[cpu])")
    }
  }

  @Test("a holder that never releases is told with what it does instead")
  func holder() throws {
    let stuck = try run(.keepsTheLock, cpus: [0, 1]).ran.stuck
    try #require(stuck.count == 2, "\(stuck)")
    #expect(stuck[0].contains(" for lruvec->lru_lock[0] in svc_alloc_arg, which CPU "))
    let holds = try Regex(
      #"^CPU [01] has made no progress for \d[\d.]* m?s; it was in operation 0 of its own, one of "#
        + #"stuckWorker, and came through btrfs_alloc_page_array \(task\)$"#)
    #expect(stuck[1].contains(holds), "\(stuck[1])")
  }

  @Test("an endless loop outside of locks is told with its site, operation and workload")
  func loop() throws {
    let stuck = try run(.loops, cpus: [1]).ran.stuck
    try #require(stuck.count == 1, "\(stuck)")
    let loops = try Regex(
      #"^CPU 1 has made no progress for \d[\d.]* m?s and waits for no lock; it was in operation 0 "#
        + #"of its own, one of stuckWorker, and came through btrfs_alloc_page_array \(task\)$"#)
    #expect(stuck[0].contains(loops), "\(stuck[0])")
  }
}
