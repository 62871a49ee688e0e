// What a judge of a schedule says about a word of the machine's memory: its name, its value.

import Synchronization

extension Machine {
  /// What lies `offset` bytes into the machine's memory: the name that it was given (`name`); else
  /// of the words behind a lock their place, of any other the offset.
  public func wordName(_ offset: Int) -> String {
    if let name = givenName(at: offset) { return name }
    for lock in locks {
      guard let start = arena.offset(of: lock) else { continue }
      let distance = offset - start
      if distance < 0 || distance >= wordsBehindLockMax * 8 + 64 { continue }
      let name = lockName(UInt(bitPattern: lock)) ?? "a lock"
      if distance < 64 { return name }
      if isBehind(lock, start + distance) { return "word \((distance - 64) / 8) of \(name)" }
    }
    return "the word at 0x" + String(offset, radix: 16)
  }

  /// Words that a name looks for behind a lock.
  private var wordsBehindLockMax: Int { 64 }

  /// True if no other lock lies between.
  private func isBehind(_ lock: UnsafeMutablePointer<SpinLockRecord>, _ offset: Int) -> Bool {
    !locks.contains { other in
      guard other > lock, let start = arena.offset(of: other) else { return false }
      return start <= offset
    }
  }

  /// The value of `bytes` bytes, 1 ... 8, at `offset` in the machine's memory, from the lowest.
  ///
  /// Of a simulated schedule, whose thread is the only one.
  @inline(__always) public func value(at offset: Int, bytes: Int) -> UInt64 {
    if offset < 0 || offset + 8 > arena.byteCount { return 0 }
    let address = arena.base + offset
    switch bytes {
    case 1: return UInt64(address.load(as: UInt8.self))
    case 2, 3: return UInt64(address.loadUnaligned(as: UInt16.self))
    case 4, 5, 6, 7: return UInt64(address.loadUnaligned(as: UInt32.self))
    default: return address.loadUnaligned(as: UInt64.self)
    }
  }
}
