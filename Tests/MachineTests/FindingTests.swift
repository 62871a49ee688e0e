// Findings are kept once for each rule and place, in fixed buffers, and told in words.

import Testing

@testable import Machine

struct FindingTests {
  @Test("the same rule at the same site is one finding, whatever the context")
  func deduplicated() {
    let machine = Machine.small(cpus: 2)
    let cpu = machine.cpu(0).at(TestNames.here)
    for _ in 0..<3 { cpu.report(TestNames.broken) }
    cpu.run(in: .softirq) { $0.report(TestNames.broken) }
    machine.cpu(1).at(TestNames.here).report(TestNames.broken)
    let (findings, dropped) = machine.findings()
    #expect(findings.map(\.signature) == ["broken at here"])
    #expect(findings.map(\.count) == [5])
    #expect(dropped == 0)
  }

  @Test("another site or another rule is another finding")
  func distinct() {
    let machine = Machine.small(cpus: 1)
    let cpu = machine.cpu(0)
    cpu.at(TestNames.here).report(TestNames.broken)
    cpu.at(TestNames.there).report(TestNames.broken)
    cpu.at(TestNames.here).report(TestNames.told)
    let signatures = machine.findings().findings.map(\.signature)
    #expect(signatures == ["broken at here", "broken at there", "told at here"])
  }

  @Test("what does not fit the buffer of a context is counted")
  func dropped() {
    let machine = Machine.small(cpus: 1)
    let room = ContextRecord.findingCountMax
    for site in 0..<room + 3 {
      machine.cpu(0).at(Site(UInt16(100 + site))).report(TestNames.broken)
    }
    machine.cpu(0).at(Site(100)).report(TestNames.broken)
    let (findings, dropped) = machine.findings()
    #expect(findings.count == room)
    #expect(dropped == 3)
    #expect(findings[0].count == 2)
    machine.cpu(0).run(in: .hardirq) { $0.at(Site(150)).report(TestNames.broken) }
    #expect(machine.findings().findings.count == room + 1)
    machine.clearFindings()
    #expect(machine.findings().findings.isEmpty)
    #expect(machine.findings().dropped == 0)
  }

  @Test("a sentence names subject, numbers, hexadecimals, sites and contexts")
  func sentence() {
    let machine = Machine.small(cpus: 3)
    machine.cpu(2).run(in: .hardirq) {
      $0.at(TestNames.there)
        .report(TestNames.told, .frame, 0x2a, 255, 1, Int(TestNames.here.rawValue), -7)
    }
    let finding = machine.findings().findings[0]
    #expect(finding.sentence == "frame 0x2a 255 1 0xff here softirq -7.")
    #expect(finding.site == "there")
    #expect(finding.subject == "frame 0x2a")
    #expect(finding.cpu == 2)
    #expect(finding.context == "hardirq")
  }

  @Test("each kind of subject has words of its own")
  func subjects() {
    let machine = Machine.small(cpus: 1)
    let lock = machine.makeLock(TestNames.second, instance: 4)
    let address = Int(bitPattern: lock.record)
    let subjects: [(SubjectKind, Int, String)] = [
      (.nothing, 1, ""), (.frame, 16, "frame 0x10"), (.lock, address, "second[4]"),
      (.lock, 5, "a lock"), (.zone, 2, "zone 2"), (.cpu, 3, "CPU 3"), (.slot, 9, "slot 9"),
      (.counter, Int(TestNames.counter.rawValue), "things"),
    ]
    for (kind, subject, text) in subjects {
      #expect(machine.subjectName(kind, subject) == text)
    }
  }

  @Test("a rule that nobody named is told by its number")
  func unnamed() {
    let machine = Machine.small(cpus: 1)
    machine.cpu(0).at(Site(99)).report(Rule(77))
    let finding = machine.findings().findings[0]
    #expect(finding.rule == "rule77")
    #expect(finding.sentence == "Rule 77 was broken.")
    #expect(finding.site == "site99")
  }

  @Test("a bug ends the code that found it, halts the machine, and is kept")
  func bug() {
    let machine = Machine.small(cpus: 2)
    let after = machine.word()
    let ended = machine.runAlone(1) { cpu in
      if after[0] == 0 { cpu.at(TestNames.here).bug(TestNames.broken, .zone, 3) }
      after[0] = 1
    }
    #expect(!ended)
    #expect(after[0] == 0)
    #expect(machine.isHalted)
    #expect(machine.findings().findings.map(\.signature) == ["broken at here"])
  }
}
