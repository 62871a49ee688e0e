// A spinning lock of a named class.
//
// One word: 0 when free, else who holds it.  Natively a waiter backs off, then gives up its time
// slice, so that a preempted holder is never starved; simulated, a waiter is blocked and the
// scheduler knows it.  With statistics off, taking it is one exchange and releasing it one store.

import CMachine
import Synchronization

/// The word does not come first: ThreadSanitizer takes a change of any field for one of the first
/// byte.
struct SpinLockRecord: ~Copyable {
  /// When the holder took it, in ticks; only with timing.
  var since: UInt64 = 0
  /// 0, or the holder's CPU number + 1 in the low half and its context in the high half.
  let word = Atomic<UInt32>(0)
  let lockClass: UInt16
  /// Where the holder took it; written by the holder.
  var site: UInt16 = 0
  /// Which of its class it is, a number that no other has: a zone, or CPU * zones + zone ...
  let instance: UInt32
}

/// A lock in the arena of a machine.
///
/// Safe because the record is never moved or freed before its machine.
@safe public struct SpinLock: BitwiseCopyable, @unchecked Sendable {
  let record: UnsafeMutablePointer<SpinLockRecord>

  /// Waits for the lock and takes it.  Interrupts stay as they are.
  ///
  /// - Parameter subclass: 0 ... 3; not 0 where the order of locks allows a second lock of the
  ///   class, as for a parent and its child.  Lockdep takes each for a class of its own.
  @inline(__always) public func lock(_ cpu: CPU, subclass: UInt8 = 0) {
    cpu.point(.lock, record)
    if !take(cpu) { wait(cpu.takingPoints, subclass) }
    noteTaken(cpu, .taken, subclass)
  }

  /// Takes the lock if it is free; false, without waiting, if it is not.
  @inline(__always) public func tryLock(_ cpu: CPU) -> Bool {
    cpu.point(.tryLock, record)
    let taken = take(cpu)
    if taken { record.pointee.site = cpu.site.rawValue }
    let notes = cpu.record.pointee.lockNotes
    if notes != 0 {
      if taken && notes == LockNotes.counts {
        statistics(cpu).pointee.tryAttempts &+= 1
      } else {
        noteTried(cpu, taken)
      }
    }
    return taken
  }

  /// Releases the lock.
  @inline(__always) public func unlock(_ cpu: CPU) {
    cpu.point(.unlock, record)
    if !cpu.skipsPoints { judgeNativeRelease(cpu) }
    if cpu.record.pointee.lockNotes > LockNotes.counts { noteHold(cpu) }
    record.pointee.word.store(0, ordering: .releasing)
  }

  /// Turns interrupts off, then takes the lock.
  @inline(__always) public func lockIRQSave(_ cpu: CPU) {
    cpu.passing(2) {
      $0.disableInterrupts()
      lock($0)
    }
  }

  /// Turns interrupts off and takes the lock if it is free; else leaves both as they were.
  @inline(__always) public func tryLockIRQSave(_ cpu: CPU) -> Bool {
    cpu.disableInterrupts()
    if tryLock(cpu) { return true }
    cpu.enableInterrupts()
    return false
  }

  /// Releases the lock, then turns interrupts back to what they were before `lockIRQSave`.
  @inline(__always) public func unlockIRQRestore(_ cpu: CPU) {
    if !cpu.skipsPoints { judgeNativeRelease(cpu) }
    cpu.passing(2) {
      unlock($0)
      $0.enableInterrupts()
    }
  }

  /// True if this CPU, in this context, holds the lock.
  @inline(__always) public func isHeld(by cpu: CPU) -> Bool {
    record.pointee.word.load(ordering: .relaxed) == cpu.record.pointee.holder
  }

  /// Its class.
  public var lockClass: LockClass { LockClass(UInt8(truncatingIfNeeded: record.pointee.lockClass)) }
  /// Which of its class it is.
  public var instance: Int { Int(record.pointee.instance) }
  /// Tells it from any other lock of this process.
  public var identity: UInt { UInt(bitPattern: record) }

  /// True if somebody holds it; for judges, at rest.
  public var isTaken: Bool { record.pointee.word.load(ordering: .relaxed) != 0 }

  @inline(__always) private func take(_ cpu: CPU) -> Bool {
    record.pointee.word.compareExchange(
      expected: 0, desired: cpu.record.pointee.holder, ordering: .acquiring
    ).exchanged
  }

  /// Judges a release natively, if interrupts come at points; a schedule does at its own.
  @inline(__always) private func judgeNativeRelease(_ cpu: CPU) {
    if _slowPath(!isHeld(by: cpu)) { cpu.judgeNativeRelease(of: record) }
  }

