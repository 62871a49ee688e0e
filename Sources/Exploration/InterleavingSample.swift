// How many different interleavings a campaign has seen, and how much it has not seen, in a table of
// fixed size.
//
// The table keeps the hashes that fall into a share of all, and how often each came; when it is
// full the share is halved.  What it says depends on the hashes alone, not on their order.

import Machine

/// A sample of the interleavings of many schedules.
public struct InterleavingSample: Sendable {
  /// Interleavings that the table holds at most.
  public static var heldMax: Int { 1 << 13 }
  private static var slotCount: Int { 1 << 14 }

  private var hashes: [UInt64]
  /// 0 for a slot that is free.
  private var counts: [UInt32]
  private var held = 0
  /// The share of all hashes that is kept: 1 in 2 to this power.
  private var level: UInt64 = 0
  /// Schedules.
  private var noted: UInt64 = 0
  /// Hashes kept that came once.
  private var once = 0

  /// An empty sample.
  public init() {
    hashes = [UInt64](repeating: 0, count: Self.slotCount)
    counts = [UInt32](repeating: 0, count: Self.slotCount)
  }

  /// Different interleavings: exact up to `heldMax`, then an estimate, good to about 2 in 100.
  public var distinct: UInt64 { estimate(held) }

  /// The chance that the next schedule has an interleaving that none had so far: the share of
  /// schedules whose interleaving came once (Good-Turing); 1 if nothing is known.
  ///
  /// How many came once is estimated from the table, how many schedules there were is known: of an
  /// interleaving that comes all the time it does not matter whether the table has it.
  public var unseenMass: Double {
    noted == 0 ? 1 : Double(estimate(once)) / Double(noted)
  }

  /// How many there are of what the table has `count` of; never more than there were schedules.
  private func estimate(_ count: Int) -> UInt64 {
    let (product, overflow) = UInt64(count).multipliedReportingOverflow(by: 1 << level)
    return overflow ? noted : min(product, noted)
  }

  /// Notes the trace hash of a schedule.
  public mutating func note(_ traceHash: UInt64) {
    noted += 1
    let mixed = SplitMix64.split(traceHash, 0x1A7E)
    if mixed & ((1 << level) - 1) != 0 { return }
    add(mixed, 1)
    if held > Self.heldMax { halve() }
  }

  private mutating func add(_ hash: UInt64, _ count: UInt32) {
    // The high half: the low bits are alike in all that are kept.
    var slot = Int(hash >> 32) & (Self.slotCount - 1)
    while counts[slot] != 0 && hashes[slot] != hash { slot = (slot + 1) & (Self.slotCount - 1) }
    if counts[slot] == 0 {
      held += 1
      hashes[slot] = hash
      if count == 1 { once += 1 }
    } else if counts[slot] == 1 {
      once -= 1
    }
    let (sum, overflow) = counts[slot].addingReportingOverflow(count)
    counts[slot] = overflow ? .max : sum
  }

  /// Keeps half of the hashes, or less while that is still too many.
  private mutating func halve() {
    let old = zip(hashes, counts).filter { $0.1 != 0 }
    repeat {
      level += 1
      hashes = [UInt64](repeating: 0, count: Self.slotCount)
      counts = [UInt32](repeating: 0, count: Self.slotCount)
      (held, once) = (0, 0)
      for (hash, count) in old where hash & ((1 << level) - 1) == 0 {
        add(hash, count)
      }
    } while held > Self.heldMax && level < 63
  }
}

extension InterleavingSample: Equatable {
  /// True if both saw the same: where in its table a hash lies depends on their order.
  public static func == (left: InterleavingSample, right: InterleavingSample) -> Bool {
    left.level == right.level && left.noted == right.noted && left.once == right.once
      && left.contents.elementsEqual(right.contents, by: ==)
  }

  private var contents: [(UInt64, UInt32)] {
    zip(hashes, counts).filter { $0.1 != 0 }.sorted { $0.0 < $1.0 }
  }
}
