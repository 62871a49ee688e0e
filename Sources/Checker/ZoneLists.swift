// The lists of a scan: each walked, each block checked against its frame's word and its place.

import Machine
import PageAllocator

extension ZoneScan {
  /// Walks all buddy lists of a zone.
  func scanFreeLists(_ zone: Zone) {
    for order in (0..<Order.count).map(Order.init) {
      for type in Migratetype.allCases {
        var length = 0
        let broken = allocator.forEachInFreeList(zone, order, type) { frame in
          length += 1
          checkFreeBlock(zone, frame, order, type)
        }
        if let broken {
          noteBroken(broken, "the list of order \(order.index), type \(type) of \(zone.text)")
          continue
        }
        let counted = allocator.freeBlockCount(zone, order, type)
        if counted != length {
          collector.note(
            .counterMismatch, zone.text,
            "\(zone.text) counts \(counted) free blocks of order \(order.index), type \(type);"
              + " \(length) are on the list.")
        }
      }
    }
  }

  private func noteBroken(_ node: UInt32, _ list: String) {
    let isHead = Int(node) >= allocator.frameCount
    let place = isHead ? "its head" : PageFrameNumber(node).text
    collector.note(.listBroken, place, "At \(place), \(list) does not link back, or has no end.")
  }

  private func checkFreeBlock(
    _ zone: Zone, _ frame: PageFrameNumber, _ order: Order, _ type: Migratetype
  ) {
    // Made for findings alone: there are many blocks, and hardly ever one.
    func list() -> String { "the list of order \(order.index), type \(type) of \(zone.text)" }
    if !isPlaced(frame, order, in: zone) {
      collector.note(
        .listBroken, frame.text,
        "\(frame.text) is on \(list()), but the block is not aligned, or not inside the zone.")
      return
    }
    let state = allocator.frameState(frame)
    if !state.isBuddy || state.order != order || state.isAllocated || state.isPerCPU {
      collector.note(
        .listBroken, frame.text, "\(frame.text) is on \(list()), but its word says \(state.text).")
    }
    if let taken = map.mark(
      frame, pages: order.pages, head: .buddyHead(order), body: .inBuddy)
    {
      collector.note(
        .listBroken, taken.text,
        "\(taken.text) lies in a block on \(list()) and in another block on a list.")
      return
    }
    checkTypes(frame, order, type, list())
    tallies[zone.index].free += order.pages
    tallies[zone.index].blocks[order.index] += 1
    if order >= allocator.pageblockOrder { tallies[zone.index].freeInBlocks += order.pages }
    if type == .highAtomic { tallies[zone.index].freeHighAtomic += order.pages }
  }

  /// A block of several pageblocks has their type, all of them.
  private func checkTypes(
    _ frame: PageFrameNumber, _ order: Order, _ type: Migratetype, _ list: @autoclosure () -> String
  ) {
    var offset = 0
    while offset < order.pages {
      let part = frame.advanced(by: offset)
      let found = allocator.pageblockType(part)
      if found != type {
        collector.note(
          .listTypeMismatch, part.text, "\(part.text) is on \(list()); its pageblock is \(found).")
        return
      }
      offset += allocator.pageblockPages
    }
  }

  private func isPlaced(_ frame: PageFrameNumber, _ order: Order, in zone: Zone) -> Bool {
    frame.alignedDown(to: order) == frame && frame >= zone.start
      && frame.index + order.pages <= zone.end.index
  }

  /// Walks the per-CPU lists of a zone, and compares their counts and lengths.
  func scanPerCPULists(_ zone: Zone) {
    for cpu in 0..<machine.cpuCount {
      let bound = ListBound(self, zone, cpu: cpu)
      var pages = 0
      var length = ListLength()
      var isWhole = true
      for list in 0..<PageAllocator.perCPUListCount {
        let order = PageAllocator.perCPUList(list).order
        var blocks = 0
        let broken = allocator.forEachOnPerCPUList(cpu: cpu, zone: zone.index, list: list) {
          blocks += 1
          checkPerCPUBlock(zone, $0, cpu: cpu, list: list)
        }
        pages += blocks * order.pages
        length.freed += bound.pagesFreed(blocks, order)
        if let broken {
          isWhole = false
          noteBroken(broken, "per-CPU list \(list) of CPU \(cpu) in \(zone.text)")
        }
      }
      let state = allocator.perCPUState(cpu: cpu, zone: zone.index)
      let counted = state.count
      length.high = state.high
      if isWhole && counted != pages {
        collector.note(
          .pcpCountMismatch, zone.text,
          "CPU \(cpu) counts \(counted) pages on its lists in \(zone.text); \(pages) are there.")
      }
      checkLength(zone, cpu: cpu, length, bound)
    }
  }

  private func checkPerCPUBlock(_ zone: Zone, _ frame: PageFrameNumber, cpu: Int, list: Int) {
    let order = PageAllocator.perCPUList(list).order
    let state = allocator.frameState(frame)
    let isPlaced = isPlaced(frame, order, in: zone)
    if !isPlaced || state.zone != zone.index || state.order != order {
      collector.note(
        .pcpTypeMismatch, frame.text,
        "\(frame.text) is on CPU \(cpu)'s list of order \(order.index) in \(zone.text), but its"
          + " word says \(state.text).")
    }
    if !isPlaced { return }
    if let types, !types.allows(frame, list: list) {
      collector.note(
        .pcpTypeMismatch, frame.text,
        "\(frame.text) is on CPU \(cpu)'s list of type \(PageAllocator.perCPUList(list).type) in"
          + " \(zone.text), but its pageblock is \(allocator.pageblockType(frame)).")
    }
    if !state.isPerCPU || state.isBuddy || state.isAllocated {
      collector.note(
        .listBroken, frame.text,
        "\(frame.text) is on a list of CPU \(cpu) in \(zone.text), but its word says"
          + " \(state.text).")
    }
    if let taken = map.mark(frame, pages: order.pages, head: .perCPU, body: .perCPU) {
      collector.note(
        .listBroken, taken.text,
        "\(taken.text) lies in a block on a list of CPU \(cpu) and in another block on a list.")
      return
    }
    tallies[zone.index].perCPU += order.pages
  }
}

extension FrameState {
  /// The word in words.
  var text: String {
    let flags = [
      (isBuddy, "on a buddy list"), (isPerCPU, "on a per-CPU list"), (isAllocated, "allocated"),
      (isReserved, "reserved"), (isPoisoned, "out of service"), (isParked, "parked"),
    ]
    let names = flags.filter(\.0).map(\.1)
    let state = names.isEmpty ? "nothing" : names.joined(separator: ", ")
    return "order \(order.index), zone \(zone), \(state)"
  }
}
