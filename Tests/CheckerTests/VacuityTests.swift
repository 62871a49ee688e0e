// A run that never took a required path is told so; the table of judges covers every rule.

import Checker
import Machine
import PageAllocator
import Testing

@Suite("Vacuity and the table of judges")
struct VacuityTests {
  @Test("a required path that was never taken is a finding; one that was taken is none")
  func required() {
    let judged = JudgedAllocator()
    judged.machine.runAlone { cpu in _ = judged.take(cpu) }
    let findings = Vacuity.findings(
      required: ["pcp-refill", "bulk-single", "page-pool-fast"], JudgedAllocator.catalog,
      total: judged.machine.total)
    #expect(findings.map(\.rule) == ["vacuous", "vacuous"])
    #expect(findings.map(\.subject) == ["bulk-single", "page-pool-fast"])
    let never = Vacuity.neverTaken(JudgedAllocator.catalog, total: judged.machine.total)
    #expect(!never.contains("pcp-refill"))
    #expect(never.contains("bulk-single"))
  }

  @Test("names that are no paths are told, counters of /proc/vmstat and of judges among them")
  func unknown() {
    let names = ["bulk-single", "bulk-sinlge", "pgfree", "checker-allocations", "operations", ""]
    let unknown = Vacuity.unknownPaths(names, JudgedAllocator.catalog)
    #expect(unknown == ["bulk-sinlge", "pgfree", "checker-allocations", ""])
  }

  @Test("every rule of the judges has one judge, and every seeded bug somebody who catches it")
  func table() {
    let rules = Check.all.flatMap(\.rules)
    #expect(rules.count == Set(rules).count)
    #expect(Set(rules) == Set(CheckerRule.allCases))
    let known = JudgedAllocator.catalog.allRules.map(\.name)
    let judged = Check.all.flatMap(\.ruleNames)
    #expect(Check.all.flatMap(\.machineRules).allSatisfy(known.contains))
    for bug in SeededBug.allCases {
      #expect(bug.record.rules.allSatisfy(known.contains))
      // What no judge is there for, the allocator or the machine itself reports.
      let isShown = Check.all.contains { $0.shownBy.contains(bug) }
      #expect(isShown || !bug.record.rules.allSatisfy(judged.contains), "\(bug)")
    }
    for check in Check.all {
      for bug in check.shownBy {
        #expect(!Set(bug.record.rules).isDisjoint(with: check.ruleNames), "\(bug)")
      }
    }
    #expect(Check.named("bulk")?.rules.contains(.bulkFullArray) ?? false)
    #expect(Check.named("bulks") == nil)
  }
}
