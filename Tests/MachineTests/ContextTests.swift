// Each context of each CPU has a record of its own; the machine adds them up at rest.

import Testing

@testable import Machine

struct ContextTests {
  @Test("a handler counts in its own context, and leaves that of the task alone")
  func counters() {
    let machine = Machine.small(cpus: 2)
    machine.setHandler(ClosureHandler { $0.count(TestNames.counter, 10) }, for: .nic)
    machine.setHandler(
      ClosureHandler { cpu in
        cpu.count(TestNames.counter, 100)
        cpu.raiseSoftirq(.network)
      }, for: InterruptSource.timer)
    machine.setHandler(ClosureHandler { $0.count(TestNames.counter, 1000) }, for: .network)
    machine.runAlone(1) { cpu in
      cpu.count(TestNames.counter)
      cpu.interrupt(from: .nic)
      cpu.interrupt(from: .timer)
      cpu.run(in: .nmi) { $0.count(TestNames.counter, 10_000) }
      #expect(cpu.counted(TestNames.counter) == 1)
    }
    let counts = ContextKind.allCases.map {
      machine.counted(TestNames.counter, cpu: 1, context: $0)
    }
    #expect(counts == [1, 1000, 110, 10_000])
    #expect(machine.counted(TestNames.counter, cpu: 0, context: .task) == 0)
    #expect(machine.total(TestNames.counter) == 11_111)
  }

  @Test("drawing from one stream leaves the others, and other contexts', alone")
  func streams() {
    func draws(noisy: Bool) -> [Int] {
      let machine = Machine.small(cpus: 2, seed: 9)
      defer { withExtendedLifetime(machine) {} }
      var drawn: [Int] = []
      let cpu = machine.cpu(0)
      if noisy {
        for _ in 0..<5 {
          _ = cpu.draw(.workload, below: 1000)
          cpu.run(in: .hardirq) { _ = $0.draw(.allocator, below: 1000) }
          _ = machine.cpu(1).draw(.allocator, below: 1000)
        }
      }
      for _ in 0..<20 { drawn.append(cpu.draw(.allocator, below: 1_000_000)) }
      return drawn
    }
    #expect(draws(noisy: true) == draws(noisy: false))
  }

  @Test("no two streams of a machine are the same, and each follows from the seed")
  func streamsDiffer() {
    func firsts(seed: UInt64) -> [Int] {
      let machine = Machine.small(cpus: 3, seed: seed)
      var drawn: [Int] = []
      for id in 0..<3 {
        for kind in ContextKind.allCases {
          for stream in StreamKind.allCases {
            machine.cpu(id).run(in: kind) { drawn.append($0.draw(stream, below: .max)) }
          }
        }
      }
      return drawn
    }
    #expect(Set(firsts(seed: 1)).count == 36)
    #expect(firsts(seed: 1) == firsts(seed: 1))
    #expect(Set(firsts(seed: 1)).isDisjoint(with: firsts(seed: 2)))
  }

  @Test("what an operation draws does not depend on how much the one before drew")
  func operations() {
    func draw(before: Int) -> Int {
      let machine = Machine.small(cpus: 1)
      defer { withExtendedLifetime(machine) {} }
      let cpu = machine.cpu(0)
      cpu.beginOperation(0, seed: 5)
      for _ in 0..<before { _ = cpu.draw(.workload, below: 10) }
      cpu.beginOperation(1, seed: 5)
      return cpu.draw(.workload, below: .max)
    }
    #expect(draw(before: 0) == draw(before: 7))
  }

  @Test("the hash of requests depends on each of them and on their order")
  func requestHash() {
    func hash(_ words: [UInt64]) -> UInt64 {
      let machine = Machine.small(cpus: 1)
      for word in words { machine.cpu(0).noteRequest(word) }
      machine.cpu(0).run(in: .softirq) { $0.noteRequest(99) }
      return machine.requestHash(cpu: 0)
    }
    #expect(hash([1, 2, 3]) == hash([1, 2, 3]))
    #expect(Set([hash([]), hash([1]), hash([1, 2]), hash([2, 1]), hash([1, 2, 3])]).count == 5)
  }

  @Test("latencies are noted with timing only", arguments: StatisticsMode.allCases)
  func latencies(mode: StatisticsMode) {
    let machine = Machine.small(cpus: 1)
    machine.setStatistics(mode)
    let cpu = machine.cpu(0)
    cpu.noteLatency(3, since: cpu.ticks)
    cpu.run(in: .softirq) { $0.noteLatency(3, since: $0.ticks) }
    #expect(machine.latencies(3).count == (mode == .timing ? 2 : 0))
    #expect(machine.latencies(2).count == 0)
  }

  @Test("a reset forgets counts, findings, hashes and latencies")
  func reset() {
    let machine = Machine.small(cpus: 1)
    machine.setStatistics(.timing)
    let cpu = machine.cpu(0)
    cpu.count(TestNames.counter)
    cpu.noteRequest(1)
    cpu.noteLatency(0, since: 0)
    cpu.report(TestNames.broken)
    machine.stop()
    machine.halt()
    machine.reset(seed: 1)
    #expect(machine.total(TestNames.counter) == 0)
    #expect(machine.requestHash(cpu: 0) == 0)
    #expect(machine.latencies(0).count == 0)
    #expect(machine.findings().findings.isEmpty)
    #expect(!machine.isHalted)
    #expect(!cpu.shouldStop)
  }
}
