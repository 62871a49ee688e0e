// Whose each frame is: moved by compare-and-swap at the instruction that gives it out or takes it
// back, so that a frame with two holders is caught before either uses it.
//
// Rule    A transition that is not allowed ends the run: what follows from it means nothing.

import Machine
import PageAllocator

/// The ledger of all frames of a machine.
///
/// 4 bytes a frame, of memory of its own, touched only where a frame moved.  `receive` is for any
/// CPU and context; everything else is for a machine at rest.
public final class OwnershipLedger: TracepointSubscriber, AllocatorListener {
  private let arena: Arena
  private let words: Table<UInt32>
  private let touched: Table<UInt32>
  private let tracksTouched: Bool
  private var touchedCount = 0

  /// A ledger in which all frames are free.
  ///
  /// - Parameters:
  ///   - frameCount: of the allocator.
  ///   - tracksTouched: remembers what moved, so that `reset` costs no more than that.  Only where
  ///     one thread runs all CPUs.
  public init(frameCount: Int, tracksTouched: Bool) {
    arena = Arena(byteCount: Self.byteCount(frameCount: frameCount, tracksTouched: tracksTouched))
    words = arena.table(of: UInt32.self, count: frameCount)
    touched = arena.table(of: UInt32.self, count: tracksTouched ? frameCount : 0)
    self.tracksTouched = tracksTouched
  }

  /// Bytes that such a ledger takes.
  public static func byteCount(frameCount: Int, tracksTouched: Bool) -> Int {
    Arena.byteCount(of: UInt32.self, count: frameCount)
      + Arena.byteCount(of: UInt32.self, count: tracksTouched ? frameCount : 0)
  }

  /// Frames that it knows.
  public var frameCount: Int { words.count }

  public var judged: CheckerCounter { .allocationsSeen }

  public override var kinds: [TracepointKind] {
    [.allocated, .freed, .takenOffBuddy, .putBackBuddy]
  }

  public override func receive(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    // Not a switch: a jump table costs more than the two questions.
    if event.kind == .allocated {
      cpu.count(.allocationsSeen)
      cpu.count(.pagesAllocatedSeen, event.order.pages)
      move(cpu, event.frame, event.order, from: .free, to: .allocated, .doubleAllocation)
    } else if event.kind == .freed {
      cpu.count(.pagesFreedSeen, event.order.pages)
      move(cpu, event.frame, event.order, from: .allocated, to: .free, .doubleFree)
    } else {
      receiveRare(cpu, event)
    }
  }

  @inline(never) private func receiveRare(_ cpu: CPU, _ event: borrowing TracepointEvent) {
    if event.kind == .takenOffBuddy {
      move(cpu, event.frame, event.order, from: .free, to: .offlined, .doubleAllocation)
    } else if event.kind == .putBackBuddy {
      move(cpu, event.frame, event.order, from: .offlined, to: .free, .doubleFree)
    }
  }

  @inline(__always) private func move(
    _ cpu: CPU, _ frame: PageFrameNumber, _ order: Order, from: FrameOwnership,
    to: FrameOwnership, _ rule: CheckerRule
  ) {
    let mark = LedgerWord.mark(to, cpu, order)
    let end = frame.index &+ order.pages
    if end > words.count {
      cpu.bug(Rule(AllocatorRule.notAFrame.rawValue), .frame, frame.index, end &- 1)
    }
    var index = frame.index
    while index < end {
      let cell = words.shared(index)
      let old = LedgerWord(cell.load())
      // One step: whoever comes between finds out here.
      if !old.isOwned(from)
        || cell.exchange(expected: old.bits, desired: mark | old.startBits) != old.bits
      {
        refuse(cpu, index, rule)
      }
      if tracksTouched && !old.hasMoved { note(index) }
      index &+= 1
    }
  }

  @inline(never) private func refuse(_ cpu: CPU, _ index: Int, _ rule: CheckerRule) -> Never {
    let owner = owner(of: PageFrameNumber(UInt32(truncatingIfNeeded: index)))
    cpu.bug(
      rule.rule, .frame, index, owner.cpu, Int(owner.context.rawValue), Int(owner.site.rawValue),
      owner.order.index)
  }

  private func note(_ index: Int) {
    touched[touchedCount] = UInt32(truncatingIfNeeded: index)
    touchedCount += 1
  }
}

extension OwnershipLedger {
  /// Takes the allocator as it is for the start: who holds blocks now keeps them.
  public func adopt(_ allocator: PageAllocator) {
    for zone in (0..<allocator.zoneCount).map(allocator.zone) {
      var index = zone.start.index
      let end = min(zone.end.index, words.count)
      while index < end {
        let state = allocator.frameState(PageFrameNumber(UInt32(truncatingIfNeeded: index)))
        let isBlock = state.isBuddy || state.isPerCPU || state.isAllocated
        let next = min(index + (isBlock ? state.order.pages : 1), end)
        if state.isAllocated || state.isPoisoned {
          let word = LedgerWord.atStart(state.isAllocated ? .allocated : .offlined)
          for frame in index..<next { words[frame] = word.bits }
        }
        index = next
      }
    }
  }

  /// Puts every frame back to what it was at the start.
  public func reset() {
    if tracksTouched {
      for position in 0..<touchedCount { restore(Int(touched[position])) }
      touchedCount = 0
    } else {
      for index in 0..<words.count where LedgerWord(words[index]).hasMoved { restore(index) }
    }
  }

  private func restore(_ index: Int) { words[index] = LedgerWord(words[index]).restored.bits }

  /// Whose a frame is, and since when.
  public func owner(of frame: PageFrameNumber) -> FrameOwner {
    LedgerWord(words.shared(frame.index).load()).owner
  }

  /// True if a frame is in these hands; cheaper than `owner`.
  @inline(__always)
  func isOwned(_ frame: PageFrameNumber, _ ownership: FrameOwnership) -> Bool {
    LedgerWord(words[frame.index]).isOwned(ownership)
  }

  /// True if a caller has the frame and got it in this run.
  @inline(__always) func isHeldSinceStart(_ frame: PageFrameNumber) -> Bool {
    let word = LedgerWord(words[frame.index])
    return word.isOwned(.allocated) && word.hasMoved
  }
}
