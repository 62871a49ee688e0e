// Understands one line of ftrace text.
//
//   TASK-PID  [CPU]  flags  seconds.fraction: event: key=value key=value ...
//
// The task's name may hold blanks, dashes and brackets, so the line is entered at the first
// "[digits]" that a timestamp and an event follow. The flags may be missing; kernels print
// four or more of them. Keys may come in any order, unknown ones are passed over.

/// What a line turned out to be.
enum FtraceLine {
  case event(TraceEvent)
  case otherEvent
  case loss(TraceLoss)
  /// A comment or an empty line.
  case comment
  case damaged(TraceLineDamage)

  static func parse(_ line: TraceBytes, line number: UInt32) -> FtraceLine {
    let start = line.skippingSpaces(from: 0)
    guard start < line.count, line[start] != UInt8(ascii: "#") else { return .comment }
    if line.starts(with: "CPU:"), line.endOfWord(from: 4) < line.count {
      if let loss = parseLoss(line, line: number) { return loss }
    }
    var event = TraceEvent(kind: .alloc)
    event.line = number
    switch parsePrefix(line, into: &event) {
    case .failure(let damage): return .damaged(damage.reason)
    case .success(let position):
      let end = line.endOfWord(from: position, or: UInt8(ascii: ":"))
      guard let kind = kind(named: line.part(position..<end)) else { return .otherEvent }
      event.kind = kind
      return parseFields(line.part(end + 1..<max(line.count, end + 1)), into: event)
    }
  }

  private static func kind(named name: TraceBytes) -> TraceEventKind? {
    if name.isEqual(to: "mm_page_alloc") { return .alloc }
    if name.isEqual(to: "mm_page_free") { return .free }
    if name.isEqual(to: "mm_page_free_batched") { return .freeBatched }
    if name.isEqual(to: "mm_page_alloc_zone_locked") { return .zoneLocked }
    if name.isEqual(to: "mm_page_pcpu_drain") { return .pcpuDrain }
    if name.isEqual(to: "mm_page_alloc_extfrag") { return .extfrag }
    return nil
  }

  /// "CPU:1 [LOST 123 EVENTS]" or "CPU:1 [LOST EVENTS]"; nil when it is neither.
  private static func parseLoss(
    _ line: TraceBytes, line number: UInt32
  ) -> FtraceLine? {
    let cpuEnd = line.endOfWord(from: 4)
    var position = line.skippingSpaces(from: cpuEnd)
    guard line.part(position..<line.count).starts(with: "[LOST ") else { return nil }
    guard let cpu = line.part(4..<cpuEnd).number(below: UInt64(TraceEvent.cpuMax) + 1) else {
      return .damaged(.badLoss)
    }
    position += 6
    let count = line.part(position..<line.endOfWord(from: position)).number(below: .max)
    return .loss(TraceLoss(line: number, cpu: UInt8(cpu), eventCount: count))
  }
}

/// A reason as an error, for `Result`.
private struct Damage: Error {
  let reason: TraceLineDamage
}

extension FtraceLine {
  /// Reads CPU, flags and timestamp; gives the position of the event's name.
  private static func parsePrefix(
    _ line: TraceBytes, into event: inout TraceEvent
  ) -> Result<Int, Damage> {
    var reason = TraceLineDamage.noPrefix
    var bracket = 0
    while bracket < line.count {
      guard line[bracket] == UInt8(ascii: "[") else {
        bracket += 1
        continue
      }
      let close = endOfDigits(line, from: bracket + 1)
      if close < line.count, line[close] == UInt8(ascii: "]"),
        let cpu = line.part(bracket + 1..<close).number(below: 1 << 32),
        let position = parseFlagsAndTime(line, from: close + 1, into: &event)
      {
        if cpu <= TraceEvent.cpuMax {
          event.cpu = UInt8(cpu)
          return .success(position)
        }
        reason = .cpuTooLarge
      }
      bracket += 1
    }
    return .failure(Damage(reason: reason))
  }

  private static func endOfDigits(_ line: TraceBytes, from start: Int) -> Int {
    var index = start
    while index < line.count, line[index] >= 0x30, line[index] <= 0x39 { index += 1 }
    return index
  }

  private static func parseFlagsAndTime(
    _ line: TraceBytes, from start: Int, into event: inout TraceEvent
  ) -> Int? {
    var position = line.skippingSpaces(from: start)
    guard position > start else { return nil }
    var end = line.endOfWord(from: position)
    var context = TraceContext.task
    if end < line.count, line[end - 1] != UInt8(ascii: ":") {
      context = self.context(ofFlags: line.part(position..<end))
      position = line.skippingSpaces(from: end)
      end = line.endOfWord(from: position)
    }
    guard end - position > 1, end < line.count, line[end - 1] == UInt8(ascii: ":"),
      let time = microseconds(line.part(position..<end - 1))
    else { return nil }
    let name = line.skippingSpaces(from: end)
    guard isName(line, at: name) else { return nil }
    event.timestamp = time
    event.context = context
    return name
  }

  /// Whether letters, digits and underscores follow, then a colon.
  private static func isName(_ line: TraceBytes, at start: Int) -> Bool {
    var index = start
    while index < line.count {
      switch line[index] {
      case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: index += 1
      default: return index > start && line[index] == UInt8(ascii: ":")
      }
    }
    return false
  }

  /// The letters are the kernel's; none of them means something else in another column.
  private static func context(ofFlags flags: TraceBytes) -> TraceContext {
    for index in 0..<flags.count {
      switch flags[index] {
      case UInt8(ascii: "s"): return .softirq
      case UInt8(ascii: "h"), UInt8(ascii: "H"): return .hardirq
      case UInt8(ascii: "z"), UInt8(ascii: "Z"): return .nmi
      default: continue
      }
    }
    return .task
  }

  /// "5199.302012"; the fraction may have any number of digits, those past six are dropped.
  private static func microseconds(_ text: TraceBytes) -> UInt64? {
    let dot = text.endOfWord(from: 0, or: UInt8(ascii: "."))
    guard dot > 0, dot + 1 < text.count, let seconds = text.part(0..<dot).number(below: 1 << 40)
    else { return nil }
    var fraction: UInt64 = 0
    for index in 0..<max(6, text.count - dot - 1) {
      let at = dot + 1 + index
      let digit = at < text.count ? text[at] : UInt8(ascii: "0")
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      if index < 6 { fraction = fraction * 10 + UInt64(digit - UInt8(ascii: "0")) }
    }
    return seconds * 1_000_000 + fraction
  }
}
