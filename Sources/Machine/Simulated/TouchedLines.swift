// Puts the modelled memory back to the start of a schedule, at the cost of what it wrote.

/// The 64-byte lines of an arena that were written since its start was captured.
///
/// A value in the state of a schedule; whoever makes it releases it.
struct TouchedLines {
  private let base: UnsafeMutableRawPointer
  private var start: UnsafeMutableRawPointer?
  private var startBytes = 0
  private var isTouched: UnsafeMutablePointer<Bool>?
  private var lines: UnsafeMutablePointer<UInt32>?
  private var count = 0

  init(of arena: Arena) { base = arena.base }

  /// Frees the copy of the start.
  mutating func release() {
    start?.deallocate()
    isTouched?.deallocate()
    lines?.deallocate()
    start = nil
  }

  /// Takes the arena as it is now for the start.
  mutating func capture(_ arena: Arena) {
    release()
    startBytes = (arena.used + 63) & ~63
    let lineCount = startBytes / 64
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(startBytes, 64), alignment: 64)
    copy.copyMemory(from: base, byteCount: startBytes)
    start = copy
    let flags = UnsafeMutablePointer<Bool>.allocate(capacity: max(lineCount, 1))
    flags.initialize(repeating: false, count: lineCount)
    isTouched = flags
    lines = .allocate(capacity: max(lineCount, 1))
    count = 0
  }

  /// Notes the line of an object that is about to be written.
  @inline(__always) mutating func note(_ object: UnsafeMutableRawPointer) {
    let offset = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(object))
    // One comparison: an address below the arena is a huge unsigned offset.
    if UInt(bitPattern: offset) >= UInt(bitPattern: startBytes) { return }
    guard let isTouched, let lines else { return }
    let line = offset &>> 6
    if isTouched[line] { return }
    isTouched[line] = true
    lines[count] = UInt32(truncatingIfNeeded: line)
    count &+= 1
  }

  /// Puts every touched line back.
  mutating func restore() {
    guard let start, let isTouched, let lines else { return }
    for index in 0..<count {
      let line = Int(lines[index])
      (base + line * 64).copyMemory(from: start + line * 64, byteCount: 64)
      isTouched[line] = false
    }
    count = 0
  }
}
