// The entries that wait for nothing: what they do where locks are free, and where they are not.

import Checker
import Machine
import Testing

@testable import PageAllocator

@Suite("Allocation and free without waiting")
struct NoLockTests {
  /// Runs `body` in an NMI while `locks` are held by the task that it cut into.
  private func inNMI(
    _ small: SmallMachine, holding locks: [SpinLock], _ body: @escaping (CPU) -> Void
  ) {
    #expect(
      small.run { cpu in
        for lock in locks { lock.lockIRQSave(cpu) }
        cpu.run(in: .nmi) { body($0) }
        for lock in locks.reversed() { lock.unlockIRQRestore(cpu) }
      })
  }

  private func locks(_ small: SmallMachine) -> (pcp: SpinLock, zone: SpinLock) {
    (small.allocator.perCPUPages(cpu: 0, zone: 0).lock, small.zone().firstArea.words.lock)
  }

  /// Pages parked in a zone.
  private func parked(_ small: SmallMachine, zone: Int = 0) -> Int {
    var pages = 0
    let broken = small.allocator.forEachParked(small.zone(zone)) {
      pages += small.allocator.frameState($0).order.pages
    }
    #expect(broken == nil)
    return pages
  }

  @Test(
    "with all locks free a block comes from, and goes to, this CPU's list",
    arguments: Policies.trylock, 0...3)
  func free(policies: Policies, order: Int) {
    let small = SmallMachine(policies)
    inNMI(small, holding: []) { cpu in
      guard let frame = small.allocator.allocatePagesNoLock(cpu, order: Order(order)) else {
        Issue.record("there is memory, and nobody has a lock")
        return
      }
      #expect(small.allocator.frameState(frame).isCompound == (order > 0))
      #expect(small.allocator.frameState(frame).references == 1)
      let count = small.perCPU().count
      small.allocator.freePagesNoLock(cpu, frame, order: Order(order))
      #expect(small.perCPU().count == count + 1 << order)
      #expect(small.allocator.frameState(frame).isPerCPU)
    }
    #expect(small.total(.pathNoLockAlloc) == 1 && small.total(.pathNoLockFree) == 1)
  }

  @Test(
    "with the list's lock taken a block comes from, and goes to, the buddy lists",
    arguments: Policies.trylock)
  func listTaken(policies: Policies) {
    let small = SmallMachine(policies)
    inNMI(small, holding: [locks(small).pcp]) { cpu in
      let before = small.free()
      guard let frame = small.allocator.allocatePagesNoLock(cpu, order: .zero) else {
        Issue.record("the zone lock is free")
        return
      }
      #expect(small.free() == before - 1)
      small.allocator.freePagesNoLock(cpu, frame, order: .zero)
      #expect(small.free() == before && small.perCPU().count == 0)
    }
    #expect(small.total(.pgfree) == 1)
  }

  @Test(
    "with the zone lock taken there is what the list has, and no refill",
    arguments: Policies.trylock)
  func zoneTaken(policies: Policies) {
    let small = SmallMachine(policies)
    small.run { cpu in
      let frame = small.take(cpu)
      small.allocator.freePages(cpu, frame, order: .zero)
    }
    let kept = small.perCPU().count
    #expect(kept > 0)
    inNMI(small, holding: [locks(small).zone]) { cpu in
      var taken = 0
      while small.allocator.allocatePagesNoLock(cpu, order: .zero) != nil { taken += 1 }
      #expect(taken == kept && small.perCPU().count == 0)
    }
    #expect(small.total(.pathNoLockAllocFailed) == 1)
  }

  @Test(
    "with both locks taken nothing comes, and what is freed is parked until the next free",
    arguments: Policies.trylock)
  func parks(policies: Policies) {
    let small = SmallMachine(policies)
    let held = locks(small)
    let start = small.free()
    for order in [0, 2] {
      inNMI(small, holding: []) { cpu in
        guard let frame = small.allocator.allocatePagesNoLock(cpu, order: Order(order)) else {
          Issue.record("there is memory")
          return
        }
        held.pcp.lock(cpu)
        held.zone.lock(cpu)
        #expect(small.allocator.allocatePagesNoLock(cpu, order: .zero) == nil)
        small.allocator.freePagesNoLock(cpu, frame, order: Order(order))
        held.zone.unlock(cpu)
        held.pcp.unlock(cpu)
      }
    }
    #expect(parked(small) == 5 && small.total(.pathPark) == 2 && small.total(.pgfree) == 0)
    // Not by an allocation, and not by emptying the lists.
    small.run { cpu in
      let frame = small.take(cpu)
      small.allocator.drainAll(cpu)
      #expect(self.parked(small) == 5)
      small.allocator.freePages(cpu, frame, order: .zero)
      #expect(self.parked(small) == 5)
      // Straight to the buddy lists.
      let large = small.take(cpu, 5)
      small.allocator.freePages(cpu, large, order: Order(5))
      #expect(self.parked(small) == 0 && small.total(.pathUnpark) == 2)
      small.allocator.drainAll(cpu)
    }
    #expect(small.free() == start && small.machine.findings().findings.isEmpty)
  }

  @Test(
    "what is parked is given back at the end, and is no leak to the scan before",
    arguments: Policies.trylock)
  func judged(policies: Policies) throws {
    let small = SmallMachine(policies)
    let held = locks(small)
    let ledger = OwnershipLedger(frameCount: small.allocator.frameCount, tracksTouched: true)
    small.allocator.subscribe(ledger)
    let scan = ZoneScan(small.allocator, small.machine, ledger: ledger)
    scan.captureStart()
    inNMI(small, holding: []) { cpu in
      let frames = (0..<3).compactMap { _ in
        small.allocator.allocatePagesNoLock(cpu, order: Order(1))
      }
      held.pcp.lock(cpu)
      held.zone.lock(cpu)
      for frame in frames { small.allocator.freePagesNoLock(cpu, frame, order: Order(1)) }
      held.zone.unlock(cpu)
      held.pcp.unlock(cpu)
    }
    #expect(scan.scan() == [] && scan.tallies.map(\.parked) == [6])
    small.run { cpu in
      small.allocator.freeAllParked(cpu)
      small.allocator.drainAll(cpu)
    }
    #expect(scan.scan() == [] && scan.tallies.map(\.parked) == [0])
    #expect(LeakCheck.findings(after: scan) == [])
  }

  @Test(
    "a parked block that is on another list too, or not said to be parked, is found",
    arguments: Policies.trylock)
  func brokenParking(policies: Policies) {
    let small = SmallMachine(policies)
    let held = locks(small)
    inNMI(small, holding: []) { cpu in
      guard let frame = small.allocator.allocatePagesNoLock(cpu, order: .zero) else { return }
      held.pcp.lock(cpu)
      held.zone.lock(cpu)
      small.allocator.freePagesNoLock(cpu, frame, order: .zero)
      held.zone.unlock(cpu)
      held.pcp.unlock(cpu)
      // As after a free that came twice.
      let word = small.allocator.frames.word(frame)
      word.write(cpu, FrameWord(word.read(cpu)).with(FrameWord.allocated, .zero))
    }
    let scan = ZoneScan(small.allocator, small.machine)
    #expect(scan.scan().map(\.rule).contains("list-broken"))
    // Who takes the list finds it, too.
    #expect(!small.run { cpu in small.allocator.freeAllParked(cpu) })
    #expect(small.machine.findings().findings.map(\.rule) == ["list-corrupted"])
  }

  @Test(
    "where interrupts off protect the lists, nothing comes, and what is freed goes around them",
    arguments: Policies.allCases.filter { !$0.servesNMI })
  func otherProtections(policies: Policies) {
    let small = SmallMachine(policies)
    inNMI(small, holding: []) { cpu in
      #expect(small.allocator.allocatePagesNoLock(cpu, order: .zero) == nil)
    }
    small.run { cpu in
      let frame = small.take(cpu)
      let count = small.perCPU().count
      let before = small.free()
      cpu.run(in: .nmi) { small.allocator.freePagesNoLock($0, frame, order: .zero) }
      #expect(small.perCPU().count == count && small.free() == before + 1)
    }
    #expect(small.total(.pathNoLockAllocFailed) == 1)
    #expect(small.machine.findings().findings.isEmpty)
  }

  @Test(
    "orders that lists do not keep, and memory below the min watermark, are not to be had",
    arguments: Policies.trylock)
  func limits(policies: Policies) {
    let small = SmallMachine(policies, pages: 256) { $0.pageblockOrder = Order(3) }
    inNMI(small, holding: []) { cpu in
      #expect(small.allocator.allocatePagesNoLock(cpu, order: Order(4)) == nil)
      var taken = 0
      while taken < 256, small.allocator.allocatePagesNoLock(cpu, order: .zero) != nil {
        taken += 1
      }
      #expect(taken > 0 && taken < 256)
    }
    // Nobody was woken, and no slow path taken.
    #expect(small.total(.pathSlow) == 0)
  }

  @Test(
    "a block with another reference stays, and one that is free is not freed again",
    arguments: Policies.trylock)
  func references(policies: Policies) {
    let small = SmallMachine(policies)
    inNMI(small, holding: []) { cpu in
      guard let frame = small.allocator.allocatePagesNoLock(cpu, order: .zero) else { return }
      #expect(small.allocator.tryGet(cpu, frame))
      small.allocator.freePagesNoLock(cpu, frame, order: .zero)
      #expect(small.allocator.frameState(frame).isAllocated)
      small.allocator.freePagesNoLock(cpu, frame, order: .zero)
      #expect(small.allocator.frameState(frame).isPerCPU)
    }
    #expect(
      !small.run { cpu in
        let frame = small.take(cpu)
        small.allocator.freePagesNoLock(cpu, frame, order: .zero)
        small.allocator.freePagesNoLock(cpu, frame, order: .zero)
      })
    #expect(small.machine.findings().findings.map(\.rule) == ["refcount-wrong"])
  }

  @Test("a block that is not compound is refused", arguments: Policies.allCases)
  func notCompound(policies: Policies) {
    let small = SmallMachine(policies)
    #expect(
      !small.run { cpu in
        small.allocator.freePagesNoLock(cpu, small.take(cpu, 2), order: Order(2))
      })
    #expect(small.machine.findings().findings.map(\.rule) == ["bad-page-state"])
  }
}
