// What the holder of a block writes into it, to see whether anybody else does: the page's content.
//
// A frame has no content here but this one word, which no list uses: a holder may keep its blocks
// on lists.  If the allocator gives the frame to a second holder, one stamp takes the place of the
// other.

import Machine

extension PageAllocator {
  /// Writes `stamp` into the first and last frame of a block that the caller holds.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func stamp(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ stamp: UInt32) {
    let cpu = cpu.at(.pageStamp)
    write(cpu, frame, stamp)
    if order > .zero { write(cpu, frame.advanced(by: order.pages - 1), stamp) }
  }

  /// Checks what `stamp` wrote, before the block is given back or passed on.
  ///
  /// A stamp that is gone is a finding, and ends the run: somebody else has the frame.
  #if !DEBUG
    @_noLocks @_noAllocation
  #endif
  public func verifyStamp(_ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, _ stamp: UInt32) {
    let cpu = cpu.at(.pageStamp)
    check(cpu, frame, stamp)
    if order > .zero { check(cpu, frame.advanced(by: order.pages - 1), stamp) }
  }

  @inline(always) private func write(_ cpu: CPU, _ frame: PageFrameNumber, _ stamp: UInt32) {
    if !frames.contains(frame) { cpu.bug(.notAFrame, frame, frame.index) }
    stamps.plain(frame.index).write(cpu, stamp)
  }

  @inline(always) private func check(_ cpu: CPU, _ frame: PageFrameNumber, _ stamp: UInt32) {
    let found = stamps.plain(frame.index).read(cpu)
    if found != stamp { cpu.bug(.stampOverwritten, frame, Int(stamp), Int(found)) }
  }
}
