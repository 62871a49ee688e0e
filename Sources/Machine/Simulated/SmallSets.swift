// Members of sets of few CPUs from a table: what a random choice asks at every point, and no single
// instruction of every processor says.

/// A table of all sets of the CPUs 0 ... 7; what is in others is looked for.
///
/// Whoever makes it releases it.
struct SmallSets {
  /// Eight places for each set, with its members from the lowest.
  private let table: UnsafeMutablePointer<UInt8>

  init() {
    table = .allocate(capacity: 256 * 8)
    table.initialize(repeating: 0, count: 256 * 8)
    for bits in 0..<256 {
      let set = FewCPUs(bits: UInt64(bits))
      for position in 0..<set.count { table[bits * 8 + position] = UInt8(set.nth(position)) }
    }
  }

  func release() { table.deallocate() }

  /// CPU number `position` of a set, from the lowest; `position` is 0 ..< count.
  @inline(__always) func member(_ set: FewCPUs, _ position: Int) -> Int {
    if set.bits > 255 { return set.nth(position) }
    return Int(table[Int(truncatingIfNeeded: set.bits) &<< 3 &+ position])
  }
}
