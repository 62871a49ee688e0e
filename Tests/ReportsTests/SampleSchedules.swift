// Small programs whose failing schedules the tests of reports explain: found by the random walk,
// shrunk, traced.

import Exploration
import Machine
import MachineChecks
import Outcomes
import Reports
import Testing

/// A program of virtual CPUs with a finding.
struct SampleSchedule {
  let machine: Machine
  let replayer: Replayer

  static let broken = Rule(100)
  static let lost = Rule(101)

  init(
    cpus: Int, granularity: Granularity = .all, interrupts: [InterruptSource: Int] = [:],
    started: Int? = nil, pointsMax: Int = 1_000, _ make: (Machine) -> SimulatedProgram
  ) throws {
    var catalog = Catalog()
    catalog.add(sites: [
      (20, "main"), (21, "setter"), (22, "checker"), (23, "handler"), (24, "reader"),
      (25, "writer"),
    ])
    catalog.add(lockClasses: [(0, "first"), (1, "second")])
    catalog.add(rules: [
      RuleText(Self.broken, "broken", "The two words do not belong together."),
      RuleText(Self.lost, "lost-update", "{0} were added, and {1} are there."),
    ])
    machine = Machine(cpuCount: cpus, arenaByteCount: 1 << 18, catalog: catalog)
    let program = make(machine)
    var options = SimulationOptions()
    options.granularity = granularity
    options.interruptBudget = interrupts
    options.startedCPUs = started
    options.pointsMax = pointsMax
    options.livelockPoints = pointsMax / 4
    let simulated = try SimulatedMachine(machine, options: options)
    simulated.captureStart()
    replayer = Replayer(simulated, program)
  }

  /// The first schedule with a finding of a rule, shrunk if asked, and explained.
  func explain(_ rule: String, shrinks: Bool = true) throws -> Explanation {
    var found: ReplayedSchedule?
    for seed in 0..<5_000 as Range<UInt64> where found == nil {
      let done = replayer.record(seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      if done.findings.contains(where: { $0.rule == rule }) { found = done }
    }
    var schedule = try #require(found)
    let finding = try #require(schedule.findings.first { $0.rule == rule })
    var note = ""
    var others: [String] = []
    if shrinks {
      let shrunk = try #require(
        Shrinker.shrink(
          FixedSubject(replayer, schedule.script), schedule.script.deviations,
          showing: finding.signature))
      schedule = shrunk.schedule
      note = "shrunk in \(shrunk.replays) replays"
      others = shrunk.others.map(\.signature)
    }
    return try Self.explain(
      replayer, schedule, finding.signature, note: note, others: others)
  }

  static func explain(
    _ replayer: Replayer, _ schedule: ReplayedSchedule, _ signature: String, note: String,
    others: [String]
  ) throws -> Explanation {
    let steps = StepTrace(of: replayer.simulated.machine)
    let again = replayer.replay(schedule.script, watchedBy: [steps])
    #expect(again == schedule)
    let finding = try #require(schedule.findings.first { $0.signature == signature })
    return Explanation(
      finding: finding, trace: steps.taken, switches: schedule.switches, note: note,
      others: others,
      commands: [
        NextCommand("replay", "pagetorture replay seeds/\(finding.rule).seed.json"),
        NextCommand(
          "trace", "pagetorture replay seeds/\(finding.rule).seed.json --trace trace.json"),
        NextCommand("shrink", "pagetorture shrink seeds/\(finding.rule).seed.json"),
      ])
  }
}

/// A handler made of a closure.
final class SampleHandler: InterruptHandler {
  private let body: (CPU) -> Void
  init(_ body: @escaping (CPU) -> Void) { self.body = body }
  override func handle(_ cpu: CPU) { body(cpu) }
}

extension Machine {
  /// A word with a name, on a line of its own.
  func word(_ name: String) -> Table<Int> {
    let table = arena.table(of: Int.self, count: 1)
    self.name(table) { _ in name }
    return table
  }
}

