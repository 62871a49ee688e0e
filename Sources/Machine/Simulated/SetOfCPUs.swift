// What sets of a machine's first 64 CPUs and of all its CPUs have in common.
//
// Code that every point passes is written once, for any such set, and the compiler makes a copy of
// it for each: that for few CPUs costs what one word costs.

/// CPUs of one machine: `FewCPUs` or `CPUSet`.
public protocol SetOfCPUs: BitwiseCopyable {
  /// No CPU of the same machine.
  var none: Self { get }
  /// True if there is none.
  var isEmpty: Bool { get }
  /// The lowest; 64 or more if there is none.
  var first: Int { get }
  /// True if the CPU is in it.
  func contains(_ cpu: Int) -> Bool
  /// Adds a CPU.
  mutating func insert(_ cpu: Int)
  /// Takes a CPU out.
  mutating func remove(_ cpu: Int)
  /// Adds all CPUs of another set.
  mutating func formUnion(_ other: Self)
  /// The CPUs that are in another set, too.
  func intersection(_ other: Self) -> Self
  /// The CPUs that are not in another set.
  func subtracting(_ other: Self) -> Self
  /// Calls `body` with each CPU, from the lowest.
  func visit(_ body: (Int) -> Void)
}

extension SetOfCPUs {
  /// The CPUs but for one.
  @inline(__always) public func without(_ cpu: Int) -> Self {
    var left = self
    left.remove(cpu)
    return left
  }
}

extension FewCPUs: SetOfCPUs {
  @inline(__always) public var none: FewCPUs { FewCPUs() }
}

extension CPUSet: SetOfCPUs {
  @inline(__always) public var none: CPUSet { CPUSet(FewCPUs(), isWide: isWide) }
}
