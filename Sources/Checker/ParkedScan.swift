// The parked blocks of a scan: each on the list of its zone, once, and on no other.

import Machine
import PageAllocator

extension ZoneScan {
  /// Walks the list of blocks that wait for somebody with the zone lock.
  func scanParked(_ zone: Zone) {
    let broken = allocator.forEachParked(zone) { frame in
      let state = allocator.frameState(frame)
      let end = frame.index + state.order.pages
      let isPlaced = frame >= zone.start && end <= zone.end.index
      if !state.isParked || state.isBuddy || state.isPerCPU || state.isAllocated || !isPlaced {
        collector.note(
          .listBroken, frame.text,
          "\(frame.text) is parked in \(zone.text), but its word says \(state.text).")
      }
      if !isPlaced { return }
      if let taken = map.mark(frame, pages: state.order.pages, head: .parked, body: .parked) {
        collector.note(
          .listBroken, taken.text,
          "\(taken.text) lies in a parked block of \(zone.text) and in another block on a list.")
        return
      }
      tallies[zone.index].parked += state.order.pages
    }
    if let broken {
      let place = PageFrameNumber(broken).text
      collector.note(
        .listBroken, place, "At \(place), the parked blocks of \(zone.text) have no end.")
    }
  }
}
