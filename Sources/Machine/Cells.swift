// The accessors of the seam: every access to state that more than one CPU or context can reach.
//
// The kind of access is in the type of the cell, so guarded state cannot be reached in two ways.
// Natively each is its machine instruction and one predictable branch; simulated, each is the
// place where another CPU or an interrupt may come in between.

import Synchronization

/// State that a lock, or being the only owner, guards.
///
/// A read and a write of it without that guard is a race, a finding of the race detector.
@safe public struct Plain<Value: BitwiseCopyable>: @unchecked Sendable {
  let address: UnsafeMutablePointer<Value>

  @inline(__always) init(address: UnsafeMutablePointer<Value>) { self.address = address }

  /// The value.
  @inline(__always) public func read(_ cpu: CPU) -> Value {
    cpu.readPoint(UnsafeMutableRawPointer(address), MemoryLayout<Value>.size)
    return address.pointee
  }

  /// Sets the value.
  @inline(__always) public func write(_ cpu: CPU, _ value: Value) {
    cpu.point(.plainWrite, UnsafeMutableRawPointer(address), MemoryLayout<Value>.size)
    address.pointee = value
  }
}

extension Plain where Value: FixedWidthInteger {
  /// Adds to the value, wrapping: a read and a write.
  @inline(__always) public func add(_ cpu: CPU, _ amount: Value) {
    cpu.passing(2) { write($0, read($0) &+ amount) }
  }
}

/// State that is read or written without its lock on purpose: the kernel's READ_ONCE, WRITE_ONCE.
@safe public struct Marked: @unchecked Sendable {
  let address: UnsafeMutableRawPointer

  @inline(__always) init(address: UnsafeMutableRawPointer) { self.address = address }

  private var word: UnsafeMutablePointer<Atomic<Int>> {
    @inline(__always) get { address.assumingMemoryBound(to: Atomic<Int>.self) }
  }

  /// The value, as some CPU left it.
  @inline(__always) public func read(_ cpu: CPU) -> Int {
    cpu.point(.markedRead, address)
    return word.pointee.load(ordering: .relaxed)
  }

  /// Sets the value.
  @inline(__always) public func write(_ cpu: CPU, _ value: Int) {
    cpu.point(.markedWrite, address)
    word.pointee.store(value, ordering: .relaxed)
  }

  /// Adds to the value, wrapping: a read and a write, not one step.  For writers under a lock.
  @inline(__always) public func add(_ cpu: CPU, _ amount: Int) {
    cpu.passing(2) { write($0, read($0) &+ amount) }
  }

  /// The value without a scheduling point: for judges and reports, at rest.
  public var atRest: Int { word.pointee.load(ordering: .relaxed) }
}

/// A 32-bit word of marked access: frame words, pageblock types.
@safe public struct Marked32: @unchecked Sendable {
  let address: UnsafeMutableRawPointer

  @inline(__always) init(address: UnsafeMutableRawPointer) { self.address = address }

  private var word: UnsafeMutablePointer<Atomic<UInt32>> {
    @inline(__always) get { address.assumingMemoryBound(to: Atomic<UInt32>.self) }
  }

  /// The value, as some CPU left it.
  @inline(__always) public func read(_ cpu: CPU) -> UInt32 {
    cpu.point(.markedRead, address, 4)
    return word.pointee.load(ordering: .relaxed)
  }

  /// Sets the value.
  @inline(__always) public func write(_ cpu: CPU, _ value: UInt32) {
    cpu.point(.markedWrite, address, 4)
    word.pointee.store(value, ordering: .relaxed)
  }

  /// The value without a scheduling point: for judges and reports, at rest.
  public var atRest: UInt32 { word.pointee.load(ordering: .relaxed) }
}

/// A word changed by read-modify-write in one step.
@safe public struct AtomicCell: @unchecked Sendable {
  let address: UnsafeMutableRawPointer

  @inline(__always) init(address: UnsafeMutableRawPointer) { self.address = address }

  private var word: UnsafeMutablePointer<Atomic<Int>> {
    @inline(__always) get { address.assumingMemoryBound(to: Atomic<Int>.self) }
  }

  /// The value; a marked read.
  @inline(__always) public func read(_ cpu: CPU) -> Int {
    cpu.point(.markedRead, address)
    return word.pointee.load(ordering: .acquiring)
  }

  /// Sets the value; a marked write, with release order.
  @inline(__always) public func write(_ cpu: CPU, _ value: Int) {
    cpu.point(.markedWrite, address)
    word.pointee.store(value, ordering: .releasing)
  }

  /// Replaces the value if it is `expected`; true if it was.
  @inline(__always) public func replace(_ cpu: CPU, _ expected: Int, with value: Int) -> Bool {
    cpu.point(.atomic, address)
    return word.pointee.compareExchange(
      expected: expected, desired: value, ordering: .acquiringAndReleasing
    ).exchanged
  }

  /// Sets the value; the one before.
  @inline(__always) public func exchange(_ cpu: CPU, _ value: Int) -> Int {
    cpu.point(.atomic, address)
    return word.pointee.exchange(value, ordering: .acquiringAndReleasing)
  }

