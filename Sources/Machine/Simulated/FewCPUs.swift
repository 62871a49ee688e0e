// A set of the first 64 CPUs of a machine: one word, for what is asked at every point.

/// CPUs 0 ... 63, a bit each.
public struct FewCPUs: Equatable, Sendable, BitwiseCopyable {
  /// Bit n is CPU n.
  public var bits: UInt64

  /// The CPUs whose bits are set.
  @inline(__always) public init(bits: UInt64 = 0) { self.bits = bits }

  /// How many CPUs there are in it.
  @inline(__always) public var count: Int { bits.nonzeroBitCount }
  /// True if there is none.
  @inline(__always) public var isEmpty: Bool { bits == 0 }
  /// The lowest; 64 if there is none.
  @inline(__always) public var first: Int { bits.trailingZeroBitCount }

  /// True if the CPU is in it.
  @inline(__always) public func contains(_ cpu: Int) -> Bool { bits & Self.bit(cpu) != 0 }

  /// Adds a CPU.
  @inline(__always) public mutating func insert(_ cpu: Int) { bits |= Self.bit(cpu) }

  /// Takes a CPU out.
  @inline(__always) public mutating func remove(_ cpu: Int) { bits &= ~Self.bit(cpu) }

  /// Adds all CPUs of another set.
  @inline(__always) public mutating func formUnion(_ other: FewCPUs) { bits |= other.bits }

  /// The CPUs that are in another set, too.
  @inline(__always) public func intersection(_ other: FewCPUs) -> FewCPUs {
    FewCPUs(bits: bits & other.bits)
  }

  /// The CPUs that are not in another set.
  @inline(__always) public func subtracting(_ other: FewCPUs) -> FewCPUs {
    FewCPUs(bits: bits & ~other.bits)
  }

  /// CPU number `position` of the set, from the lowest; `position` is 0 ..< count.
  @inline(__always) public func nth(_ position: Int) -> Int {
    // Selections instead of a loop for the lowest: which CPU comes next cannot be predicted.
    var left = bits
    left = position > 0 ? left & (left &- 1) : left
    left = position > 1 ? left & (left &- 1) : left
    left = position > 2 ? left & (left &- 1) : left
    if position > 3 { for _ in 3..<position { left &= left &- 1 } }
    return left.trailingZeroBitCount
  }

  /// The first CPU after `cpu`, going round; 64 if there is none.
  @inline(__always) public func next(after cpu: Int) -> Int {
    if cpu < 0 { return first }
    let above = cpu >= 63 ? 0 : bits & ~((2 &<< UInt64(truncatingIfNeeded: cpu)) &- 1)
    return above != 0 ? above.trailingZeroBitCount : first
  }

  /// Calls `body` with each CPU, from the lowest.
  @inline(__always) public func visit(_ body: (Int) -> Void) {
    var left = bits
    while left != 0 {
      body(left.trailingZeroBitCount)
      left &= left &- 1
    }
  }

  /// True if something holds of a CPU of the set.
  @inline(__always) public func contains(where holds: (Int) -> Bool) -> Bool {
    var left = bits
    while left != 0 {
      if holds(left.trailingZeroBitCount) { return true }
      left &= left &- 1
    }
    return false
  }

  @inline(__always) private static func bit(_ cpu: Int) -> UInt64 {
    1 &<< UInt64(truncatingIfNeeded: cpu)
  }
}
