// The memory that a run says it needs is what its parts then take.

import Machine
import Testing

@testable import Harness

@Suite("The memory of a run")
struct MemoryNeedTests {
  @Test("is stated by its parts to the byte", arguments: try PackageFile.configs())
  func stated(config: String) throws {
    let text = String(decoding: try PackageFile.bytes(config), as: UTF8.self)
    // A recording from standard input is none.
    if text.contains("\"-\"") { return }
    let whole = try plan(text, settings: ["interrupts.nmi=2000", "interrupts.delivery=points"])
    let small = try ScaledPlan(whole).small
    for plan in [whole, small] {
      let assembly = RunAssembly(plan)
      #expect(assembly.machine.arena.used <= plan.arenaByteCount)
      let own = assembly.environment.privateArena
      #expect((own.used + 63) & ~63 == max(plan.privateByteCount, 64) || own.used == 0)
    }
  }

  @Test("of workers is stated where each of their numbers is largest")
  func largest() throws {
    let kinds = Listings.workloads.map { kind in
      let values = kind.parameters.map { "\($0.name): \($0.max)" }
      return "{ " + (["kind: \"\(kind.name)\""] + values).joined(separator: ", ") + " }"
    }
    let largest = try plan(
      """
      { machine: { cpus: 2 }, pageCacheSlots: 1048576, stop: { operations: 1 },
        workloads: [\(kinds.joined(separator: ","))] }
      """)
    let assembly = RunAssembly(largest)
    #expect(assembly.environment.privateArena.used <= largest.privateByteCount)
    #expect(assembly.machine.arena.used <= largest.arenaByteCount)
  }

  @Test("that the system does not have is an error that names the bytes")
  func tooMuch() throws {
    #expect(throws: NoAddressSpace.self) { try AddressSpace.expect(1 << 60) }
    try AddressSpace.expect(1 << 20)
  }
}
