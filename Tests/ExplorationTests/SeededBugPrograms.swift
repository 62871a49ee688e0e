// For each seeded bug the smallest program that comes to its place.

import Exploration
import Machine

@testable import PageAllocator

extension SeededBug {
  /// A program of which some schedule shows the bug.
  var program: ScheduledProgram {
    switch self {
    case .bustedPCPLock: lists(protection: .trylock)
    case .drainWithoutLock, .zoneLockBeforePCPLock: ownDrain
    case .uniprocessorTrylock: lists(protection: .uniprocessor)
    case .bulkFullArrayReturnsZero, .bulkReadsPastEnd: fullArray
    case .bulkPopulatedInsteadOfAccount: emptyZone
    case .tailLeak: extraReference
    case .doubleFreeAfterPut: twoReferences
    case .nrFreeDrift: outOfService
    case .pcpTypeToBuddy: highAtomicPage
    case .mergeRetagsFirstBlock: twoTypes
    case .highAtomicUnderflow: highAtomicBlock
    case .freeEndlessLoop: largeBlocks
    case .stalePCPAfterUnlock: chunks
    case .noLockSpins: intoHolder
    case .lowmemReserveIgnored: lowerZone
    case .drainLeavesRest: lessThanBatch
    case .mergeStopsEarly: largestBlock
    }
  }

  /// One CPU takes pages, frees them and empties its lists, and is interrupted by one that takes
  /// two and keeps one.
  private func lists(protection: PerCPUProtection) -> ScheduledProgram {
    var machine = ScheduledMachine(granularity: .all, interrupts: 3)
    machine.tunables.perCPUProtection = protection
    return ScheduledProgram(
      machine: machine,
      body: { cpu, test in
        let slots = test.slots(of: cpu)
        for slot in 0..<6 {
          slots[slot] = test.allocator.allocatePages(cpu, order: .zero, .kernel)
        }
        for slot in 0..<6 {
          if let frame = slots[slot] { test.allocator.freePages(cpu, frame, order: .zero) }
          slots[slot] = nil
        }
        test.allocator.drainLocal(cpu)
      },
      interrupt: { cpu, test in
        guard let frame = test.allocator.allocatePages(cpu, order: .zero, .atomic) else { return }
        let slots = test.slots(of: cpu)
        for slot in 8..<12 where slots[slot] == nil {
          slots[slot] = test.allocator.allocatePages(cpu, order: .zero, .atomic)
          break
        }
        test.allocator.freePages(cpu, frame, order: .zero)
      })
  }

  /// One CPU frees a page and empties its lists, and is interrupted by one that takes and frees.
  private var ownDrain: ScheduledProgram {
    ScheduledProgram(
      machine: ScheduledMachine(interrupts: 3),
      body: { cpu, test in
        guard let frame = test.allocator.allocatePages(cpu, order: .zero, .kernel) else { return }
        test.allocator.freePages(cpu, frame, order: .zero)
        test.allocator.drainLocal(cpu)
      },
      interrupt: { cpu, test in
        guard let frame = test.allocator.allocatePages(cpu, order: .zero, .atomic) else { return }
        test.allocator.freePages(cpu, frame, order: .zero)
      })
  }

  /// One CPU takes pages, frees them and empties its lists; NMIs take and free two, wherever it is.
  private var intoHolder: ScheduledProgram {
    var program = lists(protection: .trylock)
    program.machine.granularity = .sync
    program.machine.source = .nmi
    program.interrupt = { cpu, test in
      for _ in 0..<2 {
        guard let frame = test.allocator.allocatePagesNoLock(cpu, order: .zero) else { continue }
        test.allocator.freePagesNoLock(cpu, frame, order: .zero)
      }
    }
    return program
  }

  /// A bulk call into an array that another one filled.
  private var fullArray: ScheduledProgram {
    ScheduledProgram { cpu, test in
      for _ in 0..<2 {
        _ = test.allocator.allocatePagesBulk(cpu, .kernel, into: test.slots(of: cpu), count: 4)
      }
    }
  }

