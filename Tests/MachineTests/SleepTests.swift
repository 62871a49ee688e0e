// A simulated sleep ends at its deadline, whatever comes into it.

import Testing

@testable import Machine

struct SleepTests {
  /// An interrupt to CPU 0 when so many points have passed; else CPU 0 whenever it can go on.
  private final class InterruptAt: ScheduleStrategy {
    private let points: [Int]
    init(_ points: [Int]) { self.points = points }
    override func choose(_ view: ScheduleView) -> ScheduleChoice {
      let comes = points.contains(view.points) && view.deliverable(.nic).contains(0)
      if comes { return ScheduleChoice(.nic, to: 0) }
      return view.enabled.contains(0) ? ScheduleChoice(cpu: 0) : view.defaultChoice
    }
  }

  /// At which point CPU 0, asleep for 20 from its start, goes on while CPU 1 takes 60 steps.
  private func wakes(_ interrupts: [Int], handler: @escaping (CPU, TwoCPUs) -> Void) throws -> Int {
    let two = try TwoCPUs(.sync, interrupts: [.nic: interrupts.count])
    var woke = 0
    two.machine.setHandler(ClosureHandler { handler($0, two) }, for: .nic)
    let outcome = two.simulated.run(seed: 1, strategy: InterruptAt(interrupts)) { cpu in
      if cpu.id == 1 {
        for _ in 0..<60 { two.word.marked(0).add(cpu, 1) }
        return
      }
      cpu.sleep(ticks: 20)
      woke = two.word[0]
    }
    #expect(outcome.end == .complete)
    return woke
  }

  @Test("an interrupt does not make a sleep longer", arguments: [[], [5], [19], [5, 10, 15]])
  func deadline(interrupts: [Int]) throws {
    let undisturbed = try wakes([]) { _, _ in }
    let woke = try wakes(interrupts) { cpu, two in _ = two.word.marked(0).read(cpu) }
    // The other CPU adds one in two of its steps; the handler's steps are in the same time.
    #expect((8...10).contains(undisturbed) && woke <= undisturbed, "\(woke), \(undisturbed)")
    #expect(woke >= undisturbed - 2 * interrupts.count, "\(woke), \(undisturbed)")
  }

  @Test("a handler that sleeps past the deadline leaves no more of it")
  func handlerSleeps() throws {
    let two = try TwoCPUs(.sync, interrupts: [.nic: 1])
    let log = EventLog(two.machine, capacity: 4)
    two.machine.setHandler(
      ClosureHandler { cpu in
        cpu.sleep(ticks: 40)
        log.note(two.word[0])
      }, for: .nic)
    let outcome = two.simulated.run(seed: 1, strategy: InterruptAt([5])) { cpu in
      if cpu.id == 1 {
        for _ in 0..<60 { two.word.marked(0).add(cpu, 1) }
        return
      }
      cpu.sleep(ticks: 20)
      log.note(two.word[0])
    }
    #expect(outcome.end == .complete)
    let events = log.events
    #expect(events.count == 2 && events[0] >= 20)
    // The time was over before the handler ended: the task goes on at once.
    #expect(events[1] - events[0] <= 1, "\(events)")
  }

  @Test("a handler that waits for a lock is not let go on by the end of the sleep that it cut into")
  func handlerWaits() throws {
    let two = try TwoCPUs(.sync, interrupts: [.nic: 1])
    two.machine.setHandler(
      ClosureHandler { cpu in
        two.first.lock(cpu)
        two.first.unlock(cpu)
      }, for: .nic)
    let outcome = two.simulated.run(seed: 1, strategy: InterruptAt([5])) { cpu in
      if cpu.id == 0 { return cpu.sleep(ticks: 20) }
      two.first.lock(cpu)
      for _ in 0..<60 { two.word.marked(0).add(cpu, 1) }
      two.first.unlock(cpu)
    }
    #expect(outcome.end == .complete)
    // One step for each operation: nobody spun.
    #expect(outcome.points <= 130, "\(outcome.points)")
  }
}
