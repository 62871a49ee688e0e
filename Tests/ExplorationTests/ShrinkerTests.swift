// What is shrunk shows the same finding and loses it with any deviation that is left out.

import Exploration
import Machine
import Reports
import Testing

/// A program of `count` operations in which the last CPU's finding needs two of them.
private struct CountedSubject: ShrinkSubject {
  let operations: Int
  let cpus: Int
  private let program: SmallProgram

  init(operations: Int, cpus: Int) throws {
    self.operations = operations
    self.cpus = cpus
    program = try SmallProgram(cpus: cpus, options: .small(pointsMax: 4_000)) { machine in
      let word = machine.arena.table(of: Int.self, count: 1)
      return SimulatedProgram { cpu in
        for _ in 0..<operations {
          let seen = word.marked(0).read(cpu)
          word.marked(0).write(cpu, seen + 1)
          if word.marked(0).read(cpu) != seen + 1 { cpu.at(Site(22)).bug(SmallProgram.broken) }
        }
      }
    }
  }

  func find() -> ReplayedSchedule? { program.find("broken") }

  func replay(_ deviations: [Deviation]) -> ReplayedSchedule {
    program.replayer.replay(
      ReplayScript(seed: 1, granularity: .sync, deviations: deviations))
  }

  func smaller() -> [CountedSubject] {
    var all: [CountedSubject] = []
    if cpus > 2, let fewer = try? CountedSubject(operations: operations, cpus: cpus - 1) {
      all.append(fewer)
    }
    if operations > 1, let fewer = try? CountedSubject(operations: operations - 1, cpus: cpus) {
      all.append(fewer)
    }
    return all
  }

  func search(for signature: String, round: Int, replays: Int) -> ShrinkSearch {
    for count in 0..<replays {
      let seed = SplitMix64.split(UInt64(round), UInt64(count))
      let done = program.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      if done.shows(signature) { return ShrinkSearch(done.script.deviations, replays: count + 1) }
    }
    return ShrinkSearch(nil, replays: replays)
  }
}

@Suite("The shrinker")
struct ShrinkerTests {
  private func expectMinimal<Subject: ShrinkSubject>(
    _ shrunk: ShrunkSchedule<Subject>, _ signature: String
  ) {
    #expect(shrunk.isMinimal)
    let deviations = shrunk.schedule.script.deviations
    for index in deviations.indices {
      var fewer = deviations
      fewer.remove(at: index)
      #expect(!shrunk.subject.replay(fewer).shows(signature), "\(deviations[index])")
    }
    #expect(shrunk.subject.replay(deviations) == shrunk.schedule)
  }