  /// A bulk call into an array with one page in it; an interrupt takes all memory, at times after
  /// the watermark was looked at.
  private var emptyZone: ScheduledProgram {
    var machine = ScheduledMachine(pages: 48, interrupts: 1)
    machine.tunables.makePlain()
    return ScheduledProgram(
      machine: machine,
      body: { cpu, test in
        let slots = test.slots(of: cpu)
        slots[0] = test.allocator.allocatePages(cpu, order: .zero, .kernel)
        _ = test.allocator.allocatePagesBulk(cpu, .kernel, into: slots, count: 4)
      },
      interrupt: { cpu, test in
        let slots = test.slots(of: cpu)
        var next = 8
        while next < 64,
          let frame = test.allocator.allocatePages(cpu, order: .zero, [.memAlloc, .noWarn])
        {
          slots[next] = frame
          next += 1
        }
      })
  }

  /// A block that is not compound is freed while somebody refers to its first page.
  private var extraReference: ScheduledProgram {
    ScheduledProgram { cpu, test in
      guard let frame = test.allocator.allocatePages(cpu, order: Order(2), .kernel) else { return }
      if !test.allocator.tryGet(cpu, frame) { return }
      test.allocator.freePages(cpu, frame, order: Order(2))
      test.allocator.put(cpu, frame)
    }
  }

  /// A compound block with two references, which two CPUs drop.
  private var twoReferences: ScheduledProgram {
    ScheduledProgram(machine: ScheduledMachine(cpus: 2)) { cpu, test in
      let order = Order(2)
      if cpu.id == 1 {
        while test.slots[0] == nil { cpu.relax() }
        guard let frame = test.slots[0] else { return }
        test.slots[0] = nil
        return test.allocator.put(cpu, frame)
      }
      let gfp = GFP.kernel.union(.compound)
      guard let frame = test.allocator.allocatePages(cpu, order: order, gfp) else { return }
      if !test.allocator.tryGet(cpu, frame) { return }
      test.slots[0] = frame
      test.allocator.freePages(cpu, frame, order: order)
    }
  }

  /// A free page is taken out of service.
  private var outOfService: ScheduledProgram {
    ScheduledProgram { cpu, test in
      _ = test.allocator.takePageOffBuddy(cpu, PageFrameNumber(77))
    }
  }

  /// A page of a high-atomic pageblock is freed while another CPU empties the lists of its own.
  private var highAtomicPage: ScheduledProgram {
    ScheduledProgram(machine: ScheduledMachine(cpus: 2, pages: 1024)) { cpu, test in
      if cpu.id == 1 { return test.drainUntilTold(cpu, from: 0) }
      if let frame = test.allocator.allocatePages(cpu, order: .zero, .kernel) {
        test.allocator.reserve(cpu, frame)
        test.allocator.freePages(cpu, frame, order: .zero)
      }
      test.isDone = true
    }
  }

  /// The halves of a block, of two types, each of many pageblocks, are freed one after the other.
  private var twoTypes: ScheduledProgram {
    var machine = ScheduledMachine()
    machine.tunables.makePlain()
    return ScheduledProgram(machine: machine) { cpu, test in
      let half = Order(8)
      let first = test.allocator.allocatePages(cpu, order: half, .kernel)
      let second = test.allocator.allocatePages(cpu, order: half, .highUserMovable)
      for frame in [first, second] {
        if let frame { test.allocator.freePages(cpu, frame, order: half) }
      }
    }
  }

  /// A block of a high-atomic pageblock is freed while another CPU gives the pageblock back; then
  /// what there is of the reserve is given back once more.
  private var highAtomicBlock: ScheduledProgram {
    ScheduledProgram(
      machine: ScheduledMachine(cpus: 2, pages: 4096, pageblockOrder: 5)
    ) { cpu, test in
      let request = AllocationRequest(
        test.allocator, cpu, .highUserMovable, .zero, node: 0)
      if cpu.id == 1 {
        while test.slots[0] == nil { cpu.relax() }
        test.slots[0] = nil
        _ = test.allocator.unreserveHighAtomic(cpu, request, force: true)
        return
      }
      let half = Order(4)
      guard let frame = test.allocator.allocatePages(cpu, order: half, .kernel) else { return }
      test.allocator.reserve(cpu, frame)
      test.slots[0] = frame
      test.allocator.freePages(cpu, frame, order: half)
      // The other CPU has taken the mark as its sign.
      while test.slots[0] != nil { cpu.relax() }
      _ = test.allocator.unreserveHighAtomic(cpu, request, force: true)
    }
  }

