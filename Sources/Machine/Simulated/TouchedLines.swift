// Puts the modelled memory back to the start of a schedule, at the cost of what it wrote.

/// The 64-byte lines of an arena that were written since its start was captured.
///
/// A value in the state of a schedule; whoever makes it releases it.
struct TouchedLines {
  private let base: UnsafeMutableRawPointer
  private var start: UnsafeMutableRawPointer?
  private var startBytes: Int
  /// A flag a line, and one more, always set, for what is not put back.
  private var isTouched: UnsafeMutablePointer<UInt8>
  /// The lines touched, and room for one more.
  private var lines: UnsafeMutablePointer<UInt32>
  private var count = 0

  /// No line of an arena yet.
  init(of arena: Arena) {
    base = arena.base
    startBytes = 0
    (isTouched, lines) = Self.tables(lineCount: 0)
  }

  private static func tables(
    lineCount: Int
  ) -> (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) {
    let flags = UnsafeMutablePointer<UInt8>.allocate(capacity: lineCount + 1)
    flags.initialize(repeating: 0, count: lineCount)
    (flags + lineCount).initialize(to: 1)
    let lines = UnsafeMutablePointer<UInt32>.allocate(capacity: lineCount + 1)
    lines.initialize(repeating: 0, count: lineCount + 1)
    return (flags, lines)
  }

  /// Frees the copy of the start.
  func release() {
    start?.deallocate()
    isTouched.deallocate()
    lines.deallocate()
  }

  /// Takes the arena as it is now for the start.
  mutating func capture(_ arena: Arena) {
    release()
    startBytes = (arena.used + 63) & ~63
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(startBytes, 64), alignment: 64)
    copy.copyMemory(from: base, byteCount: startBytes)
    start = copy
    (isTouched, lines) = Self.tables(lineCount: startBytes / 64)
    count = 0
  }

  /// Notes that the object at an offset in the arena is about to be written; nothing for an offset
  /// that is not put back, below 0 too.
  ///
  /// Without a branch: whether it is the first time cannot be predicted.
  @inline(__always) mutating func note(offset: Int) {
    // One comparison: an address below the arena is a huge unsigned offset.
    let line = Int(bitPattern: min(UInt(bitPattern: offset), UInt(bitPattern: startBytes)) &>> 6)
    lines[count] = UInt32(truncatingIfNeeded: line)
    count &+= 1 &- Int(isTouched[line])
    isTouched[line] = 1
  }

  /// Puts every touched line back.
  mutating func restore() {
    guard let start else { return }
    for index in 0..<count {
      let line = Int(lines[index])
      (base + line * 64).copyMemory(from: start + line * 64, byteCount: 64)
      isTouched[line] = 0
    }
    count = 0
  }
}
