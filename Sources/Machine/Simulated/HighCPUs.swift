// The CPUs of a set from 64 up, of machines with many: out of the way of all others.

/// CPUs 64 ... 255, a bit each.
struct HighCPUs: Equatable, Sendable, BitwiseCopyable {
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  private var third: UInt64 = 0

  /// None.
  @inline(__always) init() {}

  private init(_ first: UInt64, _ second: UInt64, _ third: UInt64) {
    self.first = first
    self.second = second
    self.third = third
  }

  /// The bits of the CPUs from `start`, which is 64, 128 or 192, as 0 ... 63.
  @inline(__always) func word(_ start: Int) -> UInt64 {
    start == 64 ? first : start == 128 ? second : third
  }

  /// A CPU alone; none if it is not 64 ... 255.
  private static func only(_ cpu: Int) -> HighCPUs {
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: cpu)
    return HighCPUs(
      cpu >> 6 == 1 ? bit : 0, cpu >> 6 == 2 ? bit : 0, cpu >> 6 == 3 ? bit : 0)
  }

  @inline(__always) var isEmpty: Bool { first | second | third == 0 }

  @inline(never) var count: Int {
    first.nonzeroBitCount + second.nonzeroBitCount + third.nonzeroBitCount
  }

  @inline(never) func contains(_ cpu: Int) -> Bool { !intersection(Self.only(cpu)).isEmpty }

  @inline(never) func inserting(_ cpu: Int) -> HighCPUs { union(Self.only(cpu)) }

  @inline(never) func removing(_ cpu: Int) -> HighCPUs { subtracting(Self.only(cpu)) }

  /// CPU number `position` of these, from the lowest; 256 if there are not so many.
  @inline(never) func nth(_ position: Int) -> Int {
    var before = position
    var start = 64
    while start < 256 {
      var left = word(start)
      if before < left.nonzeroBitCount {
        for _ in 0..<before { left &= left &- 1 }
        return start + left.trailingZeroBitCount
      }
      before -= left.nonzeroBitCount
      start += 64
    }
    return start
  }

  @inline(never) func contains(where holds: (Int) -> Bool) -> Bool {
    var start = 64
    while start < 256 {
      if FewCPUs(bits: word(start)).contains(where: { holds(start + $0) }) { return true }
      start += 64
    }
    return false
  }

  @inline(never) func union(_ other: HighCPUs) -> HighCPUs {
    HighCPUs(first | other.first, second | other.second, third | other.third)
  }

  @inline(never) func intersection(_ other: HighCPUs) -> HighCPUs {
    HighCPUs(first & other.first, second & other.second, third & other.third)
  }

  @inline(never) func subtracting(_ other: HighCPUs) -> HighCPUs {
    HighCPUs(first & ~other.first, second & ~other.second, third & ~other.third)
  }
}
