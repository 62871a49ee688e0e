// The judges of a run are those of the table, in its order.

import Checker
import PageAllocator
import Testing

@testable import Harness

struct RunJudgesTests {
  private func judged(_ checks: String) throws -> [String] {
    let text = """
      { machine: { cpus: 1, memory: "16MiB" }, workloads: [{ kind: "sunrpc" }],
        checks: \(checks), stop: { operations: 20 } }
      """
    return Run.execute(try plan(text, seed: 1)).checks.map(\.name)
  }

  @Test("with all of them on, only that of schedules is missing")
  func all() throws {
    let table = Check.all.map(\.name).filter { $0 != Check.races.name }
    #expect(try judged("{ lockdep: true }") == table)
  }

  @Test("each is gone where the config does without")
  func without() throws {
    #expect(
      try judged(
        "{ ledger: false, bulkOracle: false, grants: false, invariants: false, leaks: false }")
        == ["vacuity"])
    #expect(
      try judged("{ ledger: false, bulkOracle: false, grants: false, invariants: false }")
        == ["leaks", "coalescing", "vacuity"])
  }
}
