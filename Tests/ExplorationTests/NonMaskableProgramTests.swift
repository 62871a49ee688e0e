// A program whose bug needs an NMI: found, replayed, shrunk, kept in a file and explained.

import Exploration
import Harness
import Machine
import Reports
import Testing

/// A pair of words that belong together is changed with interrupts off; an NMI looks at it.
private func pair(_ machine: Machine) -> SimulatedProgram {
  let (first, second) = (machine.marked("pair.first"), machine.marked("pair.second"))
  let other = machine.marked("other")
  machine.setHandler(
    ProgramHandler { cpu in
      let cpu = cpu.at(Site(23))
      if cpu.id != 0 { return }
      if first.read(cpu) != second.read(cpu) { cpu.bug(SmallProgram.broken) }
    }, for: .nmi)
  // What is masked sees the pair whole.
  machine.setHandler(
    ProgramHandler { cpu in
      if cpu.id != 0 { return }
      if first.read(cpu) != second.read(cpu) { cpu.bug(SmallProgram.alsoBroken) }
    }, for: .nic)
  return SimulatedProgram { cpu in
    let cpu = cpu.at(Site(21))
    if cpu.id == 1 { return other.write(cpu, 1) }
    for value in 1...3 {
      cpu.disableInterrupts()
      first.write(cpu, value)
      second.write(cpu, value)
      cpu.enableInterrupts()
    }
  }
}

@Suite("A program with NMIs")
struct NonMaskableProgramTests {
  private func program(nmis: Int = 1) throws -> SmallProgram {
    try SmallProgram(
      cpus: 2, options: .small(interrupts: [.nmi: nmis, .nic: 2]), pair)
  }

  @Test("every random strategy finds the bug of an NMI, and nothing else")
  func explored() throws {
    let small = try program()
    let explorer = Explorer(small.simulated, plan: .portfolio(), program: small.replayer.program)
    let campaign = explorer.explore(schedules: 1_400, seed: 1)
    #expect(campaign.findings.map(\.finding.signature) == ["broken at handler"])
    #expect(campaign.findings.first?.finding.context == "nmi")
    // One alone is what it is among the others.
    let first = try #require(campaign.found.first)
    #expect(explorer.run(index: first.index, seed: 1) == first)
  }

  @Test("a systematic search finds it with one interrupt, and is complete without NMIs")
  func systematic() throws {
    let small = try program()
    let search = SystematicSearch(
      small.simulated, .preemptions, program: small.replayer.program)
    let found = search.explore(boundMax: 1).found
    #expect(found.map(\.cost) == [1] && found.first?.path.contains { $0.source == .nmi } == true)
    let without = try program(nmis: 0)
    let clean = SystematicSearch(
      without.simulated, .preemptions, program: without.replayer.program
    ).explore(boundMax: 2)
    #expect(clean.found.isEmpty && clean.completeBound == 2)
  }

  @Test("its schedule is shrunk to the NMI, and its file gives it again, step by step")
  func file() throws {
    let small = try program()
    let found = try #require(small.find("broken"))
    let shrunk = try #require(
      Shrinker.shrink(
        FixedSubject(small.replayer, found.script), found.script.deviations,
        showing: "broken at handler"))
    let script = shrunk.schedule.script
    #expect(script.deviations.map(\.interrupt) == [.nmi] && shrunk.isMinimal)

    let recorder = FingerprintRecorder(of: small.machine)
    let done = small.replayer.replay(script, watchedBy: [recorder])
    let file = SeedFile(
      modelVersion: "1", config: "{}", seed: 1, index: 2, strategy: "random", script: script,
      expectation: .finding(rule: "broken", site: "handler"), fingerprints: recorder.taken,
      traceHash: done.outcome.traceHash)
    let text = try SeedFileWriter.text(file)
    #expect(text.contains(#""interrupt": "nmi", "to": 0"#))
    let read = try SeedFileReader.read(Array(text.utf8), name: "nmi.seed.json")
    #expect(read == file)
    let other = try program()
    let again = FingerprintRecorder(of: other.machine)
    let replayed = other.replayer.replay(read.script, watchedBy: [again])
    #expect(replayed == done && replayed.outcome.traceHash == file.traceHash)
    #expect(Divergence(recorded: file.fingerprints, replayed: again.taken) == nil)
  }

  @Test("its steps are told in a column of the NMI's own")
  func explained() throws {
    let small = try program()
    let found = try #require(small.find("broken"))
    let shrunk = try #require(
      Shrinker.shrink(
        FixedSubject(small.replayer, found.script), found.script.deviations,
        showing: "broken at handler"))
    let steps = StepTrace(of: small.machine)
    let done = small.replayer.replay(shrunk.schedule.script, watchedBy: [steps])
    let entry = try #require(steps.taken.steps.first { $0.context == .nmi })
    #expect(entry.kind == .interruptEnter && entry.reason == .interrupt("nmi"))
    #expect(entry.site == "nmi_enter")
    let text = TextRenderer.text(
      ScheduleReport.document(
        Explanation(finding: done.findings[0], trace: steps.taken, switches: done.switches)))
    #expect(text.contains("broken in handler, CPU 0, nmi context"))
    #expect(text.contains("CPU 0 nmi") && text.contains("interrupt nmi (nmi_enter)"))
    #expect(ChromeTrace.render(steps.taken).contains("CPU 0 nmi"))
  }
}
