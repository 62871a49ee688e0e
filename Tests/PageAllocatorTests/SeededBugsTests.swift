// Each seeded bug has a name of its own, does what it says when on, and nothing when off.

import Machine
import Testing

@testable import PageAllocator

struct SeededBugsTests {
  @Test("names are unique, and lead back to their bug")
  func names() {
    let names = SeededBug.allCases.map(\.name)
    #expect(Set(names).count == names.count)
    for bug in SeededBug.allCases {
      #expect(SeededBug(named: bug.name) == bug)
      #expect(!bug.record.summary.isEmpty && !bug.record.rules.isEmpty)
    }
    #expect(SeededBug(named: "no-such-bug") == nil)
    #expect(SeededBug(named: "") == nil)
  }

  @Test("switching one bug on leaves all others off", arguments: SeededBug.allCases)
  func alone(bug: SeededBug) {
    let small = SmallMachine(bugs: [bug])
    #expect(SeededBug.allCases.filter { small.allocator.has($0) } == [bug])
    let clean = SmallMachine()
    #expect(!SeededBug.allCases.contains { clean.allocator.has($0) })
  }

  @Test(
    "busted-pcp-lock gets the lists although another context has them", arguments: [false, true])
  func bustedPCPLock(isOn: Bool) {
    let small = SmallMachine(bugs: isOn ? [.bustedPCPLock] : [])
    small.run { cpu in
      let pcp = small.allocator.perCPUPages(cpu: 0, zone: 0)
      pcp.lock.lock(cpu)
      cpu.run(in: .hardirq) { cpu in
        let hold = TryLock.tryTake(cpu, pcp, small.allocator)
        #expect((hold != nil) == isOn)
        #expect(hold?.isOurs != true)
        if let hold { TryLock.release(cpu, pcp, hold, small.allocator) }
      }
      #expect(pcp.lock.isHeld(by: cpu))
      pcp.lock.unlock(cpu)
      #expect(TryLock.tryTake(cpu, pcp, small.allocator)?.isOurs == true)
    }
  }

  @Test(
    "bulk-full-array-returns-zero does so for a full array only", arguments: Policies.allCases,
    [false, true])
  func bulkFullArray(policies: Policies, isOn: Bool) {
    let small = SmallMachine(policies, bugs: isOn ? [.bulkFullArrayReturnsZero] : [])
    let slots = small.slots(4)
    small.run { cpu in
      let results = (0..<2).map { _ in
        small.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 4)
      }
      #expect(results == [4, isOn ? 0 : 4])
    }
  }

  @Test(
    "tail-leak loses the tail of a block with another reference", arguments: Policies.allCases,
    [false, true])
  func tailLeak(policies: Policies, isOn: Bool) {
    let small = SmallMachine(policies, bugs: isOn ? [.tailLeak] : []) { $0.makePlain(pageblock: 9) }
    small.run { cpu in
      let frame = small.take(cpu, 2)
      #expect(small.allocator.tryGet(cpu, frame))
      small.allocator.freePages(cpu, frame, order: Order(2))
      small.allocator.put(cpu, frame)
      // Without another reference there is no tail to lose.
      let other = small.take(cpu, 2)
      small.allocator.freePages(cpu, other, order: Order(2))
    }
    #expect(small.free() == (isOn ? 4093 : 4096))
  }

  @Test(
    "lowmem-reserve-ignored takes what a zone keeps from requests of the next",
    arguments: Policies.allCases, [false, true])
  func lowmemReserve(policies: Policies, isOn: Bool) {
    let zones = [ZoneKind.dma32, .normal].enumerated().map { index, kind in
      ZoneLayout(
        node: 0, kind: kind, start: PageFrameNumber(UInt32(index * 1024)), spannedPages: 1024,
        managedPages: 1024)
    }
    let small = SmallMachine(policies, zones: zones, bugs: isOn ? [.lowmemReserveIgnored] : []) {
      $0.makePlain(pageblock: 5)
      $0.lowmemReserveRatio = [0, 4]
    }
    small.run { cpu in
      for (gfp, left) in [(GFP.kernel, isOn ? 0 : 256), ([.kernel, .dma32], 0)] {
        while small.allocator.allocatePages(cpu, order: Order(3), gfp) != nil {}
        #expect(small.free() == left)
      }
    }
  }

  @Test(
    "drain-leaves-rest leaves what is less than a batch", arguments: Policies.allCases,
    [false, true])
  func drainLeavesRest(policies: Policies, isOn: Bool) {
    let small = SmallMachine(policies, bugs: isOn ? [.drainLeavesRest] : []) { $0.perCPUBatch = 7 }
    small.run { cpu in
      let frames = (0..<17).map { _ in small.take(cpu) }
      small.allocator.drainLocal(cpu)
      for frame in frames { small.allocator.freePages(cpu, frame, order: .zero) }
      let kept = small.perCPU().count
      #expect(kept > 7)
      small.allocator.drainLocal(cpu)
      #expect(small.perCPU().count == (isOn ? kept % 7 : 0))
    }
  }

  @Test("merge-stops-early keeps pageblocks apart", arguments: Policies.allCases, [false, true])
  func mergeStopsEarly(policies: Policies, isOn: Bool) {
    let small = SmallMachine(policies, bugs: isOn ? [.mergeStopsEarly] : []) {
      $0.makePlain(pageblock: 5)
    }
    small.run { cpu in small.allocator.freePages(cpu, small.take(cpu, 7), order: Order(7)) }
    #expect(small.blocks()[5] == (isOn ? 4 : 0) && small.blocks()[10] == (isOn ? 3 : 4))
    small.run { cpu in small.allocator.freePages(cpu, small.take(cpu, 3), order: Order(3)) }
    #expect(small.blocks()[..<5].allSatisfy { $0 == 0 })
  }

  /// Takes and releases a CPU's lists in both ways.
  private func takeAndRelease<P: ListProtection>(
    _: P.Type, _ protection: PerCPUProtection, hasLock: Bool
  ) {
    let small = SmallMachine { $0.perCPUProtection = protection }
    small.run { cpu in
      let pcp = small.allocator.perCPUPages(cpu: 0, zone: 0)
      for takes in [P.take, { P.tryTake($0, $1, $2) }] {
        let hold = takes(cpu, pcp, small.allocator)
        #expect(cpu.interruptsEnabled == (protection == .trylock))
        #expect(pcp.lock.isHeld(by: cpu) == hasLock)
        if let hold { P.release(cpu, pcp, hold, small.allocator) }
        #expect(cpu.interruptsEnabled && !pcp.lock.isTaken && hold != nil)
      }
    }
  }

  @Test("a holder of lists has interrupts off unless the protection is a trylock")
  func protections() {
    takeAndRelease(TryLock.self, .trylock, hasLock: true)
    takeAndRelease(InterruptsOff.self, .irqDisable, hasLock: false)
    takeAndRelease(Uniprocessor.self, .uniprocessor, hasLock: false)
  }

  @Test("uniprocessor-trylock leaves interrupts on in a drain", arguments: [false, true])
  func uniprocessorTrylock(isOn: Bool) {
    let small = SmallMachine(bugs: isOn ? [.uniprocessorTrylock] : []) {
      $0.perCPUProtection = .uniprocessor
    }
    small.run { cpu in
      let pcp = small.allocator.perCPUPages(cpu: 0, zone: 0)
      let hold = Uniprocessor.take(cpu, pcp, small.allocator)
      #expect(cpu.interruptsEnabled == isOn)
      Uniprocessor.release(cpu, pcp, hold, small.allocator)
      #expect(cpu.interruptsEnabled)
    }
  }
}
