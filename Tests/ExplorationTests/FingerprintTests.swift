// Fingerprints tell where a replay first goes another way than what was recorded.

import Exploration
import Machine
import Testing

@Suite("Fingerprints of steps")
struct FingerprintTests {
  private func taken(
    _ program: SmallProgram, _ script: ReplayScript
  ) -> StepFingerprints {
    let recorder = FingerprintRecorder(of: program.machine)
    _ = program.replayer.replay(script, watchedBy: [recorder])
    return recorder.taken
  }

  private func everyKindProgram() throws -> SmallProgram {
    try SmallProgram(
      cpus: 3, options: .small(.all, interrupts: [.nic: 3], started: 1), everyKind)
  }

  @Test("are equal for equal schedules, on another machine too")
  func equal() throws {
    let (one, other) = (try everyKindProgram(), try everyKindProgram())
    for seed in 0..<50 as Range<UInt64> {
      let recorder = FingerprintRecorder(of: one.machine)
      let done = one.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()), watchedBy: [recorder])
      let again = taken(other, done.script)
      #expect(again == recorder.taken)
      #expect(Divergence(recorded: recorder.taken, replayed: again) == nil)
      #expect(again.stepCount == done.outcome.points)
      #expect(again.chain.count == (again.stepCount + 63) / 64)
    }
  }

  @Test("name the first step that differs, both sides in words")
  func divergence() throws {
    let program = try everyKindProgram()
    let done = program.replayer.record(seed: 3, strategy: InterruptInjection(into: RandomWalk()))
    let recorded = taken(program, done.script)
    let late = try #require(done.script.deviations.last { $0.cpu >= 0 })
    var other = done.script
    other.deviations.removeAll { $0 == late }
    let replayed = taken(program, other)
    let divergence = try #require(Divergence(recorded: recorded, replayed: replayed))
    let texts = (0..<recorded.stepCount).map { recorded.text($0) }
    let others = (0..<replayed.stepCount).map { replayed.text($0) }
    #expect(divergence.step == zip(texts, others).prefix { $0 == $1 }.count)
    #expect(divergence.recorded == texts[divergence.step])
    #expect(divergence.replayed != divergence.recorded)
    #expect(divergence.replayed.hasPrefix("CPU "))
  }

  @Test("of a schedule that goes on after the recorded one ended say so")
  func longer() throws {
    let program = try everyKindProgram()
    let recorded = taken(
      program,
      program.replayer.record(seed: 3, strategy: InterruptInjection(into: RandomWalk())).script)
    var shorter = recorded
    shorter.steps.removeLast()
    shorter.stepCount -= 1
    shorter.chain[shorter.chain.count - 1] ^= 1
    let divergence = try #require(Divergence(recorded: shorter, replayed: recorded))
    #expect(divergence.step == shorter.stepCount)
    #expect(divergence.recorded == "the schedule is over")
    #expect(divergence.replayed == recorded.text(divergence.step))
  }

  @Test("of which the words are not kept name the run of steps")
  func withoutWords() throws {
    let program = try everyKindProgram()
    var recorded = taken(
      program,
      program.replayer.record(seed: 3, strategy: InterruptInjection(into: RandomWalk())).script)
    let replayed = recorded
    try #require(recorded.chain.count > 1)
    recorded.steps = []
    recorded.chain[1] ^= 1
    let divergence = try #require(Divergence(recorded: recorded, replayed: replayed))
    #expect(divergence.step == 64)
    #expect(divergence.recorded == "one of the next 64 steps")
    #expect(divergence.replayed == replayed.text(64))
  }

  @Test("name locks, memory, CPUs and interrupts as reports do")
  func words() throws {
    let program = try everyKindProgram()
    let recorder = FingerprintRecorder(of: program.machine)
    var words: Set<String> = []
    for seed in 0..<20 as Range<UInt64> {
      _ = program.replayer.record(
        seed: seed, strategy: InterruptInjection(into: RandomWalk()), watchedBy: [recorder])
      words.formUnion(recorder.taken.words)
    }
    #expect(words.contains("lock first[1] in main"))
    #expect(words.contains("trylock second[2] in handler"))
    #expect(words.contains("spawn CPU 2 in main"))
    #expect(words.contains("interrupt nic"))
    #expect(words.contains("sleep 3 ticks in main"))
    #expect(words.contains { $0.hasPrefix("wake the word at 0x") })
  }
}