extension SampleSchedule {
  /// A pair of words is read between its two writes.
  static func tornPair() throws -> SampleSchedule {
    try SampleSchedule(cpus: 3, granularity: .sync) { machine in
      let (a, b) = (machine.word("pair.a"), machine.word("pair.b"))
      return SimulatedProgram { cpu in
        if cpu.id < 2 {
          a.marked(0).write(cpu.at(Site(21)), 1)
          b.marked(0).write(cpu.at(Site(21)), -1)
          return
        }
        let cpu = cpu.at(Site(22))
        if a.marked(0).read(cpu) + b.marked(0).read(cpu) != 0 { cpu.bug(broken) }
      }
    }
  }

  /// Two CPUs take two locks in opposite order.
  static func oppositeLocks() throws -> SampleSchedule {
    try SampleSchedule(cpus: 2) { machine in
      let first = machine.makeLock(LockClass(0), instance: 1)
      let second = machine.makeLock(LockClass(1), instance: 2)
      return SimulatedProgram { cpu in
        let (one, other) = cpu.id == 0 ? (first, second) : (second, first)
        one.lock(cpu.at(Site(24)))
        other.lock(cpu.at(Site(25)))
        other.unlock(cpu)
        one.unlock(cpu)
      }
    }
  }

  /// Two locks of one class, of one CPU but of different zones, in opposite order.
  static func locksOfZones() throws -> SampleSchedule {
    try SampleSchedule(cpus: 2) { machine in
      let locks = ["DMA32", "Normal"].enumerated().map { index, zone in
        let lock = machine.makeLock(LockClass(0), instance: index)
        machine.name(lock, "cpu1 \(zone)")
        return lock
      }
      return SimulatedProgram { cpu in
        let (one, other) = (locks[cpu.id], locks[1 - cpu.id])
        one.lock(cpu.at(Site(24)))
        other.lock(cpu.at(Site(25)))
        other.unlock(cpu)
        one.unlock(cpu)
      }
    }
  }

  /// A CPU waits for a word with a lock that the one needs that would set it.
  static func heldAsleep() throws -> SampleSchedule {
    try SampleSchedule(cpus: 2, granularity: .sync) { machine in
      let ready = machine.word("ready")
      let lock = machine.makeLock(LockClass(1), instance: 0)
      return SimulatedProgram { cpu in
        lock.lock(cpu.at(Site(cpu.id == 0 ? 24 : 25)))
        if cpu.id == 0 {
          ready.atomic(0).wait(cpu.at(Site(24)), while: 0)
        } else {
          ready.marked(0).write(cpu.at(Site(25)), 1)
          ready.atomic(0).wake(cpu.at(Site(25)))
        }
        lock.unlock(cpu)
      }
    }
  }

  /// A handler waits for the lock that the task below it holds.
  static func ownHandler() throws -> SampleSchedule {
    try SampleSchedule(cpus: 1, interrupts: [.nic: 1]) { machine in
      let count = machine.word("packets")
      let lock = machine.makeLock(LockClass(0), instance: 0)
      machine.setHandler(
        SampleHandler { cpu in
          lock.lock(cpu.at(Site(23)))
          count.plain(0).add(cpu, 1)
          lock.unlock(cpu)
        }, for: .nic)
      return SimulatedProgram { cpu in
        lock.lock(cpu.at(Site(20)))
        count.plain(0).add(cpu, 1)
        lock.unlock(cpu)
      }
    }
  }

  /// An NMI waits for the lock that the task below it holds with interrupts off.
  static func ownNMI() throws -> SampleSchedule {
    try SampleSchedule(cpus: 1, interrupts: [.nmi: 1]) { machine in
      let count = machine.word("samples")
      let lock = machine.makeLock(LockClass(0), instance: 0)
      machine.setHandler(
        SampleHandler { cpu in
          count.plain(0).add(cpu.at(Site(23)), 1)
          lock.lock(cpu.at(Site(23)))
          lock.unlock(cpu)
        }, for: .nmi)
      return SimulatedProgram { cpu in
        lock.lockIRQSave(cpu.at(Site(20)))
        count.plain(0).add(cpu, 1)
        lock.unlockIRQRestore(cpu)
      }
    }
  }

