// The race detector on small programs whose every schedule is run: what orders two accesses, and
// what does not.

import MachineChecks
import Testing

@testable import Machine

/// What a detector said of all schedules of a program.
private struct RaceResult {
  /// Schedules with a race, and without.
  var racy = 0
  var clean = 0
  var races: [Race] = []

  var isClean: Bool { racy == 0 && clean > 0 && races.isEmpty }
}

/// Two CPUs, words and a lock, judged in every schedule.
private struct RaceProgram {
  let two: TwoCPUs
  let data: Table<Int>
  let flag: Table<Int>
  let detector: RaceDetector
  /// The rule that counts.
  let rule: String

  init(
    _ granularity: Granularity = .sync, interrupts: [InterruptSource: Int] = [:],
    rule: String = "data-race"
  ) throws {
    self.rule = rule
    two = try TwoCPUs(granularity, interrupts: interrupts)
    data = two.machine.arena.table(of: Int.self, count: 8)
    flag = two.machine.arena.table(of: Int.self, count: 8)
    two.simulated.captureStart()
    detector = RaceDetector(two.machine)
    two.simulated.observe(detector)
  }

  func exhaust(_ body: @escaping (CPU) -> Void) -> RaceResult {
    var result = RaceResult()
    _ = two.exhaust(body, atEnd: nil) { outcome in
      let hasRace = two.machine.findings().findings.contains { $0.rule == rule }
      #expect(hasRace == (outcome.end == .finding))
      if hasRace { result.racy += 1 } else { result.clean += 1 }
    }
    result.races = detector.races
    #expect(!detector.isExhausted)
    return result
  }
}

@Suite("Race detector")
struct RaceDetectorTests {
  @Test("two writers without a lock race in every schedule", arguments: Granularity.allCases)
  func noLock(granularity: Granularity) throws {
    let program = try RaceProgram(granularity)
    let result = program.exhaust { program.data.plain(0).write($0.at(TestNames.here), $0.id) }
    #expect(result.clean == 0 && result.racy > 0)
    let race = try #require(result.races.first)
    #expect(result.races.count == 1)
    #expect(race.first.site == "here" && race.second.site == "here")
    #expect(race.first.cpu != race.second.cpu)
    #expect(race.first.context == .task && race.second.kind == "plain write")
    #expect(race.count == UInt64(result.racy))
  }

  @Test("two writers under one lock do not race", arguments: Granularity.allCases)
  func lock(granularity: Granularity) throws {
    let program = try RaceProgram(granularity)
    let result = program.exhaust { cpu in
      program.two.first.lock(cpu)
      program.data.plain(0).add(cpu, 1)
      program.two.first.unlock(cpu)
    }
    #expect(result.isClean)
  }

  @Test("two writers under two locks race")
  func twoLocks() throws {
    let program = try RaceProgram()
    let result = program.exhaust { cpu in
      let lock = cpu.id == 0 ? program.two.first : program.two.second
      lock.lock(cpu)
      program.data.plain(0).write(cpu, cpu.id)
      lock.unlock(cpu)
    }
    #expect(result.clean == 0)
  }

  @Test("two marked additions without a lock are a lost update, if that is asked for")
  func lostUpdate() throws {
    for isAsked in [false, true] {
      let program = try RaceProgram(rule: "unordered-update")
      program.detector.judgesUpdates = isAsked
      let result = program.exhaust { program.data.marked(0).add($0.at(TestNames.here), 1) }
      #expect(isAsked ? result.clean == 0 && result.racy > 0 : result.isClean)
    }
  }

  @Test("marked additions under a lock, and writes of what was not read, lose no update")
  func noLostUpdate() throws {
    let locked = try RaceProgram(rule: "unordered-update")
    locked.detector.judgesUpdates = true
    let result = locked.exhaust { cpu in
      locked.two.first.lock(cpu)
      locked.data.marked(0).add(cpu, 1)
      locked.two.first.unlock(cpu)
      _ = locked.data.marked(0).read(cpu)
    }
    #expect(result.isClean)
    let blind = try RaceProgram(rule: "unordered-update")
    blind.detector.judgesUpdates = true
    #expect(blind.exhaust { blind.data.marked(0).write($0, $0.id) }.isClean)
  }

  @Test("a trylock orders if it took the lock, and what goes on without it races")
  func tryLock() throws {
    let careful = try RaceProgram(.all)
    let none = careful.exhaust { cpu in
      if careful.two.first.tryLock(cpu) {
        careful.data.plain(0).add(cpu, 1)
        careful.two.first.unlock(cpu)
      }
    }
    #expect(none.isClean)
    let careless = try RaceProgram(.all)
    let some = careless.exhaust { cpu in
      let taken = careless.two.first.tryLock(cpu)
      careless.data.plain(0).write(cpu, 1)
      if taken { careless.two.first.unlock(cpu) }
    }
    // Only where one came while the other held the lock.
    #expect(some.racy > 0 && some.clean > 0)
  }

