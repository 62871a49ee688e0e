// The memory that virtual CPUs work on: one arena a machine, cut into tables that never move.
//
// One arena, because the simulated machine names an object by its offset, which is the same in
// every process, and puts back what a schedule wrote.  Pages that nobody touches cost nothing.

import CMachine
import Glibc

/// A block of memory from the kernel, given out from low to high and never taken back.
public final class Arena {
  let base: UnsafeMutableRawPointer
  /// Size in bytes.
  public let byteCount: Int
  /// Bytes given out so far.
  public private(set) var used = 0

  /// Reserves `byteCount` bytes, rounded up to pages; all zero.
  ///
  /// If the system has them no longer, the process ends with one line on standard error and
  /// status 2: `AddressSpace.expect` asks before anything starts.
  public init(byteCount: Int) {
    precondition(byteCount > 0, "an arena has a size")
    self.byteCount = (byteCount + 4095) & ~4095
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let address = mmap(nil, self.byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let address, address != MAP_FAILED else {
      HostShortage.end(NoAddressSpace(byteCount: self.byteCount))
    }
    base = address
  }

  deinit { munmap(base, byteCount) }

  /// Bytes that a table of `count` elements takes in an arena: whole lines, one at least.
  public static func byteCount<Element: BitwiseCopyable>(
    of type: Element.Type, count: Int
  ) -> Int {
    (max(count * MemoryLayout<Element>.stride, 64) + 63) & ~63
  }

  /// Bytes that `count` locks take in their machine's arena.
  public static func byteCount(ofLocks count: Int) -> Int { count * 64 }

  /// A table of `count` elements, all bits zero, that starts on a 64-byte line of its own.
  public func table<Element: BitwiseCopyable>(of type: Element.Type, count: Int) -> Table<Element> {
    let pointer = reserve(bytes: max(count, 0) * MemoryLayout<Element>.stride)
    return Table(base: pointer.bindMemory(to: type, capacity: max(count, 1)), count: max(count, 0))
  }

  /// A value on a line of its own, at an address that does not change.
  ///
  /// Not a table: for the one record that a layer finds its state through.
  public func place<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
    let pointer = reserve(bytes: MemoryLayout<Value>.stride)
      .bindMemory(to: Value.self, capacity: 1)
    pointer.initialize(to: value)
    return pointer
  }

  func reserve(bytes: Int) -> UnsafeMutableRawPointer {
    let start = (used + 63) & ~63
    precondition(start + bytes <= byteCount, "the arena was sized for what is put in it")
    used = start + max(bytes, 64)
    return base + start
  }

  /// The offset of an object of this arena in bytes; nil for any other address.
  func offset(of address: UnsafeRawPointer) -> Int? {
    let distance = UnsafeRawPointer(base).distance(to: address)
    return distance >= 0 && distance < byteCount ? distance : nil
  }
}

/// Elements in a row in memory that stays where it is until its arena goes.
///
/// Safe because an index is checked in debug builds, and whoever takes an index out of guarded
/// memory checks it first (`FrameTable.link`).  A table must not outlive its arena.
@safe public struct Table<Element: BitwiseCopyable>: BitwiseCopyable, @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  /// How many elements there are.
  public let count: Int

  /// An element that only one context uses: not a scheduling point.
  public subscript(index: Int) -> Element {
    @inline(__always) get {
      assert(index >= 0 && index < count, "an index is inside its table")
      return base[index]
    }
    @inline(__always) nonmutating set {
      assert(index >= 0 && index < count, "an index is inside its table")
      base[index] = newValue
    }
  }

  /// The elements from `start`, `count` of them.
  public func slice(from start: Int, count: Int) -> Table<Element> {
    precondition(start >= 0 && count >= 0 && start + count <= self.count, "a slice is inside")
    return Table(base: base + start, count: count)
  }

  /// Sets every element.
  public func fill(with value: Element) { base.update(repeating: value, count: count) }

  /// A guarded element of plain access.
  @inline(__always) public func plain(_ index: Int) -> Plain<Element> {
    assert(index >= 0 && index < count, "an index is inside its table")
    return Plain(address: base + index)
  }
}

extension Table where Element == Int {
  /// A guarded element of marked access.
  @inline(__always) public func marked(_ index: Int) -> Marked {
    assert(index >= 0 && index < count, "an index is inside its table")
    return Marked(address: UnsafeMutableRawPointer(base + index))
  }

  /// A guarded element of atomic access.
  @inline(__always) public func atomic(_ index: Int) -> AtomicCell {
    assert(index >= 0 && index < count, "an index is inside its table")
    return AtomicCell(address: UnsafeMutableRawPointer(base + index))
  }
}

extension Table where Element == UInt32 {
  /// A guarded 32-bit element of marked access.
  @inline(__always) public func marked(_ index: Int) -> Marked32 {
    assert(index >= 0 && index < count, "an index is inside its table")
    return Marked32(address: UnsafeMutableRawPointer(base + index))
  }

  /// A guarded 32-bit element of atomic access.
  @inline(__always) public func atomic(_ index: Int) -> AtomicCell32 {
    assert(index >= 0 && index < count, "an index is inside its table")
    return AtomicCell32(address: UnsafeMutableRawPointer(base + index))
  }
}

extension Table where Element == UInt32 {
  /// An element that several threads of a judge or monitor share outside the seam: no point.
  @inline(__always) public func shared(_ index: Int) -> SharedWord32 {
    assert(index >= 0 && index < count, "an index is inside its table")
    return SharedWord32(address: UnsafeMutableRawPointer(base + index))
  }
}

extension Table where Element == UInt64 {
  /// An element that several threads of a judge or monitor share outside the seam: no point.
  @inline(__always) public func shared(_ index: Int) -> SharedWord {
    assert(index >= 0 && index < count, "an index is inside its table")
    return SharedWord(address: UnsafeMutableRawPointer(base + index))
  }
}
