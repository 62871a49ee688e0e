// The example of README, word for word: a program of virtual CPUs that is explored from a test.

import Exploration
import Machine
import Testing

@Test("two CPUs that each add one come to two, but not if they read before they lock")
func counting() throws {
  let machine = Machine(cpuCount: 2)
  let lock = machine.lock("lock")
  let count = machine.plain("count")
  let early = SimulatedProgram(
    body: { cpu in
      let seen = count.read(cpu)
      lock.lock(cpu)
      count.write(cpu, seen + 1)
      lock.unlock(cpu)
    },
    atEnd: { cpu in cpu.check(count.read(cpu) == 2) })
  let right = SimulatedProgram(
    body: { cpu in
      lock.lock(cpu)
      count.write(cpu, count.read(cpu) + 1)
      lock.unlock(cpu)
    },
    atEnd: { cpu in cpu.check(count.read(cpu) == 2) })

  let simulated = try SimulatedMachine(machine)
  let explorer = Explorer(simulated, plan: .portfolio(), program: early)
  let campaign = explorer.explore(schedules: 1_000, seed: 1)
  #expect(campaign.findings.first?.finding.rule == "check")

  let search = SystematicSearch(simulated, .exhaustive, program: right).explore()
  #expect(search.verdict == "complete: every schedule was run" && search.failing == 0)
}
