// A lock and the words that it guards, side by side in a machine's memory, reached by one pointer.
//
// What is looked at on every call, a zone or a CPU's lists in it, is one of these: a handle of one
// word that costs nothing to pass on.

/// A lock on a line of its own, then words: some guarded, some written once before CPUs start.
///
/// Safe because it is made with room for the words that its owner names, and never moves.
@safe public struct LockedWords: BitwiseCopyable, @unchecked Sendable {
  private let base: UnsafeMutableRawPointer

  /// The lock.
  @inline(__always) public var lock: SpinLock {
    SpinLock(record: base.assumingMemoryBound(to: SpinLockRecord.self))
  }

  @inline(__always) private func word(_ index: Int) -> UnsafeMutablePointer<Int> {
    (base + 64).assumingMemoryBound(to: Int.self) + index
  }

  /// A guarded word of plain access.
  @inline(__always) public func plain(_ index: Int) -> Plain<Int> { Plain(address: word(index)) }

  /// A guarded word of marked access.
  @inline(__always) public func marked(_ index: Int) -> Marked {
    Marked(address: UnsafeMutableRawPointer(word(index)))
  }

  /// A guarded word of atomic access.
  @inline(__always) public func atomic(_ index: Int) -> AtomicCell {
    AtomicCell(address: UnsafeMutableRawPointer(word(index)))
  }

  /// A word that `setConstant` wrote before CPUs started: not a scheduling point.
  @inline(__always) public func constant(_ index: Int) -> Int { word(index).pointee }

  /// Writes a word that stays as it is while CPUs run.
  public func setConstant(_ index: Int, _ value: Int) { word(index).pointee = value }

  /// Writes where others of these lie, which stays as it is while CPUs run.
  public func setConstant(_ index: Int, _ words: LockedWords) {
    word(index).pointee = Int(bitPattern: words.base)
  }

  /// The locked words `bytes` after those that `setConstant` wrote the place of.
  @inline(__always) public func lockedWords(_ index: Int, offset bytes: Int) -> LockedWords {
    guard let base = UnsafeMutableRawPointer(bitPattern: word(index).pointee &+ bytes) else {
      fatalError("the place was written before CPUs started")
    }
    return LockedWords(lock: base)
  }

  /// The locked words `bytes` behind these, of those made one after another.
  @inline(__always) public func advanced(bytes: Int) -> LockedWords {
    LockedWords(lock: base + bytes)
  }

  /// Bytes from one to the next of those made one after another with `count` words.
  @inline(__always) public static func stride(count: Int) -> Int { (64 &+ count &* 8 &+ 63) & ~63 }

  init(lock: UnsafeMutableRawPointer) { base = lock }
}

extension Machine {
  /// A new lock with `count` words, all 0, behind it.
  public func makeLockedWords(_ lockClass: LockClass, instance: Int, count: Int) -> LockedWords {
    LockedWords(lock: makeLockRecord(lockClass, instance: instance, extraBytes: count * 8))
  }
}