  @Test("finds the one switch that shows a torn pair of words")
  func twoSwitches() throws {
    let program = try SmallProgram(cpus: 3, options: .small(), reorder)
    let found = try #require(program.find("broken"))
    let signature = "broken at checker"
    let subject = FixedSubject(program.replayer, found.script)
    let shrunk = try #require(
      Shrinker.shrink(subject, found.script.deviations, showing: signature))
    expectMinimal(shrunk, signature)
    // A setter is left between its writes, and the checker runs.
    #expect(shrunk.schedule.script.deviations.count == 1)
    #expect(shrunk.schedule.switches == 1)
  }

  @Test("finds the one switch of a deadlock, from any schedule that has it")
  func deadlock() throws {
    let program = try SmallProgram(cpus: 2, options: .small(), opposite)
    for seed in 0..<200 as Range<UInt64> {
      let found = program.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      guard let signature = found.findings.first?.signature else { continue }
      let subject = FixedSubject(program.replayer, found.script)
      let shrunk = try #require(
        Shrinker.shrink(subject, found.script.deviations, showing: signature))
      expectMinimal(shrunk, signature)
      #expect(shrunk.schedule.script.deviations.count == 1)
    }
  }

  @Test("makes the program smaller, by a search where the deviations no longer fit")
  func smallerProgram() throws {
    let subject = try CountedSubject(operations: 6, cpus: 4)
    let found = try #require(subject.find())
    let signature = "broken at checker"
    let shrunk = try #require(
      Shrinker.shrink(subject, found.script.deviations, showing: signature))
    expectMinimal(shrunk, signature)
    #expect(shrunk.subject.operations == 1)
    #expect(shrunk.subject.cpus == 2)
    #expect(shrunk.schedule.script.deviations.count == 2 || shrunk.schedule.switches <= 2)
  }

  @Test("shrinks a lock that lies in the allocator to three switches or fewer")
  func bustedLock() throws {
    let busted = try SimulatedAllocator(granularity: .all, bugs: [.bustedPCPLock])
    var shrunkCount = 0
    for index in 0..<3_000 as Range<UInt64> where shrunkCount < 4 {
      let seed = SplitMix64.split(42, index)
      let found = busted.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      guard let signature = found.findings.first?.signature else { continue }
      let subject = FixedSubject(busted.replayer, found.script)
      let shrunk = try #require(
        Shrinker.shrink(subject, found.script.deviations, showing: signature))
      expectMinimal(shrunk, signature)
      #expect(shrunk.schedule.switches <= 3, "\(signature): \(shrunk.schedule)")
      try expectOneScreen(busted, shrunk.schedule, signature)
      shrunkCount += 1
    }
    #expect(shrunkCount == 4)
  }

  /// The explanation of what is left fits a screen.
  private func expectOneScreen(
    _ allocator: SimulatedAllocator, _ schedule: ReplayedSchedule, _ signature: String
  ) throws {
    let steps = StepTrace(of: allocator.machine)
    _ = allocator.replayer.replay(schedule.script, watchedBy: [steps])
    let finding = try #require(schedule.findings.first { $0.signature == signature })
    let text = TextRenderer.text(
      ScheduleReport.document(
        Explanation(finding: finding, trace: steps.taken, switches: schedule.switches)))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 40 && lines.allSatisfy { $0.count <= 80 }, "\(text)")
    #expect(text.contains("!! \(finding.rule)") && text.contains("interrupt nic"), "\(text)")
  }

  @Test("keeps other findings that it meets apart, each with a schedule that shows it")
  func others() throws {
    let program = try SmallProgram(cpus: 2, options: .small()) { machine in
      let word = machine.arena.table(of: Int.self, count: 16)
      return SimulatedProgram { cpu in
        // CPU 0 sees both words set, or only the first, which is another rule's matter.
        if cpu.id == 1 {
          for index in 0..<2 { word.marked(index * 8).write(cpu, 1) }
          return
        }
        _ = word.marked(8).read(cpu)
        if word.marked(8).read(cpu) == 1 { cpu.at(Site(22)).bug(SmallProgram.broken) }
        if word.marked(0).read(cpu) == 1 { cpu.at(Site(21)).bug(SmallProgram.alsoBroken) }
      }
    }
    var met: Set<String> = []
    for seed in 0..<300 as Range<UInt64> {
      let found = program.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()))
      guard found.findings.first?.rule == "broken" else { continue }
      let shrunk = try #require(
        Shrinker.shrink(
          FixedSubject(program.replayer, found.script), found.script.deviations,
          showing: "broken at checker"))
      expectMinimal(shrunk, "broken at checker")
      for other in shrunk.others {
        met.insert(other.signature)
        #expect(program.replayer.replay(other.script).shows(other.signature))
      }
    }
    #expect(met == ["also-broken at setter"])
  }

  @Test("stops at its budget, says so, and still shows the finding")
  func budget() throws {
    let busted = try SimulatedAllocator(granularity: .all, bugs: [.bustedPCPLock])
    var found: ReplayedSchedule?
    for index in 0..<3_000 as Range<UInt64> where found == nil {
      let done = busted.replayer.record(
        seed: SplitMix64.split(42, index), strategy: InterruptInjection(into: RandomWalk()))
      if !done.findings.isEmpty { found = done }
    }
    let schedule = try #require(found)
    let signature = try #require(schedule.findings.first?.signature)
    let shrunk = try #require(
      Shrinker.shrink(
        FixedSubject(busted.replayer, schedule.script), schedule.script.deviations,
        showing: signature, replaysMax: 8))
    #expect(shrunk.replays <= 8)
    #expect(!shrunk.isMinimal)
    #expect(shrunk.schedule.shows(signature))
    #expect(shrunk.schedule.script.deviations.count <= schedule.script.deviations.count)
  }

  @Test("refuses a schedule that does not show the finding")
  func refusal() throws {
    let program = try SmallProgram(cpus: 3, options: .small(), reorder)
    let script = ReplayScript(seed: 1, granularity: .sync, deviations: [])
    let subject = FixedSubject(program.replayer, script)
    #expect(Shrinker.shrink(subject, [], showing: "broken at checker") == nil)
    #expect(program.replayer.confirm(script, shows: "broken at checker") == nil)
  }
}
