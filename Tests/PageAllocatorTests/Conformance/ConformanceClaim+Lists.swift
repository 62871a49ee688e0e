// Claims of what empties a CPU's lists, and of the contexts that may call.

import Machine

@testable import PageAllocator

extension ConformanceClaim {
  static let ofLists = [
    ConformanceClaim(
      "a drain empties the lists of one CPU",
      paths: [.pathDrainLocal, .pathDrainRemote, .pagesDrained]
    ) { call in
      // Fewer than a batch, and more.
      for isFew in [true, false] {
        if isFew, let frame = call.take() { call.free(frame) } else { call.fillLists() }
        call.claim(call.listed(call.cpu.id) > 0 || !call.isAlone, "a CPU's lists keep pages")
        call { $0.drainLocal(call.cpu) }
        call.claim(call.listed(call.cpu.id) == 0 || !call.isAlone, "its own lists are empty")
      }
      call.fillLists()
      call { $0.drainRemote(call.cpu, target: call.neighbour) }
      if !call.isAlone { return }
      let isReached = call.policies.reachesOtherCPUs || call.neighbour == call.cpu.id
      call.claim(call.listed(call.neighbour) == 0 || !isReached, "another's lists are empty")
    },
    ConformanceClaim("a drain of all CPUs makes memory whole", paths: [.pathDrainAll]) { call in
      call.fillLists()
      call { $0.drainAll(call.cpu) }
      // Out of reach, the lists of others are empty because each CPU empties its own at last.
      if !call.isAlone { return }
      let counters = call.test.allocator.counters(call.test.allocator.zone(0))
      call.claim(counters.free == 1024, "all memory is on the buddy lists")
      call.claim(counters.freeBlocks[10].reduce(0, +) == 1, "and in one block")
    },
    ConformanceClaim("lists decay to their least length", paths: [.pathDecay]) { call in
      let least = call.test.allocator.perCPUState(cpu: call.cpu.id, zone: 0).highMin
      for _ in 0..<4 { call.fillLists() }
      call.claim(call.listed(call.cpu.id) > 0 || !call.isAlone, "a CPU's lists keep pages")
      for _ in 0..<(call.isAlone ? 40 : 2) {
        for target in [call.cpu.id, call.neighbour] {
          let before = call.listed(target)
          let given = call { $0.decay(call.cpu, target: target) }
          let left = before - call.listed(target)
          call.claim(left >= given || !call.isAlone, "decay gives back what it says")
        }
      }
      if !call.isAlone { return }
      let state = call.test.allocator.perCPUState(cpu: call.cpu.id, zone: 0)
      call.claim(state.high == least && state.count <= least, "lists have their least length")
    },
  ]

  static let ofContexts = [
    ConformanceClaim(
      "an NMI gets a block where its protection serves it, and can free one",
      paths: [.pathNoLockAllocFailed]
    ) { call in
      for order in 0..<5 {
        call.fillLists()
        var frame: PageFrameNumber?
        call.cpu.run(in: .nmi) { nmi in
          frame = call { $0.allocatePagesNoLock(nmi, order: Order(order)) }
        }
        let isServed = call.policies.servesNMI && order <= Order.costly.index
        call.claim(frame == nil || isServed, "no block of order \(order) is given")
        call.claim(frame != nil || !isServed || !call.isAlone, "one of order \(order) is given")
        // An NMI may come at any point: what a task leaves to it in no order is a race.
        if frame == nil && call.isAlone { frame = call.take(order, .kernel | .compound) }
        guard let block = frame else { continue }
        call.claim(call.state(block).references == 1, "a block has one reference")
        call.cpu.run(in: .nmi) { nmi in
          call { $0.freePagesNoLock(nmi, block, order: Order(order)) }
        }
        if call.isAlone { call.claim(!call.state(block).isAllocated, "the block is free") }
      }
    },
    ConformanceClaim(
      "a task with interrupts off gets and frees as with interrupts on",
      paths: [.pathBulkBatch, .pathFreeBatch]
    ) { call in
      for _ in 0..<4 {
        call.cpu.disableInterrupts()
        call.getAndFree()
        call.claim(!call.cpu.interruptsEnabled, "interrupts are off still")
        call.cpu.enableInterrupts()
      }
    },
    ConformanceClaim(
      "an interrupt and a softirq get and free as a task does",
      paths: [.pathBulkBatch, .pathFreeBatch]
    ) { call in
      for context in [ContextKind.hardirq, .softirq] {
        call.cpu.run(in: context) { cpu in
          ConformanceCaller(cpu: cpu, test: call.test, slots: call.slots).getAndFree()
        }
      }
    },
  ]
}

extension ConformanceCaller {
  /// Each entry that needs no task, once.
  fileprivate func getAndFree() {
    if let frame = take(2, .atomic | .compound) {
      claim(self { $0.tryGet(cpu, frame) }, "a held block can be got")
      free(frame, 2)
      self { $0.put(cpu, frame) }
    }
    let filled = fill(8, .atomic)
    claim(filled == 8 || !isAlone, "a bulk call fills its array")
    self { $0.releasePages(cpu, slots, count: filled) }
    slots.clear()
    let filledAgain = fill(4, .atomic)
    for index in 0..<filledAgain {
      if let frame = slots[index] { free(frame) }
      slots[index] = nil
    }
  }
}