  /// Two zones, of which the lower keeps half from requests of the higher, and all is asked for.
  private var lowerZone: ScheduledProgram {
    var machine = ScheduledMachine(lowerPages: 256)
    machine.tunables.lowmemReserveRatio = [0, 2]
    return ScheduledProgram(machine: machine) { cpu, test in
      let slots = test.slots(of: cpu)
      for slot in 0..<64 {
        slots[slot] = test.allocator.allocatePages(cpu, order: Order(4), .kernel | .compound)
      }
    }
  }

  /// Fewer pages are on a CPU's lists than it gives back at a time.
  private var lessThanBatch: ScheduledProgram {
    var machine = ScheduledMachine()
    machine.tunables.perCPUBatch = 7
    return ScheduledProgram(machine: machine) { cpu, test in
      let gfp = GFP.kernel.union(.compound)
      let order = Order(1)
      guard let frame = test.allocator.allocatePages(cpu, order: order, gfp) else { return }
      test.allocator.freePages(cpu, frame, order: order)
    }
  }

  /// A block of many pageblocks is split, and whole again.
  private var largestBlock: ScheduledProgram {
    ScheduledProgram { cpu, test in
      let order = Order(4)
      guard let frame = test.allocator.allocatePages(cpu, order: order, .kernel) else { return }
      test.allocator.freePages(cpu, frame, order: order)
    }
  }

  /// A CPU's lists get too long, and each chunk that they give back is larger than asked for, so
  /// that little is left for the last one.
  private var largeBlocks: ScheduledProgram {
    var machine = ScheduledMachine()
    machine.tunables.perCPUBatch = 2
    machine.tunables.perCPUHigh = 16
    return ScheduledProgram(machine: machine) { cpu, test in
      let orders = [Order.zero, .costly, .costly]
      let gfp = GFP.kernel.union(.compound)
      let frames = orders.map { test.allocator.allocatePages(cpu, order: $0, gfp) }
      test.allocator.drainLocal(cpu)
      for (frame, order) in zip(frames, orders) {
        if let frame { test.allocator.freePages(cpu, frame, order: order) }
      }
    }
  }

  /// A CPU's lists get too long and are shortened in chunks, while another CPU empties them.
  private var chunks: ScheduledProgram {
    var machine = ScheduledMachine(cpus: 2)
    machine.tunables.perCPUBatch = 2
    machine.tunables.perCPUHigh = 8
    return ScheduledProgram(machine: machine) { cpu, test in
      if cpu.id == 1 { return test.drainUntilTold(cpu, from: 6) }
      let slots = test.slots(of: cpu)
      for slot in 0..<20 {
        slots[slot] = test.allocator.allocatePages(cpu, order: .zero, .kernel)
      }
      for slot in 0..<20 {
        if let frame = slots[slot] { test.allocator.freePages(cpu, frame, order: .zero) }
        slots[slot] = nil
      }
      test.isDone = true
    }
  }
}

extension JudgedSchedules {
  /// Empties the lists of CPU 0, whenever there are so many pages on them, for as long as it works.
  fileprivate func drainUntilTold(_ cpu: CPU, from pages: Int) {
    while !isDone {
      cpu.relax()
      if allocator.perCPUState(cpu: 0, zone: 0).count >= pages {
        allocator.drainRemote(cpu, target: 0)
      }
    }
  }
}

extension PageAllocator {
  /// Makes the pageblock around a frame part of the high-atomic reserve.
  func reserve(_ cpu: CPU, _ frame: PageFrameNumber) {
    let area = zone(0).area(of: frame).lock(cpu)
    reserveHighAtomic(cpu, area, frame, .zero)
    area.unlock(cpu)
  }
}

extension AllocatorTunables {
  /// No reserve: all memory can be had.
  fileprivate mutating func makePlain() {
    minFreeKBytes = 0
    watermarkScaleFactor = 1
  }
}
