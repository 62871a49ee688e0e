// Who waits for which lock, and who has it: what the judges of progress reason from.

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

  /// A wait.
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
  public func lockWaits() -> [LockWait] {
    (0..<cpuCount).compactMap { id in
      let record = records + id
      let address = record.pointee.waitingFor.load(ordering: .relaxed)
      let site = UInt16(truncatingIfNeeded: record.pointee.waitingSite.load(ordering: .relaxed))
      guard let lock = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
      return lockWait(cpu: id, Site(site), lock)
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