  /// Sets bits; true if one of them was clear before.
  @inline(__always) public func setBits(_ cpu: CPU, _ bits: Int) -> Bool {
    cpu.point(.atomic, address)
    return word.pointee.bitwiseOr(bits, ordering: .acquiringAndReleasing).oldValue & bits != bits
  }

  /// Clears bits.
  @inline(__always) public func clearBits(_ cpu: CPU, _ bits: Int) {
    cpu.point(.atomic, address)
    word.pointee.bitwiseAnd(~bits, ordering: .acquiringAndReleasing)
  }

  /// Adds, wrapping; the new value.
  @inline(__always) public func add(_ cpu: CPU, _ amount: Int) -> Int {
    cpu.point(.atomic, address)
    return word.pointee.wrappingAdd(amount, ordering: .acquiringAndReleasing).newValue
  }

  /// The value without a scheduling point: for judges and reports, at rest.
  public var atRest: Int { word.pointee.load(ordering: .relaxed) }

  /// The value without a scheduling point: for a look whose answer, if late, only puts work off.
  @inline(__always) public var hint: Int { word.pointee.load(ordering: .relaxed) }
}

/// A 32-bit word changed by read-modify-write in one step: a reference count.
@safe public struct AtomicCell32: @unchecked Sendable {
  let address: UnsafeMutableRawPointer

  @inline(__always) init(address: UnsafeMutableRawPointer) { self.address = address }

  private var word: UnsafeMutablePointer<Atomic<Int32>> {
    @inline(__always) get { address.assumingMemoryBound(to: Atomic<Int32>.self) }
  }

  /// The value; a marked read.
  @inline(__always) public func read(_ cpu: CPU) -> Int32 {
    cpu.point(.markedRead, address, 4)
    return word.pointee.load(ordering: .relaxed)
  }

  /// Sets the value; a marked write, with release order.
  @inline(__always) public func write(_ cpu: CPU, _ value: Int32) {
    cpu.point(.markedWrite, address, 4)
    word.pointee.store(value, ordering: .releasing)
  }

  /// Takes one away, wrapping; the new value.
  @inline(__always) public func decrement(_ cpu: CPU) -> Int32 {
    cpu.point(.atomic, address, 4)
    return word.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
  }

  /// Adds one unless the value is 0 or less; false if it was.
  @inline(__always) public func incrementUnlessZero(_ cpu: CPU) -> Bool {
    cpu.point(.atomic, address, 4)
    var seen = word.pointee.load(ordering: .relaxed)
    while seen > 0 {
      let (done, actual) = word.pointee.weakCompareExchange(
        expected: seen, desired: seen &+ 1, ordering: .acquiringAndReleasing)
      if done { return true }
      seen = actual
    }
    return false
  }

  /// The value without a scheduling point: for judges and reports, at rest.
  public var atRest: Int32 { word.pointee.load(ordering: .relaxed) }
}

/// A word of a judge or a monitor, outside the modelled machine: never a scheduling point.
@safe public struct SharedWord: @unchecked Sendable {
  let address: UnsafeMutableRawPointer

  @inline(__always) init(address: UnsafeMutableRawPointer) { self.address = address }

  private var word: UnsafeMutablePointer<Atomic<UInt64>> {
    @inline(__always) get { address.assumingMemoryBound(to: Atomic<UInt64>.self) }
  }

  /// The value.
  @inline(__always) public func load() -> UInt64 { word.pointee.load(ordering: .acquiring) }

  /// Sets the value.
  @inline(__always) public func store(_ value: UInt64) {
    word.pointee.store(value, ordering: .releasing)
  }

  /// Replaces `expected` by `desired`; the value found, which is `expected` if it was replaced.
  @inline(__always) public func exchange(expected: UInt64, desired: UInt64) -> UInt64 {
    word.pointee.compareExchange(
      expected: expected, desired: desired, ordering: .acquiringAndReleasing
    ).original
  }

  /// Adds, wrapping; the value before.
  @inline(__always) public func add(_ amount: UInt64) -> UInt64 {
    word.pointee.wrappingAdd(amount, ordering: .acquiringAndReleasing).oldValue
  }
}

/// A 32-bit word of a judge or a monitor, outside the modelled machine: never a scheduling point.
@safe public struct SharedWord32: @unchecked Sendable {
  let address: UnsafeMutableRawPointer

  @inline(__always) init(address: UnsafeMutableRawPointer) { self.address = address }

  private var word: UnsafeMutablePointer<Atomic<UInt32>> {
    @inline(__always) get { address.assumingMemoryBound(to: Atomic<UInt32>.self) }
  }

  /// The value.
  @inline(__always) public func load() -> UInt32 { word.pointee.load(ordering: .acquiring) }

  /// Replaces `expected` by `desired`; the value found, which is `expected` if it was replaced.
  @inline(__always) public func exchange(expected: UInt32, desired: UInt32) -> UInt32 {
    word.pointee.compareExchange(
      expected: expected, desired: desired, ordering: .acquiringAndReleasing
    ).original
  }
}
