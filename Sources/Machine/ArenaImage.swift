// What an arena held at some moment, to be put back: private memory of a program whose schedules
// start from one state.

/// The content of an arena, as it was when the image was taken.
public final class ArenaImage {
  private let arena: Arena
  private let bytes: UnsafeMutableRawPointer
  private let count: Int

  /// Takes all that is given out of `arena`; nobody writes to it meanwhile.
  public init(of arena: Arena) {
    self.arena = arena
    count = arena.used
    bytes = .allocate(byteCount: max(count, 64), alignment: 64)
    bytes.copyMemory(from: arena.base, byteCount: count)
  }

  deinit { bytes.deallocate() }

  /// Puts it back, at the cost of its size; nobody uses the arena meanwhile.
  public func restore() { arena.base.copyMemory(from: bytes, byteCount: count) }

  /// Bytes that it holds.
  public var byteCount: Int { count }
}