  /// Two CPUs wait for a word that nobody sets.
  static func spinning() throws -> SampleSchedule {
    try SampleSchedule(cpus: 2, granularity: .sync, pointsMax: 400) { machine in
      let flag = machine.word("flag")
      let lock = machine.makeLock(LockClass(0), instance: 0)
      return SimulatedProgram { cpu in
        let cpu = cpu.at(Site(24))
        if cpu.id == 0 { lock.lock(cpu) }
        while flag.marked(0).read(cpu) == 0 { cpu.relax() }
      }
    }
  }

  /// Updates without a lock; the sum is wrong at the end.
  static func lostUpdate() throws -> SampleSchedule {
    try SampleSchedule(cpus: 2) { machine in
      let sum = machine.word("sum")
      return SimulatedProgram { cpu in
        for _ in 0..<5 { sum.plain(0).add(cpu.at(Site(25)), 1) }
      } atEnd: { cpu in
        if sum[0] != 10 { cpu.at(Site(20)).report(lost, .nothing, 0, 10, sum[0]) }
      }
    }
  }

  /// A handler changes what the task below it reads twice, and its softirq too.
  static func interrupted() throws -> SampleSchedule {
    try SampleSchedule(cpus: 4, interrupts: [.nic: 2]) { machine in
      let list = machine.word("list.head")
      let count = machine.word("list.count")
      machine.setHandler(
        SampleHandler { cpu in
          list.plain(0).add(cpu.at(Site(23)), 1)
          cpu.raiseSoftirq(.network)
        }, for: .nic)
      machine.setHandler(
        SampleHandler { cpu in count.plain(0).add(cpu.at(Site(25)), 1) },
        for: SoftirqVector.network)
      return SimulatedProgram { cpu in
        if cpu.id != 3 { return list.marked(0).write(cpu.at(Site(20)), 0) }
        let cpu = cpu.at(Site(24))
        let before = (list.plain(0).read(cpu), count.plain(0).read(cpu))
        let after = (list.plain(0).read(cpu), count.plain(0).read(cpu))
        if before.0 == after.0 && before.1 != after.1 { cpu.bug(broken) }
      }
    }
  }

  /// Two accesses that nothing orders; the schedule goes on after the race detector's report.
  static func unordered() throws -> SampleSchedule {
    let sample = try SampleSchedule(cpus: 2) { machine in
      let shared = machine.word("zone Normal flags")
      let lock = machine.makeLock(LockClass(1), instance: 0)
      return SimulatedProgram { cpu in
        if cpu.id == 1 {
          lock.lock(cpu.at(Site(25)))
          shared.plain(0).write(cpu.at(Site(25)), 3)
          lock.unlock(cpu.at(Site(25)))
          return
        }
        let cpu = cpu.at(Site(24))
        _ = shared.plain(0).read(cpu)
        cpu.relax()
      }
    }
    sample.replayer.simulated.observe(RaceDetector(sample.machine))
    return sample
  }

  /// A CPU goes to sleep on a word after the only wake.
  static func missedWake() throws -> SampleSchedule {
    try SampleSchedule(cpus: 2, granularity: .sync, started: 1) { machine in
      let ready = machine.word("ready")
      return SimulatedProgram { cpu in
        if cpu.id == 0 {
          cpu.at(Site(20)).spawn(1)
          cpu.at(Site(24)).sleep(ticks: 1)
          ready.atomic(0).wait(cpu.at(Site(24)), while: 0)
          cpu.at(Site(20)).join(1)
          return
        }
        ready.atomic(0).wake(cpu.at(Site(25)))
        _ = ready.atomic(0).add(cpu.at(Site(25)), 1)
      }
    }
  }

  /// A spinning CPU sees a flag, after many rounds, before what the flag announces.
  static func published() throws -> SampleSchedule {
    try SampleSchedule(cpus: 2, granularity: .sync) { machine in
      let (flag, data) = (machine.word("ready"), machine.word("data"))
      return SimulatedProgram { cpu in
        if cpu.id == 1 {
          for _ in 0..<6 { cpu.at(Site(25)).relax() }
          flag.marked(0).write(cpu.at(Site(25)), 1)
          data.marked(0).write(cpu.at(Site(25)), 42)
          return
        }
        let cpu = cpu.at(Site(24))
        while flag.marked(0).read(cpu) == 0 { cpu.relax() }
        if data.marked(0).read(cpu) != 42 { cpu.bug(broken) }
      }
    }
  }
}
