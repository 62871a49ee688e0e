// Who is told in which order locks are taken: the seam of lockdep, on both machines.
//
// Nobody is told unless somebody asked: then the branch that counts acquisitions is taken.

import CMachine

/// What a CPU notes of locks, a bit each.
enum LockNotes {
  /// How often.
  static let counts: UInt8 = 1
  /// How long.
  static let timing: UInt8 = 2
  /// In which order: the observer is told.
  static let order: UInt8 = 4

  static func bits(_ mode: StatisticsMode) -> UInt8 {
    switch mode {
    case .off: 0
    case .counts: counts
    case .timing: counts | timing
    }
  }
}

/// What an observer of locks is told.
public enum LockEvent: UInt8, Sendable {
  /// The lock is taken by somebody else, and the CPU waits for it; `taken` follows, if ever.
  case waits
  /// The CPU took the lock, having waited for it if need be.
  case taken
  /// A trylock took the lock.
  case tried
  /// The lock is about to be released.
  case released
  /// Interrupts are about to go on.
  case interruptsOn
  /// Softirqs are about to be let in.
  case softirqsOn
}

/// An observer of locks.
///
/// Told on the CPU, in the context that did it, behind a trampoline: a handler may cut in between
/// two calls, natively even inside one.  It must neither allocate nor throw.
open class LockObserver {
  /// An observer that ignores everything.
  public init() {}

  /// Something happened on `cpu`, at its site; `lock` is nil for interrupts and softirqs.
  open func note(_ cpu: CPU, _ event: LockEvent, _ lock: SpinLock?, subclass: UInt8) {}
}

extension Machine {
  /// Tells `observer` of locks from now on; nil for nobody.  No CPU is running.
  public func setLockObserver(_ observer: LockObserver?) {
    retainedLockObserver = observer
    shared.pointee.lockObserver = observer.map { .passUnretained($0) }
    for id in 0..<cpuCount {
      let others = records[id].lockNotes & ~LockNotes.order
      records[id].lockNotes = others | (observer == nil ? 0 : LockNotes.order)
    }
  }
}

extension CPU {
  @inline(never) func noteOrder(
    _ event: LockEvent, _ lock: UnsafeMutablePointer<SpinLockRecord>?, _ subclass: UInt8
  ) {
    let packed =
      UInt64(subclass) << 32 | UInt64(event.rawValue) << 16 | UInt64(site.rawValue)
    pt_hook_call(
      { context, packed, lock in
        guard let context else { return }
        let record = context.assumingMemoryBound(to: CPURecord.self)
        guard let event = LockEvent(rawValue: UInt8(truncatingIfNeeded: packed >> 16)) else {
          return
        }
        let cpu = CPU(record: record, site: Site(UInt16(truncatingIfNeeded: packed)))
        let handle = lock.map { SpinLock(record: $0.assumingMemoryBound(to: SpinLockRecord.self)) }
        record.pointee.shared.pointee.lockObserver?._withUnsafeGuaranteedRef {
          $0.note(cpu, event, handle, subclass: UInt8(truncatingIfNeeded: packed >> 32))
        }
      }, record, packed, lock)
  }
}
