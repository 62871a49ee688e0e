// Who waits for which lock, and who has it: what the judges of progress reason from.

import CMachine
import Synchronization

/// One CPU that waits for one lock.
public struct LockWait: Sendable, Equatable {
  /// The CPU that waits.
  public var cpu: Int
  /// Where it waits, in the kernel's names.
  public var site: String
  /// The lock: its class and which of the class.
  public var lock: String
  /// The CPU that holds the lock; nil if it is free by now.
  public var holder: Int?
  /// The holder's context when it took the lock: task, softirq, hardirq, nmi.
  public var holderContext: String
  /// Where the holder took it.
  public var holderSite: String
  /// For how long the CPU has waited; nil if nobody looked at a clock.
  public var waitedNanoseconds: UInt64?
  /// For how long the holder has had it; nil if nobody looked at a clock.
  public var heldNanoseconds: UInt64?
  /// True if `heldNanoseconds` counts from when the lock was taken; false if from when the waiter
  /// first saw this holder, which may be later.
  public var isHeldExact = false

  /// A wait of unknown length.
  public init(
    cpu: Int, site: String, lock: String, holder: Int?, holderContext: String, holderSite: String
  ) {
    self.cpu = cpu
    self.site = site
    self.lock = lock
    self.holder = holder
    self.holderContext = holderContext
    self.holderSite = holderSite
  }
}

extension Machine {
  /// The waits of CPUs that spin now; each is true of some moment near now.
  ///
  /// - Parameter ticksPerSecond: of the machine's clock.
  public func lockWaits(ticksPerSecond: Double) -> [LockWait] {
    let now = pt_ticks()
    func nanoseconds(since ticks: UInt64) -> UInt64? {
      ticks == 0 || now < ticks ? nil : UInt64(Double(now - ticks) * 1e9 / max(ticksPerSecond, 1))
    }
    return (0..<cpuCount).compactMap { id in
      let record = records + id
      let address = record.pointee.waitingFor.load(ordering: .relaxed)
      let site = UInt16(truncatingIfNeeded: record.pointee.waitingSite.load(ordering: .relaxed))
      guard let lock = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
      var wait = lockWait(cpu: id, Site(site), lock)
      wait.waitedNanoseconds = nanoseconds(
        since: record.pointee.waitingSince.load(ordering: .relaxed))
      let held = lock.assumingMemoryBound(to: SpinLockRecord.self)
      wait.isHeldExact = record.pointee.statistics == .timing
      if wait.isHeldExact {
        wait.heldNanoseconds = nanoseconds(since: held.pointee.since)
      } else if record.pointee.seenHolder.load(ordering: .relaxed)
        == held.pointee.word.load(ordering: .relaxed)
      {
        wait.heldNanoseconds = nanoseconds(
          since: record.pointee.seenHolderSince.load(ordering: .relaxed))
      }
      return wait
    }
  }

  /// The wait of one CPU for the lock at an address.
  func lockWait(cpu: Int, _ site: Site, _ address: UnsafeMutableRawPointer) -> LockWait {
    let lock = address.assumingMemoryBound(to: SpinLockRecord.self)
    let word = lock.pointee.word.load(ordering: .relaxed)
    let context = ContextKind(rawValue: UInt8(truncatingIfNeeded: word >> 16)) ?? .task
    return LockWait(
      cpu: cpu, site: catalog.name(site), lock: lockName(UInt(bitPattern: address)) ?? "a lock",
      holder: word == 0 ? nil : Int(word & 0xffff) - 1, holderContext: "\(context)",
      holderSite: catalog.name(Site(lock.pointee.site)))
  }
}

/// What a CPU's record said of its wait before another one.
struct WaitState {
  var lock: UInt
  /// The site, and above its 16 bits the context.
  var site: UInt32
  var since: UInt64
}

extension CPU {
  /// Notes that the CPU waits for a lock from now on; what it waited for before, to be put back.
  ///
  /// - Parameter start: in ticks; 0 if no clock was read.
  func beginWait(for lock: UInt, since start: UInt64) -> WaitState {
    let before = WaitState(
      lock: record.pointee.waitingFor.load(ordering: .relaxed),
      site: record.pointee.waitingSite.load(ordering: .relaxed),
      since: record.pointee.waitingSince.load(ordering: .relaxed))
    record.pointee.seenHolder.store(0, ordering: .relaxed)
    let place = UInt32(record.pointee.context.rawValue) << 16 | UInt32(site.rawValue)
    setWait(WaitState(lock: lock, site: place, since: start))
    return before
  }

  /// Notes that the wait is over.
  func endWait(_ before: WaitState) { setWait(before) }

  private func setWait(_ state: WaitState) {
    record.pointee.waitingSite.store(state.site, ordering: .relaxed)
    record.pointee.waitingSince.store(state.since, ordering: .relaxed)
    record.pointee.waitingFor.store(state.lock, ordering: .relaxed)
  }

  /// Notes since when a long wait goes on and who holds the lock all the time.  The clock is read
  /// only when the holder is another one than at the last look.
  func noteLongWait(_ word: UInt32) {
    if word == 0 || word == record.pointee.seenHolder.load(ordering: .relaxed) { return }
    let now = pt_ticks()
    if record.pointee.waitingSince.load(ordering: .relaxed) == 0 {
      record.pointee.waitingSince.store(now, ordering: .relaxed)
    }
    record.pointee.seenHolderSince.store(now, ordering: .relaxed)
    record.pointee.seenHolder.store(word, ordering: .relaxed)
  }
}
