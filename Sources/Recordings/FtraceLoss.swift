// Notes that a recorder had no room for events.

extension FtraceLine {
  /// `CPU:1 [LOST 123 EVENTS]` of ftrace and `CPU:1 [123 EVENTS DROPPED]` of trace-cmd, or either
  /// without a number; nil for a line of another form.
  static func parseLoss(_ line: TraceBytes, line number: UInt32) -> FtraceLine? {
    guard line.starts(with: "CPU:") else { return nil }
    let cpuEnd = line.endOfWord(from: 4)
    let open = line.skippingSpaces(from: cpuEnd)
    guard open < line.count, line[open] == UInt8(ascii: "[") else { return nil }
    let first = line.part(open + 1..<line.endOfWord(from: open))
    let second = line.skippingSpaces(from: line.endOfWord(from: open))
    var count: UInt64?
    if first.isEqual(to: "LOST") {
      count = line.part(second..<line.endOfWord(from: second)).number(below: .max)
    } else if first.isEqual(to: "EVENTS") || line.part(second..<line.count).starts(with: "EVENTS") {
      count = first.number(below: .max)
    } else {
      return nil
    }
    guard let cpu = line.part(4..<cpuEnd).number(below: UInt64(TraceEvent.cpuMax) + 1) else {
      return .damaged(.badLoss)
    }
    return .loss(TraceLoss(line: number, cpu: UInt8(cpu), eventCount: count))
  }

  /// `PERF_RECORD_LOST lost 123` of perf script, on the CPU of `base`.
  static func parsePerfLoss(_ text: TraceBytes, _ base: TraceEvent) -> FtraceLine {
    var start = text.count
    while start > 0, text[start - 1] >= 0x30, text[start - 1] <= 0x39 { start -= 1 }
    let count = text.part(start..<text.count).number(below: .max)
    return .loss(TraceLoss(line: base.line, cpu: base.cpu, eventCount: count))
  }
}
