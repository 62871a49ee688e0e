// Understands one line of a recording's text.
//
//   TASK-PID  [CPU]  flags  seconds.fraction: event: key=value ...     ftrace, trace-cmd report
//   TASK-PID  CPUflags  MICROSECONDSus : event: key=value ...          ftrace, latency-format
//   COMM  TID  [CPU]  seconds.fraction:  kmem:event: key=value ...     perf script
//   CPU)  DURATION  |  /* event: key=value ... */                      ftrace, function_graph
//
// Keys may come in any order, unknown ones are passed over, and so are lines that are known to hold
// no event: headers, stacks, functions.

/// What a line turned out to be.
enum FtraceLine {
  case event(TraceEvent)
  case otherEvent
  case loss(TraceLoss)
  /// A comment, an empty line, or one that holds no event.
  case comment
  case damaged(TraceLineDamage)

  static func parse(_ line: TraceBytes, line number: UInt32) -> FtraceLine {
    let start = line.skippingSpaces(from: 0)
    guard start < line.count, line[start] != UInt8(ascii: "#") else { return .comment }
    if let loss = parseLoss(line, line: number) { return loss }
    if isWithoutEvent(line, from: start) { return .comment }
    var event = TraceEvent(kind: .alloc)
    event.line = number
    if let graph = parseGraph(line, from: start, into: event) { return graph }
    switch parsePrefix(line, into: &event) {
    case .failure(let damage): return .damaged(damage.reason)
    case .success(let position): return parseEvent(line.part(position..<line.count), into: event)
    }
  }

  /// Reads an event from its name on, which a colon follows.
  static func parseEvent(_ text: TraceBytes, into base: TraceEvent) -> FtraceLine {
    if text.starts(with: "<") { return .comment }
    if text.starts(with: "PERF_RECORD_LOST") { return parsePerfLoss(text, base) }
    var name = nameEnd(text, from: 0)
    var start = 0
    // perf prints the event's system before its name.
    if let second = name, let end = nameEnd(text, from: second + 1) {
      guard text.part(0..<second).isEqual(to: "kmem") else { return .otherEvent }
      (start, name) = (second + 1, end)
    }
    guard let end = name, let kind = kind(named: text.part(start..<end)) else { return .otherEvent }
    var event = base
    event.kind = kind
    return parseFields(text.part(end + 1..<max(text.count, end + 1)), into: event)
  }

  /// The place of the colon behind a name of letters, digits and underscores; nil if there is none.
  static func nameEnd(_ text: TraceBytes, from start: Int) -> Int? {
    var index = start
    while index < text.count {
      switch text[index] {
      case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: index += 1
      default: return index > start && text[index] == UInt8(ascii: ":") ? index : nil
      }
    }
    return nil
  }

  private static func kind(named name: TraceBytes) -> TraceEventKind? {
    if name.isEqual(to: "mm_page_alloc") { return .alloc }
    if name.isEqual(to: "mm_page_free") { return .free }
    if name.isEqual(to: "mm_page_free_batched") { return .freeBatched }
    if name.isEqual(to: "mm_page_alloc_zone_locked") { return .zoneLocked }
    if name.isEqual(to: "mm_page_pcpu_drain") { return .pcpuDrain }
    if name.isEqual(to: "mm_page_alloc_extfrag") { return .extfrag }
    // Before 3.3.
    if name.isEqual(to: "mm_page_free_direct") { return .free }
    if name.isEqual(to: "mm_pagevec_free") { return .freeBatched }
    return nil
  }
}
