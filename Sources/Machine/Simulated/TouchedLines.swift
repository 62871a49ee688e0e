// Puts the modelled memory back to the start of a schedule, at the cost of what it wrote.

/// The 64-byte lines of an arena that were written since its start was captured.
final class TouchedLines {
  private let arena: Arena
  private var start: UnsafeMutableRawPointer?
  private var startBytes = 0
  private var isTouched: UnsafeMutablePointer<Bool>?
  private var lines: UnsafeMutablePointer<UInt32>?
  private var count = 0

  init(of arena: Arena) { self.arena = arena }

  deinit { release() }

  private func release() {
    start?.deallocate()
    isTouched?.deallocate()
    lines?.deallocate()
  }

  /// Takes the arena as it is now for the start.
  func capture() {
    release()
    startBytes = (arena.used + 63) & ~63
    let lineCount = startBytes / 64
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(startBytes, 64), alignment: 64)
    copy.copyMemory(from: arena.base, byteCount: startBytes)
    start = copy
    let flags = UnsafeMutablePointer<Bool>.allocate(capacity: max(lineCount, 1))
    flags.initialize(repeating: false, count: lineCount)
    isTouched = flags
    lines = .allocate(capacity: max(lineCount, 1))
    count = 0
  }

  /// Notes the line of an object that is about to be written.
  @inline(__always) func note(_ kind: PointKind, _ object: UnsafeMutableRawPointer?) {
    switch kind {
    case .plainRead, .markedRead, .interruptDisable, .interruptEnable, .relax: return
    case .lock, .tryLock, .unlock, .atomic, .markedWrite, .plainWrite: break
    }
    guard let object, let isTouched, let lines else { return }
    let offset = UnsafeRawPointer(arena.base).distance(to: UnsafeRawPointer(object))
    let line = offset >> 6
    if offset < 0 || offset >= startBytes || isTouched[line] { return }
    isTouched[line] = true
    lines[count] = UInt32(truncatingIfNeeded: line)
    count += 1
  }

  /// Puts every touched line back.
  func restore() {
    guard let start, let isTouched, let lines else { return }
    for index in 0..<count {
      let line = Int(lines[index])
      (arena.base + line * 64).copyMemory(from: start + line * 64, byteCount: 64)
      isTouched[line] = false
    }
    count = 0
  }
}
