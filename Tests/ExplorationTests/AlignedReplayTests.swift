// A schedule is repeated although operations came in or were taken out.

import Exploration
import Machine
import Testing

@Suite("Replay by what was recorded, not by how much")
struct AlignedReplayTests {
  /// A torn pair, met after `before` operations of each CPU, each of them `times` accesses.
  private func program(before: Int, times: Int) throws -> SmallProgram {
    try SmallProgram(cpus: 3, options: .small()) { machine in
      let a = machine.arena.table(of: Int.self, count: 8)
      let b = machine.arena.table(of: Int.self, count: 8)
      let own = machine.arena.table(of: Int.self, count: 24)
      machine.name(a) { "a[\($0)]" }
      machine.name(b) { "b[\($0)]" }
      machine.name(own) { "own[\($0)]" }
      return SimulatedProgram { cpu in
        for _ in 0..<before {
          own.marked(cpu.id * 8).write(cpu.at(Site(20)), 1)
          for _ in 1..<times { _ = own.marked(cpu.id * 8).read(cpu.at(Site(20))) }
        }
        if cpu.id != 2 {
          a.marked(0).write(cpu.at(Site(21)), 1)
          b.marked(0).write(cpu.at(Site(21)), -1)
          return
        }
        let cpu = cpu.at(Site(22))
        if a.marked(0).read(cpu) != 0 && b.marked(0).read(cpu) == 0 {
          cpu.bug(SmallProgram.broken)
        }
      }
    }
  }

  /// A failing schedule, shrunk, with its fingerprints.
  private func recorded(_ program: SmallProgram) throws -> (ReplayedSchedule, StepFingerprints) {
    let first = try #require(program.find("broken"))
    let shrunk = Shrinker.shrink(
      FixedSubject(program.replayer, first.script), first.script.deviations,
      showing: "broken at checker")
    let found = try #require(shrunk).schedule
    let fingerprints = FingerprintRecorder(of: program.machine)
    let again = program.replayer.replay(found.script, watchedBy: [fingerprints])
    #expect(again == found)
    return (found, fingerprints.taken)
  }

  @Test("is the recorded schedule where nothing changed")
  func same() throws {
    let program = try program(before: 6, times: 2)
    let (found, fingerprints) = try recorded(program)
    let aligned = AlignedReplay(found.script, fingerprints, on: program.machine)
    #expect(program.replayer.record(found.script, aligned) == found)
  }

  @Test(
    "shows the finding where each operation has more accesses, or fewer",
    arguments: [(2, 3), (2, 5), (3, 2), (4, 3)])
  func changed(times: (before: Int, after: Int)) throws {
    let (found, fingerprints) = try recorded(program(before: 6, times: times.before))
    let other = try program(before: 6, times: times.after)
    let aligned = AlignedReplay(found.script, fingerprints, on: other.machine)
    let again = other.replayer.record(found.script, aligned)
    #expect(again.shows("broken at checker"))
    // Points alone no longer say where.
    #expect(!other.replayer.replay(found.script).shows("broken at checker"))
  }
}
