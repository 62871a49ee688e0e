// Two simulated CPUs with a word and two locks, and the strategies that the tests run them by.

import Machine

@testable import Machine

/// All that can happen next: each CPU that can go on, each interrupt that can come.
private func choices(_ view: ScheduleView) -> [ScheduleChoice] {
  var all: [ScheduleChoice] = []
  for cpu in 0..<view.cpuCount {
    if view.enabled.contains(cpu) { all.append(ScheduleChoice(cpu: cpu)) }
    for source in InterruptSource.allCases where view.deliverable(source).contains(cpu) {
      all.append(ScheduleChoice(source, to: cpu))
    }
  }
  return all
}

/// Every choice equally likely.
final class EvenWalk: ScheduleStrategy {
  private var stream = RandomStream(seed: 0)
  override func begin(seed: UInt64, _ view: ScheduleView) { stream = RandomStream(seed: seed) }
  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let all = choices(view)
    return all[stream.below(all.count)]
  }
}

/// All schedules, one after another: the last choice that has an alternative is changed.
final class AllSchedules: ScheduleStrategy {
  private var path: [(taken: Int, of: Int)] = []
  private var depth = 0
  override func begin(seed: UInt64, _ view: ScheduleView) { depth = 0 }

  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let all = choices(view)
    if depth == path.count { path.append((0, all.count)) }
    precondition(path[depth].of == all.count, "the same choices lead to the same point")
    depth += 1
    return all[path[depth - 1].taken]
  }

  /// Goes on to the next schedule; false after the last.
  func advance() -> Bool {
    precondition(depth == path.count, "a schedule follows its path to the end")
    while let last = path.popLast() {
      if last.taken + 1 < last.of {
        path.append((last.taken + 1, last.of))
        return true
      }
    }
    return false
  }
}

struct TwoCPUs {
  let machine: Machine
  let simulated: SimulatedMachine
  let word: Table<Int>
  let first: SpinLock
  let second: SpinLock

  init(
    _ granularity: Granularity, pointsMax: Int = 20_000,
    interrupts: [InterruptSource: Int] = [:]
  ) throws {
    machine = Machine.small(cpus: 2)
    word = machine.word()
    first = machine.makeLock(TestNames.first, instance: 1)
    second = machine.makeLock(TestNames.second, instance: 2)
    simulated = try SimulatedMachine(
      machine, granularity, pointsMax: pointsMax, interrupts: interrupts)
    simulated.captureStart()
  }

  /// One schedule of the even walk.
  func walk(seed: UInt64, _ body: @escaping (CPU) -> Void) -> ScheduleOutcome {
    simulated.run(seed: seed, strategy: EvenWalk(), SimulatedProgram(body: body))
  }

  /// All schedules of a program, which must be few.
  func exhaust(
    _ body: @escaping (CPU) -> Void, atEnd: ((CPU) -> Void)? = nil,
    eachEnd: (ScheduleOutcome) -> Void = { _ in }
  ) -> [ScheduleOutcome] {
    let all = AllSchedules()
    let program = SimulatedProgram(body: body, atEnd: atEnd)
    var outcomes: [ScheduleOutcome] = []
    repeat {
      let outcome = simulated.run(seed: 0, strategy: all, program)
      outcomes.append(outcome)
      eachEnd(outcome)
      precondition(outcomes.count < 20_000, "a program whose schedules can be exhausted")
    } while all.advance()
    return outcomes
  }
}
