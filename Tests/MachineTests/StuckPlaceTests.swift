// Where CPUs are that keep a run from ending.

import Synchronization
import Testing

@testable import Machine

struct StuckPlaceTests {
  /// - Parameter leaves: true where all CPUs leave when they are told to, however late.
  private func limits(leaves: Bool) -> NativeLimits {
    var limits = NativeLimits()
    limits.stuckNanoseconds = 1_000_000_000
    limits.leaveNanoseconds = leaves ? 3_600_000_000_000 : 20_000_000
    return limits
  }

  @Test("a CPU that comes to no point has no site, and is given up")
  func noPoint() throws {
    final class Flag: Sendable {
      let isUp = Atomic<Bool>(false)
    }
    let machine = Machine.small(cpus: 2)
    let flag = Flag()
    let outcome = NativeMachine(machine).run(limits: limits(leaves: false)) { cpu in
      if cpu.id == 1 { while !flag.isUp.load(ordering: .relaxed) {} }
    }
    flag.isUp.store(true, ordering: .relaxed)
    #expect(outcome.stuck.contains(1) && outcome.abandoned == 1)
    let place = try #require(outcome.places.first { $0.cpu == 1 })
    #expect(place.sites == [] && place.context == "" && !place.hasEnded)
    #expect(place.silentNanoseconds >= 1_000_000_000)
  }

  @Test("a CPU that ended with a lock is told to those who wait for it")
  func ended() throws {
    let machine = Machine.small(cpus: 2)
    let lock = machine.makeLock(TestNames.first, instance: 1)
    let outcome = NativeMachine(machine).run(limits: limits(leaves: true)) { cpu in
      // Both take it; the first to come ends with it.
      lock.lock(cpu.at(TestNames.here))
    }
    let wait = try #require(outcome.waits.first)
    #expect(outcome.waits.count == 1 && wait.holder == 1 - wait.cpu)
    #expect(wait.waitedNanoseconds != nil && wait.heldNanoseconds != nil && !wait.isHeldExact)
    let place = try #require(outcome.places.first)
    #expect(place.cpu == wait.holder && place.hasEnded)
  }

  @Test("a CPU tells the sites of its points, with its context, and goes on")
  func sites() throws {
    let machine = Machine.small(cpus: 1)
    let outcome = NativeMachine(machine).run(limits: limits(leaves: true)) { cpu in
      cpu.run(in: .softirq) { cpu in
        while true {
          cpu.at(TestNames.here).relax()
          cpu.at(TestNames.there).relax()
        }
      }
    }
    #expect(outcome.stuck == [0] && outcome.abandoned == 0)
    let place = try #require(outcome.places.first)
    #expect(Set(place.sites).isSubset(of: ["here", "there"]) && !place.sites.isEmpty)
    #expect(place.context == "softirq")
  }

  @Test("an interrupt that waits too does not make its CPU's own wait forgotten")
  func nested() {
    let machine = Machine.small(cpus: 1)
    machine.runAlone { cpu in
      let outer = cpu.at(TestNames.here).beginWait(for: 64, since: 5)
      let inner = cpu.at(TestNames.there).beginWait(for: 128, since: 9)
      cpu.endWait(inner)
      #expect(cpu.record.pointee.waitingFor.load(ordering: .relaxed) == 64)
      #expect(cpu.record.pointee.waitingSite.load(ordering: .relaxed) == 20)
      #expect(cpu.record.pointee.waitingSince.load(ordering: .relaxed) == 5)
      cpu.endWait(outer)
      #expect(cpu.record.pointee.waitingFor.load(ordering: .relaxed) == 0)
    }
  }
}