  @Test("reads do not race with reads, and one of them does with a later write")
  func readShare() throws {
    let reads = try RaceProgram()
    #expect(reads.exhaust { _ = reads.data.plain(0).read($0) }.isClean)
    let write = try RaceProgram()
    let result = write.exhaust { cpu in
      _ = write.data.plain(0).read(cpu.at(TestNames.there))
      write.flag.marked(0).add(cpu, 1)
      if cpu.id == 1 && write.flag.marked(0).read(cpu) >= 2 {
        write.data.plain(0).write(cpu.at(TestNames.here), 1)
      }
    }
    #expect(result.racy > 0 && result.clean > 0)
    #expect(result.races.allSatisfy { [$0.first.kind, $0.second.kind].contains("plain write") })
    #expect(Set(result.races.map(\.second.site)).isSubset(of: ["here", "there"]))
  }

  @Test("a message passed by a marked flag races: the flag orders nothing")
  func markedFlag() throws {
    let program = try RaceProgram()
    let result = program.exhaust { cpu in
      if cpu.id == 0 {
        program.data.plain(0).write(cpu, 1)
        program.flag.marked(0).write(cpu, 1)
      } else if program.flag.marked(0).read(cpu) == 1 {
        _ = program.data.plain(0).read(cpu)
      }
    }
    #expect(result.racy > 0)
    #expect(result.races.allSatisfy { $0.object != program.two.machine.wordName(0) })
    // Where the flag was not seen nobody reads.
    #expect(result.clean > 0)
  }

  @Test("a message passed by an atomic add does not race")
  func atomicFlag() throws {
    let program = try RaceProgram(.all)
    let result = program.exhaust { cpu in
      if cpu.id == 0 {
        program.data.plain(0).write(cpu, 1)
        _ = program.flag.atomic(0).add(cpu, 1)
      } else if program.flag.atomic(0).add(cpu, 0) == 1 {
        _ = program.data.plain(0).read(cpu)
      }
    }
    #expect(result.isClean)
  }

  @Test("marked and atomic accesses do not race with each other, but with plain ones")
  func markedAndPlain() throws {
    let marked = try RaceProgram()
    let none = marked.exhaust { cpu in
      if cpu.id == 0 { marked.flag.marked(0).write(cpu, 1) }
      _ = marked.flag.atomic(0).add(cpu, 1)
      _ = marked.flag.marked(0).read(cpu)
    }
    #expect(none.isClean)
    for isWrite in [false, true] {
      let plain = try RaceProgram()
      let some = plain.exhaust { cpu in
        if cpu.id == 0 { return plain.flag.marked(0).write(cpu, 1) }
        if isWrite { plain.flag.plain(0).write(cpu, 2) } else { _ = plain.flag.plain(0).read(cpu) }
      }
      #expect(some.clean == 0)
    }
    let reads = try RaceProgram()
    let marks = reads.exhaust { cpu in
      if cpu.id == 0 {
        _ = reads.flag.marked(0).read(cpu)
      } else {
        _ = reads.flag.plain(0).read(cpu)
      }
    }
    #expect(marks.isClean)
  }

  @Test("neighbours race only if they share bytes")
  func bytes() throws {
    let program = try RaceProgram()
    let small = program.two.machine.arena.table(of: UInt8.self, count: 8)
    let words = program.two.machine.arena.table(of: UInt32.self, count: 4)
    let detector = RaceDetector(program.two.machine)
    program.two.simulated.removeObservers()
    program.two.simulated.observe(detector)
    _ = program.two.exhaust { cpu in
      small.plain(cpu.id).write(cpu, 1)
      words.plain(cpu.id).write(cpu, 1)
    }
    #expect(detector.races.isEmpty && detector.schedules > 0)
    _ = program.two.exhaust { small.plain(3).write($0, 1) }
    #expect(detector.races.count == 1)
  }

  @Test("a race ends the schedule only if asked")
  func endsSchedule() throws {
    for ends in [false, true] {
      let program = try RaceProgram()
      program.detector.endsSchedule = ends
      let done = program.two.machine.arena.table(of: Int.self, count: 1)
      var completed = 0
      _ = program.two.exhaust { cpu in
        program.data.plain(0).write(cpu, 1)
        done[0] += 1
        if done[0] % 2 == 0 { completed += 1 }
      }
      #expect((completed == 0) == ends)
    }
  }

  @Test("what a race says: the word, both accesses, and that the value changed")
  func sentences() throws {
    let program = try RaceProgram()
    let behind = program.two.machine.makeLockedWords(TestNames.first, instance: 7, count: 4)
    let detector = RaceDetector(program.two.machine)
    program.two.simulated.removeObservers()
    program.two.simulated.observe(detector)
    let outcome = program.two.simulated.run(seed: 1, strategy: ScheduleStrategy()) { cpu in
      behind.plain(2).write(cpu.at(cpu.id == 0 ? TestNames.here : TestNames.there), cpu.id + 5)
    }
    #expect(outcome.end == .finding)
    let race = try #require(detector.races.first)
    #expect(race.object == "word 2 of first[7]")
    #expect(
      race.sentences == [
        "word 2 of first[7]: a plain write in there by CPU 1 (task) at point 0",
        "and a plain write in here by CPU 0 (task) at point 0,", "and nothing orders the two.",
        "The first found 0, the second 5.",
      ])
    let finding = try #require(program.two.machine.findings().findings.first)
    #expect(finding.signature == "data-race at there")
    #expect(
      finding.sentence == "Nothing orders this access to word 2 of first[7] with what CPU 0 (task)"
        + " did to it in here at point 0.")
  }
}