  @inline(__always) private func noteTaken(_ cpu: CPU, _ event: LockEvent, _ subclass: UInt8) {
    record.pointee.site = cpu.site.rawValue
    let notes = cpu.record.pointee.lockNotes
    if notes != 0 {
      statistics(cpu).pointee.locked &+= UInt64(notes & LockNotes.counts)
      if notes > LockNotes.counts { noteAcquisition(cpu, event, subclass) }
    }
  }
}

extension SpinLock {
  @inline(__always)
  private func statistics(_ cpu: CPU) -> UnsafeMutablePointer<LockStatistics> {
    cpu.record.pointee.ownLocks + Int(record.pointee.lockClass)
  }

  private func noteAcquisition(_ cpu: CPU, _ event: LockEvent, _ subclass: UInt8) {
    let notes = cpu.record.pointee.lockNotes
    if notes & LockNotes.order != 0 { cpu.noteOrder(event, record, subclass) }
    if notes & LockNotes.timing != 0 { record.pointee.since = pt_ticks() }
  }

  @inline(never) private func noteTried(_ cpu: CPU, _ taken: Bool) {
    if cpu.record.pointee.lockNotes & LockNotes.counts != 0 { noteTry(cpu, taken) }
    if taken { noteAcquisition(cpu, .tried, 0) }
  }

  private func noteTry(_ cpu: CPU, _ taken: Bool) {
    statistics(cpu).pointee.tryAttempts &+= 1
    if taken { return }
    statistics(cpu).pointee.tryFailures &+= 1
    cpu.own.pointee.sites[Int(cpu.site.rawValue)].contentions &+= 1
  }

  private func noteHold(_ cpu: CPU) {
    let notes = cpu.record.pointee.lockNotes
    if notes & LockNotes.order != 0 { cpu.noteOrder(.released, record, 0) }
    if notes & LockNotes.timing == 0 { return }
    statistics(cpu).pointee.hold.note(pt_ticks() &- record.pointee.since)
  }

  /// Spins until the lock is ours, or the run is over.
  @inline(never) private func wait(_ cpu: CPU, _ subclass: UInt8) {
    if cpu.record.pointee.lockNotes & LockNotes.order != 0 {
      cpu.noteOrder(.waits, record, subclass)
    }
    let start = cpu.ticks
    // An interrupt may come here, and its handler wait too.
    let interrupted = cpu.beginWait(for: UInt(bitPattern: record), since: start)
    var pauses = 1
    repeat {
      while record.pointee.word.load(ordering: .relaxed) != 0 {
        cpu.pointWhileSpinning(record)
        backOff(cpu, &pauses)
      }
    } while !take(cpu)
    cpu.endWait(interrupted)
    if cpu.record.pointee.statistics != .off { noteContention(cpu, since: start) }
  }

  private func noteContention(_ cpu: CPU, since start: UInt64) {
    statistics(cpu).pointee.contentions &+= 1
    cpu.own.pointee.sites[Int(cpu.site.rawValue)].contentions &+= 1
    if cpu.record.pointee.statistics != .timing { return }
    let ticks = pt_ticks() &- start
    statistics(cpu).pointee.wait.note(ticks)
    cpu.own.pointee.sites[Int(cpu.site.rawValue)].waitTicks &+= ticks
  }

  private func backOff(_ cpu: CPU, _ pauses: inout Int) {
    if pauses > 64 {
      cpu.noteLongWait(record.pointee.word.load(ordering: .relaxed))
      return pt_yield()
    }
    for _ in 0..<pauses { pt_cpu_relax() }
    pauses *= 2
  }
}

extension CPU {
  /// Judges a release that comes next: a lock is released by who holds it.
  ///
  /// At points alone, so it costs nothing where no interrupt can come.
  @inline(__always) func judgeRelease(of lock: UnsafeMutableRawPointer) {
    let record = lock.assumingMemoryBound(to: SpinLockRecord.self)
    let word = record.pointee.word.load(ordering: .relaxed)
    if word == self.record.pointee.holder { return }
    bug(.unlockNotHeld, .lock, Int(bitPattern: lock), Int(word))
  }

  @inline(never) fileprivate func judgeNativeRelease(of lock: UnsafeMutableRawPointer) {
    if record.pointee.shared.pointee.deliversAtPoints { judgeRelease(of: lock) }
  }

  /// A point inside the spin of a lock: interrupts come here too, and the end of the run.
  func pointWhileSpinning(_ object: UnsafeMutableRawPointer) {
    point(.lock, object)
  }
}
