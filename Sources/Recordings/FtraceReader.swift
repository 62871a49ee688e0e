// Reads the text that a kernel's ftrace prints for the events of its page allocator.
//
// Rule  Whatever the bytes are, reading ends after one pass, takes bounded memory beside the
//       events themselves, and skips what it cannot read, line by line, with a count.

/// A reader that is fed a text in pieces of any size.
public struct FtraceReader {
  /// Bytes of the longest line that is read; the kernel's own are below 300.
  public static let lineLengthMax = 4096

  private var recording = TraceRecording()
  /// The begin of a line whose end has not come yet, at most `lineLengthMax` bytes.
  private var partialLine: [UInt8] = []
  private var isPartialLineTooLong = false

  /// A reader at line 1.
  public init() {}

  /// The recording in `bytes`, a whole text.
  public static func read(_ bytes: [UInt8]) -> TraceRecording {
    var reader = FtraceReader()
    reader.read(bytes)
    return reader.finish()
  }

  /// Takes the next piece of the text; it may end within a line.
  public mutating func read(_ bytes: [UInt8]) {
    TraceBytes.over(bytes) { read($0) }
  }

  /// Takes the next piece of the text; it may end within a line.
  private mutating func read(_ bytes: TraceBytes) {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      let piece = bytes.part(start..<end)
      guard end < bytes.count else {
        keep(piece)
        return
      }
      if partialLine.isEmpty && !isPartialLineTooLong {
        readLine(piece)
      } else {
        keep(piece)
        readPartialLine()
      }
      start = end + 1
    }
  }

  /// Ends the text and gives the recording; a last line without a line end counts.
  public consuming func finish() -> TraceRecording {
    if !partialLine.isEmpty || isPartialLineTooLong { readPartialLine() }
    recording.finish()
    return recording
  }

  private mutating func keep(_ piece: TraceBytes) {
    if isPartialLineTooLong || piece.count > Self.lineLengthMax - partialLine.count {
      isPartialLineTooLong = true
      partialLine.removeAll(keepingCapacity: true)
    } else {
      partialLine.append(contentsOf: piece.array)
    }
  }

  private mutating func readPartialLine() {
    if isPartialLineTooLong {
      recording.lineCount += 1
      recording.appendDamage(.tooLong, line: lineNumber)
    } else {
      let line = partialLine
      TraceBytes.over(line) { readLine($0) }
    }
    partialLine.removeAll(keepingCapacity: true)
    isPartialLineTooLong = false
  }

  private var lineNumber: UInt32 { UInt32(clamping: recording.lineCount) }

  private mutating func readLine(_ bytes: TraceBytes) {
    recording.lineCount += 1
    guard bytes.count <= Self.lineLengthMax else {
      recording.appendDamage(.tooLong, line: lineNumber)
      return
    }
    let length = bytes.last == 0x0D ? bytes.count - 1 : bytes.count
    switch FtraceLine.parse(bytes.part(0..<length), line: lineNumber) {
    case .event(let event): recording.append(event)
    case .otherEvent: recording.otherEventCount += 1
    case .loss(let loss): recording.append(loss)
    case .comment: break
    case .damaged(let reason): recording.appendDamage(reason, line: lineNumber)
    }
  }
}
