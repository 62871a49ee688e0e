import Machine
import MachineChecks
import Testing

struct WaitForGraphTests {
  private func wait(_ cpu: Int, for holder: Int?, _ lock: String) -> LockWait {
    LockWait(
      cpu: cpu, site: "here\(cpu)", lock: lock, holder: holder, holderContext: "task",
      holderSite: "there")
  }

  @Test("two CPUs that wait for each other are a cycle, told from the lowest")
  func pair() {
    let graph = WaitForGraph([wait(1, for: 0, "A"), wait(0, for: 1, "B"), wait(2, for: 0, "A")])
    #expect(graph.cycle.map(\.cpu) == [0, 1])
    #expect(
      graph.sentences == [
        "CPU 0 waits for B in here0, which CPU 1 took in there (task)",
        "CPU 1 waits for A in here1, which CPU 0 took in there (task)",
      ])
  }

  @Test("times are told where they are known, and how well")
  func times() {
    var exact = wait(0, for: 1, "A")
    exact.waitedNanoseconds = 61_260_000_000
    exact.heldNanoseconds = 999_999_999
    exact.isHeldExact = true
    var seen = wait(2, for: 1, "A")
    seen.waitedNanoseconds = 1_000_000_000
    seen.heldNanoseconds = 5
    #expect(
      WaitForGraph([exact, seen]).sentences == [
        "CPU 0 has waited 61.2 s for A in here0, which CPU 1 took in there (task) 999 ms ago",
        "CPU 2 has waited 1.0 s for A in here2, which CPU 1 took in there (task) at least 0 ms ago",
      ])
  }

  @Test("a CPU that waits for its own lock is a cycle of one")
  func alone() {
    let graph = WaitForGraph([wait(3, for: 3, "A")])
    #expect(graph.cycle.map(\.cpu) == [3])
    #expect(
      graph.sentences == ["CPU 3 waits for A in here3, which it took itself in there (task)"])
  }

  @Test("waits without a cycle are told one by one")
  func chain() {
    let graph = WaitForGraph([wait(0, for: 1, "A"), wait(1, for: 4, "B"), wait(2, for: nil, "C")])
    #expect(graph.cycle.isEmpty)
    #expect(graph.sentences.count == 3)
    #expect(graph.sentences[2] == "CPU 2 waits for C in here2, which is free by now")
  }

  @Test("a cycle that does not contain the lowest CPU is found")
  func later() {
    let graph = WaitForGraph([
      wait(0, for: 1, "A"), wait(1, for: 2, "B"), wait(2, for: 3, "C"), wait(3, for: 1, "D"),
    ])
    #expect(graph.cycle.map(\.cpu) == [1, 2, 3])
  }
}
