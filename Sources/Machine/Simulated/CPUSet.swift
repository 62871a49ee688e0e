// A set of virtual CPUs of a simulated machine: all that a machine may have, at the price of 64.
//
// Most machines have few CPUs, and sets are asked at every point.  So a set knows whether it is one
// of a machine with more than 64: only then are the other words looked at.  What passes a point on
// a machine of few CPUs looks at `few` alone (`Schedule.point`).

/// A value for each CPU that a machine may have.
public typealias ByCPU<Element> = InlineArray<256, Element>

/// CPUs of one machine, a bit each.
public struct CPUSet: Equatable, Sendable, BitwiseCopyable {
  /// The CPUs below 64.
  public var few: FewCPUs
  /// True if the machine has more than these.
  public let isWide: Bool
  private var high = HighCPUs()

  /// No CPU of a machine of `cpuCount`, 1 ... `Machine.cpuCountMax`.
  @inline(__always) public init(cpuCount: Int) { self.init(FewCPUs(), isWide: cpuCount > 64) }

  @inline(__always) init(_ few: FewCPUs, isWide: Bool) {
    self.few = few
    self.isWide = isWide
  }

  /// How many CPUs there are in it.
  @inline(__always) public var count: Int { few.count &+ (_slowPath(isWide) ? high.count : 0) }

  /// True if there is none.
  @inline(__always) public var isEmpty: Bool { few.isEmpty && (_fastPath(!isWide) || high.isEmpty) }

  /// The lowest; 64 or 256 if there is none.
  @inline(__always) public var first: Int {
    _slowPath(isWide) && few.isEmpty ? high.nth(0) : few.first
  }

  /// True if the CPU is in it.
  @inline(__always) public func contains(_ cpu: Int) -> Bool {
    _slowPath(isWide) && cpu > 63 ? high.contains(cpu) : few.contains(cpu)
  }

  /// Adds a CPU.
  @inline(__always) public mutating func insert(_ cpu: Int) {
    if _slowPath(isWide) && cpu > 63 { high = high.inserting(cpu) } else { few.insert(cpu) }
  }

  /// Takes a CPU out.
  @inline(__always) public mutating func remove(_ cpu: Int) {
    if _slowPath(isWide) && cpu > 63 { high = high.removing(cpu) } else { few.remove(cpu) }
  }

  /// Calls `body` with each CPU, from the lowest.
  @inline(__always) public func visit(_ body: (Int) -> Void) {
    var left = few.bits
    var start = 0
    while true {
      while left != 0 {
        body(start &+ left.trailingZeroBitCount)
        left &= left &- 1
      }
      start &+= 64
      if _fastPath(!isWide) || start == 256 { return }
      left = high.word(start)
    }
  }

  /// True if something holds of a CPU of the set.
  @inline(__always) public func contains(where holds: (Int) -> Bool) -> Bool {
    few.contains(where: holds) || _slowPath(isWide) && high.contains(where: holds)
  }

  /// CPU number `position` of the set, from the lowest; `position` is 0 ..< count.
  @inline(__always) public func nth(_ position: Int) -> Int {
    _slowPath(isWide) && position >= few.count
      ? high.nth(position &- few.count) : few.nth(position)
  }

  /// The first CPU after `cpu`, going round; 64 or 256 if there is none.
  @inline(__always) public func next(after cpu: Int) -> Int {
    _slowPath(isWide) ? nextOfMany(after: cpu) : few.next(after: cpu)
  }

  @inline(never) private func nextOfMany(after cpu: Int) -> Int {
    var start = (cpu + 1) & ~63
    var mask = UInt64.max &<< UInt64(truncatingIfNeeded: cpu + 1)
    while start < 256 {
      let left = (start == 0 ? few.bits : high.word(start)) & mask
      if left != 0 { return start + left.trailingZeroBitCount }
      start += 64
      mask = .max
    }
    return first
  }
}

extension CPUSet {
  /// Adds all CPUs of another set of the machine.
  @inline(__always) public mutating func formUnion(_ other: CPUSet) {
    few.bits |= other.few.bits
    if _slowPath(isWide) { high = high.union(other.high) }
  }

  /// The CPUs that are in another set of the machine, too.
  @inline(__always) public func intersection(_ other: CPUSet) -> CPUSet {
    var both = CPUSet(few.intersection(other.few), isWide: isWide)
    if _slowPath(isWide) { both.high = high.intersection(other.high) }
    return both
  }

  /// The CPUs that are not in another set of the machine.
  @inline(__always) public func subtracting(_ other: CPUSet) -> CPUSet {
    var left = CPUSet(few.subtracting(other.few), isWide: isWide)
    if _slowPath(isWide) { left.high = high.subtracting(other.high) }
    return left
  }

  /// True if all CPUs are in another set of the machine, too.
  @inline(__always) public func isSubset(of other: CPUSet) -> Bool {
    few.subtracting(other.few).isEmpty
      && (_fastPath(!isWide) || high.subtracting(other.high).isEmpty)
  }
}
