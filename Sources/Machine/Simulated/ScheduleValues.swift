// What a word holds that an operation is about to read or write: for traces of one schedule.

import Synchronization

extension ScheduleView {
  /// The value now of what an operation reads or writes; of a lock its holder's CPU + 1, or 0.
  ///
  /// Nil if the operation is no access, or its object does not lie in the machine's memory.
  public func value(of operation: CPUOperation) -> UInt64? {
    let bytes = Int(operation.bytes)
    if !operation.kind.isAccess || operation.object == 0 { return nil }
    if operation.object > UInt64(state.pointee.arenaByteCount - 8) { return nil }
    let address = state.pointee.arenaBase + Int(operation.object - 1)
    switch operation.kind {
    case .lock, .tryLock, .unlock:
      let word = address.assumingMemoryBound(to: SpinLockRecord.self).pointee.word
        .load(ordering: .relaxed)
      return UInt64(word & 0xffff)
    default: return Self.load(address, bytes)
    }
  }

  private static func load(_ address: UnsafeMutableRawPointer, _ bytes: Int) -> UInt64? {
    switch bytes {
    case 1: UInt64(address.loadUnaligned(as: UInt8.self))
    case 2: UInt64(address.loadUnaligned(as: UInt16.self))
    case 4: UInt64(address.loadUnaligned(as: UInt32.self))
    case 8: address.loadUnaligned(as: UInt64.self)
    default: nil
    }
  }
}
