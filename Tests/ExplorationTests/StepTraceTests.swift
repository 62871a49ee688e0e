// The trace of a schedule: values before and after, reasons of switches, locks at the end.

import Exploration
import Machine
import Testing

@Suite("The trace of a schedule")
struct StepTraceTests {
  private func traced(
    _ program: SmallProgram, _ deviations: [Deviation] = [],
    _ granularity: Granularity = .sync
  ) -> ScheduleTrace {
    let trace = StepTrace(of: program.machine)
    let script = ReplayScript(seed: 1, granularity: granularity, deviations: deviations)
    _ = program.replayer.replay(script, watchedBy: [trace])
    return trace.taken
  }

  @Test("has the values before and after of plain, marked and atomic accesses and of locks")
  func values() throws {
    let program = try SmallProgram(cpus: 1, options: .small()) { machine in
      let words = machine.arena.table(of: Int.self, count: 4)
      let small = machine.arena.table(of: UInt32.self, count: 4)
      let lock = machine.makeLock(LockClass(0), instance: 3)
      machine.name(words) { "word[\($0)]" }
      machine.name(small) { "small[\($0)]" }
      return SimulatedProgram { cpu in
        let cpu = cpu.at(Site(20))
        words.plain(0).write(cpu, 5)
        words.marked(1).write(cpu, -2)
        _ = words.atomic(1).add(cpu, 10)
        _ = words.marked(1).read(cpu)
        small.marked(3).write(cpu, 0xF000_0000)
        lock.lock(cpu)
        _ = lock.tryLock(cpu)
        lock.unlock(cpu)
        words.plain(2).write(cpu, 9)
      } atEnd: { cpu in
        words.plain(2).write(cpu, 10)
      }
    }
    let trace = traced(program)
    #expect(
      trace.steps.map { "\($0.text) \($0.valueText)" } == [
        "write word[0] 0 -> 5", "WRITE_ONCE word[1] 0 -> -2", "atomic word[1] -2 -> 8",
        "READ_ONCE word[1] = 8", "WRITE_ONCE small[3] 0 -> 0xf0000000", "lock first[3] ",
        "trylock first[3] fails", "unlock first[3] ", "write word[2] 0 -> 9",
      ])
    #expect(trace.steps.allSatisfy { $0.site == "main" && $0.cpu == 0 && $0.context == .task })
    #expect(trace.atEnd == [CPUAtEnd(cpu: 0, hasEnded: true, waitsFor: nil, site: "")])
    #expect(trace.locksAtEnd.isEmpty)
  }

  @Test("says why another CPU or context goes on")
  func reasons() throws {
    let program = try SmallProgram(
      cpus: 2, options: .small(interrupts: [.nic: 1])
    ) { machine in
      let word = machine.arena.table(of: Int.self, count: 1)
      let lock = machine.makeLock(LockClass(0), instance: 1)
      machine.setHandler(
        ProgramHandler { cpu in
          word.marked(0).write(cpu, 7)
          cpu.raiseSoftirq(.network)
        }, for: .nic)
      machine.setHandler(
        ProgramHandler { cpu in word.marked(0).write(cpu, 8) }, for: SoftirqVector.network)
      return SimulatedProgram { cpu in
        lock.lock(cpu)
        cpu.relax()
        lock.unlock(cpu)
      }
    }
    let trace = traced(
      program,
      [
        Deviation(cpu: 0, point: 1, to: ScheduleChoice(.nic, to: 0)),
        // CPU 0 relaxes; CPU 1 waits for its lock.
        Deviation(cpu: 1, point: 1, to: ScheduleChoice(cpu: 1)),
      ])
    let told = trace.steps.compactMap { step in
      step.reason.map { "CPU \(step.cpu) \(step.context): \($0.text)" }
    }
    #expect(
      told == [
        "CPU 0 task: start", "CPU 0 hardirq: interrupt nic", "CPU 0 softirq: interrupt softirq",
        "CPU 0 task: ended", "CPU 1 task: ended",
      ])
    let preempted = traced(program, [Deviation(cpu: 0, point: 0, to: ScheduleChoice(cpu: 1))])
    #expect(preempted.steps.first?.reason == .start)
  }

  @Test("has a finding at the step after which it was there, or at the end")
  func findings() throws {
    let program = try SmallProgram(cpus: 2, options: .small()) { machine in
      let word = machine.arena.table(of: Int.self, count: 1)
      return SimulatedProgram { cpu in
        let cpu = cpu.at(Site(21))
        word.marked(0).add(cpu, 1)
        if cpu.id == 0 { cpu.report(SmallProgram.broken) }
        word.marked(0).add(cpu, 1)
      } atEnd: { cpu in
        cpu.report(SmallProgram.alsoBroken)
      }
    }
    let trace = traced(program)
    #expect(trace.findings.map(\.finding.rule) == ["broken", "also-broken"])
    #expect(trace.findings.map(\.position) == [1, nil])
    #expect(trace.steps[1].kind == .markedWrite && trace.steps[1].cpu == 0)
  }

  @Test("tells a deadlock edge by edge, with the step since which each lock is held")
  func deadlock() throws {
    let program = try SmallProgram(cpus: 2, options: .small(), opposite)
    let trace = traced(program, [Deviation(cpu: 0, point: 1, to: ScheduleChoice(cpu: 1))])
    #expect(
      trace.deadlockSentences == [
        "CPU 0 waits for second[2] in checker, which CPU 1 took at step 2 in setter (task)",
        "CPU 1 waits for first[1] in checker, which CPU 0 took at step 1 in setter (task)",
      ])
    #expect(trace.locksAtEnd.map(\.name) == ["first[1]", "second[2]"])
    #expect(trace.locksAtEnd.map { $0.waiters.map(\.cpu) } == [[1], [0]])
  }

  @Test("names the allocator's words in the kernel's nouns")
  func allocatorNames() throws {
    let allocator = try SimulatedAllocator(granularity: .all)
    let trace = StepTrace(of: allocator.machine)
    _ = allocator.replayer.record(
      seed: 1, strategy: InterruptInjection(into: RandomWalk()), watchedBy: [trace])
    let objects = Set(trace.taken.steps.map(\.object))
    for name in [
      "pcp->lock[cpu0]", "zone->lock[Normal]", "pcp[cpu0].count", "pcp[cpu1].high_min",
      "zone Normal nr_free_pages", "zone Normal free_area[5].nr_free movable", "frame 0x0.word",
      "frame 0x0.refcount", "pcp[cpu0].lists[0].next", "pageblock 0 migratetype",
    ] {
      #expect(objects.contains(name), "\(name)")
    }
    // The only nameless objects are those of interrupts, which have none.
    let nameless = objects.filter { $0.hasPrefix("the word at 0x") || $0.hasPrefix("word ") }
    #expect(nameless.isEmpty, "\(nameless.sorted())")
  }

  @Test("keeps no more steps than asked for, and counts the others")
  func bounded() throws {
    let program = try SmallProgram(cpus: 2, options: .small(), opposite)
    let whole = traced(program)
    let short = StepTrace(of: program.machine, stepsMax: 3)
    let script = ReplayScript(seed: 1, granularity: .sync, deviations: [])
    _ = program.replayer.replay(script, watchedBy: [short])
    #expect(short.taken.steps.count == 3)
    #expect(short.taken.steps.count + short.taken.stepsDropped == whole.steps.count)
  }

  @Test("does not change the schedule", arguments: Granularity.allCases)
  func invisible(granularity: Granularity) throws {
    let program = try SmallProgram(
      cpus: 3, options: .small(granularity, interrupts: [.nic: 3], started: 1), everyKind)
    for seed in 0..<50 as Range<UInt64> {
      let plain = program.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      let traced = program.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()),
        watchedBy: [StepTrace(of: program.machine)])
      #expect(traced == plain)
    }
  }
}
