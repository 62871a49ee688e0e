// Task, CPU, flags and time: what stands before an event.
//
// The task's name may hold blanks, dashes and brackets, so the line is entered at the first
// "[digits]" that a time and an event follow; in latency-format, at the first "CPUflags" that does.
// The flags may be missing; kernels print four or more of them.

/// A reason as an error, for `Result`.
struct FtraceDamage: Error {
  let reason: TraceLineDamage
}

extension FtraceLine {
  /// Reads CPU, flags and time; gives the position of the event's name.
  static func parsePrefix(
    _ line: TraceBytes, into event: inout TraceEvent
  ) -> Result<Int, FtraceDamage> {
    var reason = TraceLineDamage.noPrefix
    for bracket in 0..<line.count where line[bracket] == UInt8(ascii: "[") {
      let close = endOfDigits(line, from: bracket + 1)
      guard close < line.count, line[close] == UInt8(ascii: "]"),
        let cpu = line.part(bracket + 1..<close).number(below: 1 << 32),
        let position = parseFlagsAndTime(line, from: close + 1, into: &event)
      else { continue }
      if cpu <= TraceEvent.cpuMax {
        event.cpu = UInt8(cpu)
        return .success(position)
      }
      reason = .cpuTooLarge
    }
    if let position = parseLatency(line, into: &event, &reason) { return .success(position) }
    return .failure(FtraceDamage(reason: reason))
  }

  static func endOfDigits(_ line: TraceBytes, from start: Int) -> Int {
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
      let time = time(line.part(position..<end - 1), of: &event),
      let name = eventStart(line, from: end)
    else { return nil }
    event.timestamp = time
    event.context = context
    return name
  }

  /// `0d..1.    12us+: event`: CPU with flags, then microseconds since the begin of the recording,
  /// then a blank or a mark for a long wait.
  private static func parseLatency(
    _ line: TraceBytes, into event: inout TraceEvent, _ reason: inout TraceLineDamage
  ) -> Int? {
    var start = line.skippingSpaces(from: 0)
    while start < line.count {
      let end = line.endOfWord(from: start)
      let next = line.skippingSpaces(from: end)
      let flags = endOfDigits(line, from: start)
      if flags > start, flags < end, let (time, name) = latencyTime(line, from: next) {
        guard let cpu = line.part(start..<flags).number(below: UInt64(TraceEvent.cpuMax) + 1) else {
          reason = .cpuTooLarge
          return nil
        }
        event.cpu = UInt8(cpu)
        event.context = context(ofFlags: line.part(flags..<end))
        event.timestamp = time
        return name
      }
      start = next
    }
    return nil
  }

  /// The time at `start`, and where the event's name begins behind it.
  private static func latencyTime(
    _ line: TraceBytes, from start: Int
  ) -> (time: UInt64, name: Int)? {
    let digits = endOfDigits(line, from: start)
    guard digits > start, line.part(digits..<line.count).starts(with: "us"),
      digits + 3 < line.count, line[digits + 3] == UInt8(ascii: ":"),
      let time = line.part(start..<digits).number(below: TraceEvent.noTimestamp),
      let name = eventStart(line, from: digits + 4)
    else { return nil }
    return (time, name)
  }

  /// Where an event begins at or after `start`; nil if none does.  perf may print the sample's
  /// period before it.
  private static func eventStart(_ line: TraceBytes, from start: Int) -> Int? {
    var name = line.skippingSpaces(from: start)
    let period = endOfDigits(line, from: name)
    if period > name, period < line.count, line[period] == 0x20 {
      name = line.skippingSpaces(from: period)
    }
    let rest = line.part(name..<line.count)
    let isOther =
      rest.starts(with: "<stack trace") || rest.starts(with: "<user stack trace")
      || rest.starts(with: "PERF_RECORD_LOST")
    return isOther || nameEnd(line, from: name) != nil ? name : nil
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

  /// Microseconds; a whole number counts ticks of a clock like x86-tsc, each taken as a nanosecond.
  private static func time(_ text: TraceBytes, of event: inout TraceEvent) -> UInt64? {
    event.hasTicks = endOfDigits(text, from: 0) == text.count
    return event.hasTicks ? text.number(below: .max).map { $0 / 1000 } : microseconds(text)
  }

  /// "5199.302012"; the fraction may have any number of digits, those past six are dropped.
  static func microseconds(_ text: TraceBytes) -> UInt64? {
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
