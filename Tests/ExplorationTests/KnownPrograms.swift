// Small programs whose schedules can be counted and whose chances are known, written as a user of
// the simulated machine would: spawn, join, locks and racy (marked) accesses are points; what is
// always under one lock is plain.

import Exploration
import Machine

/// A program with known answers.
enum KnownProgram: String, CaseIterable {
  /// Two CPUs set two words without a lock, a third sees them half set.
  case reorder
  /// A second value follows a first under another lock, and is read in between.
  case twostage
  /// A deposit and a withdrawal before the check.
  case account
  /// A sum that reaches 3 before it is looked at.
  case lazy01
  /// Two locks in both orders.
  case deadlock01
  /// A length that is read, and is shorter when it is used.
  case stringbuffer
  /// `reorder` with all its CPUs enabled from the start.
  case reorderStarted

  static var rule: Rule { Rule(200) }

  /// A machine and the program on it.
  func make() throws -> (SimulatedMachine, SimulatedProgram) {
    var catalog = Catalog()
    catalog.add(rules: [RuleText(Self.rule, "wrong", "The program's own check failed.")])
    let machine = Machine(cpuCount: cpuCount, arenaByteCount: 1 << 12, catalog: catalog)
    let parts = Parts(machine)
    if self == .stringbuffer { parts.words[0] = 3 }
    var options = SimulationOptions()
    options.pointsMax = 200
    options.startedCPUs = self == .reorderStarted ? nil : 1
    let simulated = try SimulatedMachine(machine, options: options)
    return (simulated, SimulatedProgram(body: body(parts)))
  }

  /// An explorer of it by one strategy.
  func explorer(_ strategy: StrategyKind) throws -> Explorer {
    let (simulated, program) = try make()
    return Explorer(simulated, plan: ExplorationPlan(strategy, .sync), program: program)
  }

  private var cpuCount: Int {
    switch self {
    case .reorder, .account, .lazy01: 4
    case .twostage, .deadlock01, .reorderStarted: 3
    case .stringbuffer: 2
    }
  }

  private func body(_ parts: Parts) -> (CPU) -> Void {
    let count = cpuCount
    switch self {
    case .reorder:
      return { cpu in
        if cpu.id == 0 { return main(cpu, count, joins: true) }
        if cpu.id < 3 { set(cpu, parts) } else { check(cpu, parts) }
      }
    case .reorderStarted:
      return { cpu in if cpu.id < 2 { set(cpu, parts) } else { check(cpu, parts) } }
    case .twostage:
      return { cpu in
        if cpu.id == 0 { return main(cpu, count, joins: true) }
        if cpu.id == 1 { firstStage(cpu, parts) } else { secondStage(cpu, parts) }
      }
    case .account:
      return { cpu in
        if cpu.id == 0 { main(cpu, count, joins: false) } else { transfer(cpu, parts) }
      }
    case .lazy01:
      return { cpu in if cpu.id == 0 { main(cpu, count, joins: true) } else { sum(cpu, parts) } }
    case .deadlock01:
      return { cpu in
        if cpu.id == 0 { return main(cpu, count, joins: true) }
        if cpu.id == 1 {
          both(cpu, parts.first, parts.second)
        } else {
          both(cpu, parts.second, parts.first)
        }
      }
    case .stringbuffer:
      return { cpu in if cpu.id == 0 { append(cpu, parts) } else { erase(cpu, parts) } }
    }
  }
}

/// The words and locks of a program.
struct Parts {
  let words: Table<Int>
  let first: SpinLock
  let second: SpinLock

  init(_ machine: Machine) {
    words = machine.arena.table(of: Int.self, count: 4)
    first = machine.makeLock(LockClass(0), instance: 0)
    second = machine.makeLock(LockClass(0), instance: 1)
  }
}

private func fail(_ cpu: CPU) { cpu.bug(KnownProgram.rule, .cpu, cpu.id) }

/// Starts all others in their order, and waits for them in that order.
private func main(_ cpu: CPU, _ count: Int, joins: Bool) {
  for child in 1..<count { cpu.spawn(child) }
  if joins { for child in 1..<count { cpu.join(child) } }
}

private func set(_ cpu: CPU, _ parts: Parts) {
  parts.words.marked(0).write(cpu, 1)
  parts.words.marked(1).write(cpu, -1)
}

private func check(_ cpu: CPU, _ parts: Parts) {
  let (a, b) = (parts.words.marked(0), parts.words.marked(1))
  if a.read(cpu) == 0 && b.read(cpu) == 0 { return }
  if a.read(cpu) == 1 && b.read(cpu) == -1 { return }
  fail(cpu)
}

private func firstStage(_ cpu: CPU, _ parts: Parts) {
  parts.first.lock(cpu)
  parts.words.marked(0).write(cpu, 1)
  parts.first.unlock(cpu)
  parts.second.lock(cpu)
  parts.words.plain(1).write(cpu, parts.words.marked(0).read(cpu) + 1)
  parts.second.unlock(cpu)
}

private func secondStage(_ cpu: CPU, _ parts: Parts) {
  parts.first.lock(cpu)
  if parts.words.marked(0).read(cpu) == 0 { return parts.first.unlock(cpu) }
  let seen = parts.words.marked(0).read(cpu)
  parts.first.unlock(cpu)
  parts.second.lock(cpu)
  if parts.words.plain(1).read(cpu) != seen + 1 { return fail(cpu) }
  parts.second.unlock(cpu)
}

private func transfer(_ cpu: CPU, _ parts: Parts) {
  let done = parts.words.plain(0)
  parts.first.lock(cpu)
  if cpu.id == 1 {
    if done.read(cpu) == 3 { return fail(cpu) }
  } else {
    done.write(cpu, done.read(cpu) | (cpu.id - 1))
  }
  parts.first.unlock(cpu)
}

private func sum(_ cpu: CPU, _ parts: Parts) {
  let data = parts.words.plain(0)
  parts.first.lock(cpu)
  if cpu.id < 3 {
    data.add(cpu, cpu.id)
  } else if data.read(cpu) >= 3 {
    return fail(cpu)
  }
  parts.first.unlock(cpu)
}

private func both(_ cpu: CPU, _ outer: SpinLock, _ inner: SpinLock) {
  outer.lock(cpu)
  inner.lock(cpu)
  inner.unlock(cpu)
  outer.unlock(cpu)
}

private func append(_ cpu: CPU, _ parts: Parts) {
  let count = parts.words.plain(0)
  cpu.spawn(1)
  parts.first.lock(cpu)
  parts.second.lock(cpu)
  let length = count.read(cpu)
  parts.second.unlock(cpu)
  parts.second.lock(cpu)
  if count.read(cpu) < length { return fail(cpu) }
  parts.second.unlock(cpu)
  parts.first.unlock(cpu)
}

private func erase(_ cpu: CPU, _ parts: Parts) {
  let count = parts.words.plain(0)
  parts.second.lock(cpu)
  count.write(cpu, 0)
  parts.second.unlock(cpu)
  parts.second.lock(cpu)
  count.add(cpu, 3)
  parts.second.unlock(cpu)
}
