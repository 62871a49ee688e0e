// Small programs of virtual CPUs whose schedules the tests record, repeat, shrink and explain.

import Exploration
import Machine

/// A machine with a program, ready to be run.
struct SmallProgram {
  let machine: Machine
  let simulated: SimulatedMachine
  let replayer: Replayer

  static let broken = Rule(100)
  static let alsoBroken = Rule(101)

  /// - Parameter make: makes the program on the machine, whose memory is captured afterwards.
  init(
    cpus: Int, options: SimulationOptions, _ make: (Machine) -> SimulatedProgram
  ) throws {
    var catalog = Catalog()
    catalog.add(sites: [(20, "main"), (21, "setter"), (22, "checker"), (23, "handler")])
    catalog.add(lockClasses: [(0, "first"), (1, "second")])
    catalog.add(rules: [
      RuleText(Self.broken, "broken", "It broke."),
      RuleText(Self.alsoBroken, "also-broken", "Something else broke."),
    ])
    machine = Machine(cpuCount: cpus, arenaByteCount: 1 << 18, catalog: catalog)
    let program = make(machine)
    simulated = try SimulatedMachine(machine, options: options)
    simulated.captureStart()
    replayer = Replayer(simulated, program)
  }

  /// The first schedules of the random walk with a finding of this rule.
  func find(_ rule: String, among count: UInt64 = 20_000) -> ReplayedSchedule? {
    for seed in 0..<count {
      let done = replayer.record(seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      if done.findings.contains(where: { $0.rule == rule }) { return done }
    }
    return nil
  }
}

extension SimulationOptions {
  /// Options of a small program.
  static func small(
    _ granularity: Granularity = .sync, pointsMax: Int = 2_000,
    interrupts: [InterruptSource: Int] = [:], started: Int? = nil
  ) -> SimulationOptions {
    var options = SimulationOptions()
    options.granularity = granularity
    options.pointsMax = pointsMax
    options.interruptBudget = interrupts
    options.startedCPUs = started
    options.livelockPoints = min(pointsMax / 4, options.livelockPoints)
    return options
  }
}

/// A handler made of a closure.
final class ProgramHandler: InterruptHandler {
  private let body: (CPU) -> Void
  init(_ body: @escaping (CPU) -> Void) { self.body = body }
  override func handle(_ cpu: CPU) { body(cpu) }
}

/// Everything that a CPU can do at a point: locks, trylocks, atomics, marked and plain accesses,
/// relax, sleep, wait and wake, spawn and join, masks, handlers with a softirq.
func everyKind(_ machine: Machine) -> SimulatedProgram {
  everyKind(machine, cpus: machine.cpuCount)
}

/// The same for the first `count` CPUs of a machine.
func everyKind(_ machine: Machine, cpus count: Int) -> SimulatedProgram {
  let words = machine.arena.table(of: Int.self, count: 64)
  let first = machine.makeLock(LockClass(0), instance: 1)
  let second = machine.makeLock(LockClass(1), instance: 2)
  machine.setHandler(
    ProgramHandler { cpu in
      words.marked(8).add(cpu.at(Site(23)), 1)
      cpu.raiseSoftirq(.network)
    }, for: .nic)
  machine.setHandler(
    ProgramHandler { cpu in
      if second.tryLock(cpu.at(Site(23))) {
        words.plain(16).add(cpu, 1)
        second.unlock(cpu)
      }
    }, for: SoftirqVector.network)
  machine.setHandler(
    ProgramHandler { cpu in _ = words.atomic(24).add(cpu, 1) }, for: .interProcessor)
  return SimulatedProgram { cpu in
    let cpu = cpu.at(Site(20))
    if cpu.id == 0 { for id in 1..<count { cpu.spawn(id) } }
    first.lockIRQSave(cpu)
    words.plain(0).add(cpu, 1)
    first.unlockIRQRestore(cpu)
    if second.tryLock(cpu) {
      words.plain(16).add(cpu, 1)
      cpu.interruptCPU((cpu.id + 1) % count)
      second.unlock(cpu)
    } else {
      cpu.relax()
    }
    cpu.sleep(ticks: cpu.id * 3)
    _ = words.atomic(32).add(cpu, 1)
    words.atomic(32).wake(cpu)
    words.marked(40).write(cpu, cpu.id)
    cpu.disableSoftirqs()
    words.plain(48).write(cpu, words.marked(40).read(cpu))
    cpu.enableSoftirqs()
    if cpu.id == 0 { for id in 1..<count { cpu.join(id) } }
  }
}

/// reorder(setters, 1): a checker that sees one word changed and the other not yet.
func reorder(_ machine: Machine) -> SimulatedProgram {
  let a = machine.arena.table(of: Int.self, count: 8)
  let b = machine.arena.table(of: Int.self, count: 8)
  machine.name(a) { $0 == 0 ? "a" : "unused" }
  machine.name(b) { $0 == 0 ? "b" : "unused" }
  let checker = machine.cpuCount - 1
  return SimulatedProgram { cpu in
    if cpu.id != checker {
      a.marked(0).write(cpu.at(Site(21)), 1)
      b.marked(0).write(cpu.at(Site(21)), -1)
      return
    }
    let cpu = cpu.at(Site(22))
    if a.marked(0).read(cpu) == 0 && b.marked(0).read(cpu) == 0 { return }
    if a.marked(0).read(cpu) == 1 && b.marked(0).read(cpu) == -1 { return }
    cpu.bug(SmallProgram.broken)
  }
}

/// Locks in opposite order.
func opposite(_ machine: Machine) -> SimulatedProgram {
  let first = machine.makeLock(LockClass(0), instance: 1)
  let second = machine.makeLock(LockClass(1), instance: 2)
  return SimulatedProgram { cpu in
    let (one, other) = cpu.id == 0 ? (first, second) : (second, first)
    one.lock(cpu.at(Site(21)))
    other.lock(cpu.at(Site(22)))
    other.unlock(cpu)
    one.unlock(cpu)
  }
}
