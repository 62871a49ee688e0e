// The frames and counters of a scan: every page in one place, buddies merged, sums right.
//
// Invariants I1 to I5 of the model: conservation, list integrity, types, per-CPU counts, sums.

import Machine
import PageAllocator

extension ZoneScan {
  /// Looks at every frame of a zone, after all lists were walked.
  func sweep(_ zone: Zone) {
    forEachFrame(zone) { frame in
      if isInsideFree(frame, zone) { return }
      let state = allocator.frameState(frame)
      if state.zone != zone.index {
        collector.note(
          .conservation, frame.text, "\(frame.text) of \(zone.text) says \(state.text).")
      }
      let cell = map[frame]
      if cell == .nowhere {
        place(zone, frame, state)
      } else {
        checkWord(frame, cell, state)
      }
      if let order = cell.buddyOrder { checkMerged(zone, frame, order) }
      compareWithLedger(frame)
    }
    checkManaged(zone)
  }

  /// True of a frame inside a free block that is as it should be: most are.
  private func isInsideFree(_ frame: PageFrameNumber, _ zone: Zone) -> Bool {
    map[frame] == .inBuddy && allocator.isBlank(frame, in: zone)
      && ledger?.isOwned(frame, .free) != false
  }

  /// Finds a place for a frame that is on no list.
  private func place(_ zone: Zone, _ frame: PageFrameNumber, _ state: FrameState) {
    if state.isAllocated { return placeAllocated(zone, frame, state.order) }
    if state.isReserved {
      map[frame] = .reserved
      tallies[zone.index].reserved += 1
    } else if state.isPoisoned {
      map[frame] = .offlined
      tallies[zone.index].offlined += 1
    } else {
      tallies[zone.index].lost += 1
      collector.note(
        .conservation, frame.text,
        "\(frame.text) is on no list and nobody has it; its word says \(state.text).")
    }
  }

  private func placeAllocated(_ zone: Zone, _ frame: PageFrameNumber, _ order: Order) {
    let pages = min(order.pages, zone.end.index - frame.index)
    if let taken = map.mark(frame, pages: pages, head: .allocated, body: .allocated) {
      collector.note(
        .conservation, taken.text,
        "\(taken.text) lies in the allocated block of order \(order.index) at \(frame.text), and is"
          + " on a list.")
      map[frame] = .allocated
      tallies[zone.index].allocated += 1
    } else {
      tallies[zone.index].allocated += pages
    }
  }

  /// A frame inside a block says nothing of itself, and one on a list is nobody's.
  private func checkWord(_ frame: PageFrameNumber, _ cell: FrameCell, _ state: FrameState) {
    var isWrong = state.isReserved || state.isPoisoned || state.isAllocated
    if cell == .allocated || cell == .inBuddy {
      isWrong = isWrong || state.isBuddy || state.isPerCPU
    }
    if isWrong {
      let place = cell.isFree ? "in a block on a list" : "inside an allocated block"
      collector.note(
        .conservation, frame.text, "\(frame.text) is \(place), and its word says \(state.text).")
    }
  }

  private func compareWithLedger(_ frame: PageFrameNumber) {
    guard let ledger else { return }
    let cell = map[frame]
    let expected: FrameOwnership
    if cell.isFree {
      expected = .free
    } else if cell == .allocated {
      expected = .allocated
    } else if cell == .offlined {
      expected = .offlined
    } else {
      return
    }
    if ledger.isOwned(frame, expected) { return }
    collector.note(
      .conservation, frame.text,
      "\(frame.text) is \(expected) by its lists and word, but the ledger has it as"
        + " \(ledger.owner(of: frame).ownership).")
  }

  private func checkManaged(_ zone: Zone) {
    let tally = tallies[zone.index]
    let expected =
      startTallies.map { $0[zone.index].reserved } ?? (zone.spannedPages - zone.managedPages)
    if tally.reserved != expected {
      collector.note(
        .conservation, zone.text,
        "\(zone.text) has \(tally.reserved) pages that the allocator does not manage; \(expected)"
          + " are right.")
    }
  }

  /// Two free buddies of one order are one block, unless their types forbid it.
  private func checkMerged(_ zone: Zone, _ frame: PageFrameNumber, _ order: Order) {
    let buddy = frame.buddy(at: order)
    if order >= .max || buddy < frame || map[buddy] != .buddyHead(order) { return }
    if buddy.index >= zone.end.index { return }
    if order >= allocator.pageblockOrder && mayStayApart(frame, buddy, order) { return }
    collector.note(
      .unmergedBuddies, frame.text,
      "\(frame.text) and \(buddy.text) are free buddies of order \(order.index) in \(zone.text),"
        + " and were not merged.")
  }

