// What a CPU is about to do: the kinds of scheduling point, and of what is told but not scheduled.

/// What a scheduling point is about to do.
public enum PointKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case lock, tryLock, unlock, interruptDisable, interruptEnable, atomic
  case markedRead, markedWrite, plainRead, plainWrite, relax
  case spawn, join, sleep, wait, wake
  // Not points: what observers are told.
  case interruptEnter, interruptExit, softirqEnter, softirqExit, softirqDisable, softirqEnable
  case softirqRaise, interruptSend

  /// True for what is told to observers and is no place for another CPU.
  @inline(__always) public var isNote: Bool { rawValue >= PointKind.interruptEnter.rawValue }

  /// True if the object is an address; else it is a number, if anything.
  @inline(__always) var isAboutMemory: Bool {
    rawValue < PointKind.spawn.rawValue || self == .wait || self == .wake
  }

  /// True if the object may have another value afterwards.
  @inline(__always) public var writes: Bool {
    bit & Self.writing != 0
  }

  /// Those that `isNote` names, a bit each.
  @inline(__always) static var notes: UInt32 { ~(interruptEnter.bit &- 1) }
  /// Accesses that are points only when the schedule runs at granularity `all`.
  @inline(__always) static var plain: UInt32 { plainRead.bit | plainWrite.bit }

  private static var writing: UInt32 {
    lock.bit | tryLock.bit | unlock.bit | atomic.bit | markedWrite.bit | plainWrite.bit
  }

  /// A bit of its own.
  @inline(__always) var bit: UInt32 { 1 &<< UInt32(rawValue) }

  /// True if the object is memory of the machine that is read or written.
  @inline(__always) public var isAccess: Bool {
    switch self {
    case .lock, .tryLock, .unlock, .atomic, .markedRead, .markedWrite, .plainRead, .plainWrite:
      true
    default: false
    }
  }
}
