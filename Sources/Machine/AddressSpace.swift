// Whether there is room for what is about to be built.
//
// What sizes a run has is asked here, before anything of it starts.

import Glibc

/// The system has no address space of a size left.
public struct NoAddressSpace: Error, Equatable, Sendable, CustomStringConvertible {
  /// Bytes that were wanted.
  public let byteCount: Int

  /// One line for the user.
  public var description: String {
    "not enough memory: \(byteCount) bytes of address space are wanted, more than the system gives"
  }
}

/// The address space of the process.
public enum AddressSpace {
  /// Bytes for what the sizes of arenas do not say: the heap.
  private static var heapByteCount: Int { 48 << 20 }
  /// Bytes of a thread: its stack, and the heap that the C library sets aside for it.
  public static var threadByteCount: Int { (8 << 20) + (64 << 20) }

  /// Checks that `byteCount` bytes can be had, and some more for the heap.  Takes nothing.
  ///
  /// - Parameter limit: bytes that may be taken even if the system gives more.
  /// - Throws: ``NoAddressSpace`` with the bytes asked for.
  public static func expect(
    _ byteCount: Int, within limit: Int = .max
  ) throws(NoAddressSpace) {
    let size = (byteCount + heapByteCount + 4095) & ~4095
    if size > limit { throw NoAddressSpace(byteCount: size) }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let address = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let address, address != MAP_FAILED else { throw NoAddressSpace(byteCount: size) }
    munmap(address, size)
  }
}
