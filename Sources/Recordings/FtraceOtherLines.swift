// Lines of a recording that hold no event, and are none the worse for it.

extension FtraceLine {
  /// True for a line of a stack, of a call chain, or of trace-cmd's header.
  ///
  /// - Parameter start: the first byte that is no blank.
  static func isWithoutEvent(_ line: TraceBytes, from start: Int) -> Bool {
    let text = line.part(start..<line.count)
    if text.starts(with: "=>") { return true }
    if start == 0 { return isHeader(text) }
    return isCallChain(text)
  }

  private static func isHeader(_ text: TraceBytes) -> Bool {
    if text.starts(with: "version = ") || text.starts(with: "cpus=") { return true }
    if text.starts(with: "CPU ") {
      let end = text.endOfWord(from: 4)
      return text.part(4..<end).number(below: 1 << 32) != nil
        && text.part(text.skippingSpaces(from: end)..<text.count).starts(with: "is empty")
    }
    return false
  }

  /// `ffffffffbe23e32e __alloc_pages+0x22e ([kernel.kallsyms])`: an address without `0x`, a symbol,
  /// and the file that it lies in.
  private static func isCallChain(_ text: TraceBytes) -> Bool {
    guard text.last == UInt8(ascii: ")") else { return false }
    let end = text.endOfWord(from: 0)
    guard end < text.count else { return false }
    for index in 0..<end {
      switch text[index] {
      case 0x30...0x39, 0x61...0x66: continue
      default: return false
      }
    }
    return true
  }
}

extension FtraceLine {
  /// A line of the function_graph tracer, which prints events as comments; nil for another line.
  ///
  /// Without its option funcgraph-abstime the line has no time: the event gets
  /// `TraceEvent.noTimestamp`.
  static func parseGraph(
    _ line: TraceBytes, from start: Int, into base: TraceEvent
  ) -> FtraceLine? {
    if line[start] == UInt8(ascii: "-"), isRuler(line.part(start..<line.count)) { return .comment }
    var event = base
    event.timestamp = TraceEvent.noTimestamp
    var position = start
    let word = line.endOfWord(from: start)
    let bar = line.skippingSpaces(from: word)
    if bar < line.count, line[bar] == UInt8(ascii: "|"),
      let time = microseconds(line.part(start..<word))
    {
      event.timestamp = time
      position = line.skippingSpaces(from: bar + 1)
    }
    let close = endOfDigits(line, from: position)
    guard close > position, close < line.count, line[close] == UInt8(ascii: ")"),
      let cpu = line.part(position..<close).number(below: 1 << 32)
    else { return nil }
    guard let comment = commentStart(line, from: close) else { return .comment }
    guard cpu <= TraceEvent.cpuMax else { return .damaged(.cpuTooLarge) }
    event.cpu = UInt8(cpu)
    return parseEvent(line.part(comment..<line.count), into: event)
  }

  private static func isRuler(_ text: TraceBytes) -> Bool {
    var index = 0
    while index < text.count, text[index] == UInt8(ascii: "-") { index += 1 }
    return index > 3 && text.skippingSpaces(from: index) == text.count
  }

  /// The first word behind `/*`.
  private static func commentStart(_ line: TraceBytes, from start: Int) -> Int? {
    var index = start
    while index + 1 < line.count {
      if line[index] == UInt8(ascii: "/"), line[index + 1] == UInt8(ascii: "*") {
        return line.skippingSpaces(from: index + 2)
      }
      index += 1
    }
    return nil
  }
}