  private func mayStayApart(
    _ frame: PageFrameNumber, _ buddy: PageFrameNumber, _ order: Order
  ) -> Bool {
    let type = allocator.pageblockType(frame)
    let buddyType = allocator.pageblockType(buddy)
    if type.isMergeable == buddyType.isMergeable { hasMergeable = true }
    if type != buddyType && !(type.isMergeable && buddyType.isMergeable) { return true }
    // Leaving the reserve makes neighbours of one kind, and nobody merges them.
    return hasLeftReserve(frame, order) || hasLeftReserve(buddy, order)
  }

  /// True if a pageblock of the block went to or from the high-atomic reserve.
  func hasLeftReserve(_ frame: PageFrameNumber, _ order: Order) -> Bool {
    watch?.hasMoved(frame, order)
      ?? (totalSinceStart(AllocatorCounter.pathHighAtomicUnreserve.id) > 0)
  }
}

extension ZoneScan {
  /// The counters of a zone against what is there.
  func checkCounters(_ zone: Zone) {
    let tally = tallies[zone.index]
    var reserve = 0
    allocator.forEachPageblock(zone) { _, type in
      if type == .highAtomic { reserve += allocator.pageblockPages }
    }
    compare(zone, "nr_free_pages", allocator.freePageCount(zone), tally.free)
    compare(zone, "nr_free_pages_blocks", allocator.freeInBlocksCount(zone), tally.freeInBlocks)
    compare(
      zone, "nr_free_highatomic", allocator.freeHighAtomicCount(zone), tally.freeHighAtomic)
    compare(zone, "nr_reserved_highatomic", allocator.reservedHighAtomicCount(zone), reserve)
  }

  private func compare(_ zone: Zone, _ name: String, _ counted: Int, _ found: Int) {
    if counted == found { return }
    collector.note(
      .counterMismatch, zone.text, "\(name) of \(zone.text) is \(counted); \(found) are there.")
  }

  /// The event counters against what is held, and against what the ledger was told.
  func checkEventCounts() {
    let kinds: [AllocatorCounter] = [.pgallocDma, .pgallocDma32, .pgallocNormal, .pgallocMovable]
    let allocated = kinds.reduce(UInt64(0)) { $0 &+ total($1) }
    let freed = total(.pgfree)
    // Wraps to the right number: what was held at the start may be freed.
    let live = Int(Int64(bitPattern: allocated &- freed))
    if live != livePages + parkedPages {
      let parked = parkedPages == 0 ? "" : ", \(parkedPages) wait to be freed"
      collector.note(
        .counterMismatch, "pgalloc",
        "pgalloc - pgfree is \(live); \(livePages) pages are held since the start\(parked).")
    }
    let placed = total(.numaHit) &+ total(.numaMiss)
    expectEqual("numa_local + numa_other", total(.numaLocal) &+ total(.numaOther), placed)
    expectEqual("numa_foreign", total(.numaForeign), total(.numaMiss))
    checkGrantCounts()
    if ledger == nil { return }
    expectEqual("pgalloc", allocated, total(CheckerCounter.pagesAllocatedSeen))
    expectEqual("pgfree", freed &+ UInt64(parkedPages), total(CheckerCounter.pagesFreedSeen))
    expectEqual("numa_hit + numa_miss", placed, total(CheckerCounter.allocationsSeen))
  }

  /// The same by kind of zone, by the node that served, and by how pages came and went under zone
  /// locks, if the judge of grants has listened.
  private func checkGrantCounts() {
    if grants == nil { return }
    expectEqual("pgalloc_dma", total(.pgallocDma), total(.grantedDma))
    expectEqual("pgalloc_dma32", total(.pgallocDma32), total(.grantedDma32))
    expectEqual("pgalloc_normal", total(.pgallocNormal), total(.grantedNormal))
    expectEqual("pgalloc_movable", total(.pgallocMovable), total(.grantedMovable))
    expectEqual("numa_local", total(.numaLocal), total(.grantsLocal))
    expectEqual("numa_other", total(.numaOther), total(.grantsOther))
    expectEqual("pages_pcpu_drained", total(.pagesDrained), total(.pagesDrainedSeen))
    expectEqual(
      "pages_zone_locked", total(.pagesTakenUnderZoneLock),
      total(.pagesUnderZoneLockSeen))
  }

  private func total(_ counter: AllocatorCounter) -> UInt64 { totalSinceStart(counter.id) }
  private func total(_ counter: CheckerCounter) -> UInt64 { totalSinceStart(counter.id) }

  private func expectEqual(_ name: String, _ counted: UInt64, _ seen: UInt64) {
    if counted == seen { return }
    collector.note(
      .eventCountMismatch, name, "\(name) is \(counted); \(seen) would agree with the rest.")
  }
}
