// What the reader of a recording gives back: the events, and what was wrong with the text.

/// Why a line of a recording was skipped.
public enum TraceLineDamage: String, Sendable {
  case tooLong = "longer than a line of a recording can be"
  case noPrefix = "no [CPU] column followed by a timestamp and an event"
  case cpuTooLarge = "CPU number above 239"
  case noPageFrame = "no readable pfn="
  case noOrder = "no readable order, 0...15"
  case noMigratetype = "no readable migratetype, 0...15"
  case noFlags = "no gfp_flags="
  case noRefill = "no readable percpu_refill=, 0 or 1"
  case badLoss = "events lost on a CPU that is not readable"
}

/// A line that was skipped.
public struct TraceDamagedLine: Equatable, Sendable {
  /// From 1.
  public let line: UInt32
  public let reason: TraceLineDamage
}

/// A place where the recorder ran out of buffer.
public struct TraceLoss: Equatable, Sendable {
  /// Line of the note, from 1.
  public let line: UInt32
  /// 0 ... `TraceEvent.cpuMax`.
  public let cpu: UInt8
  /// Events lost; nil when the kernel did not know.
  public let eventCount: UInt64?
}

/// A recording that was read to its end.
public struct TraceRecording: Sendable {
  /// How many damaged lines and losses are kept one by one; all are counted.
  public static let issuesKept = 16

  /// In the order of the text.
  public internal(set) var events: [TraceEvent] = []
  /// Lines in all, with comments and empty ones.
  public internal(set) var lineCount = 0
  /// Whole lines of tracepoints that are not among `TraceEventKind`.
  public internal(set) var otherEventCount = 0
  /// CPUs that recorded an event, ascending.
  public internal(set) var cpus: [Int] = []
  /// Microseconds, the smallest of all events; nil without events.
  public internal(set) var firstTimestamp: UInt64?
  /// Microseconds, the largest of all events; nil without events.
  public internal(set) var lastTimestamp: UInt64?
  /// Damaged lines, each skipped.
  public internal(set) var damagedLineCount = 0
  /// The first of them.
  public internal(set) var damagedLines: [TraceDamagedLine] = []
  /// Places where events were lost.
  public internal(set) var lossCount = 0
  /// The first of them.
  public internal(set) var losses: [TraceLoss] = []
  /// Events whose time was a whole number of ticks, each of which was taken as a nanosecond.
  public internal(set) var tickCount = 0
  /// Events without a time, which got that of the event before.
  public internal(set) var untimedCount = 0
  /// Requests with flags that are not known, or of a kernel that numbered them otherwise.
  public internal(set) var unknownGFPCount = 0
  /// Events lost, where the kernel gave a number; stops at the largest number.
  public internal(set) var lostEventCount: UInt64 = 0

  private var counts = [Int](repeating: 0, count: TraceEventKind.allCases.count)
  private var seenCPUs = [Bool](repeating: false, count: TraceEvent.cpuMax + 1)

  init() {}

  /// How many events are of this kind.
  public func count(of kind: TraceEventKind) -> Int { counts[Int(kind.rawValue)] }

  mutating func append(_ read: TraceEvent) {
    var event = read
    if event.timestamp == TraceEvent.noTimestamp {
      untimedCount += 1
      event.timestamp = events.last?.timestamp ?? 0
    }
    if event.hasTicks { tickCount += 1 }
    if event.unknownGFPCount > 0 { unknownGFPCount += 1 }
    events.append(event)
    counts[Int(event.kind.rawValue)] += 1
    seenCPUs[Int(event.cpu)] = true
    firstTimestamp = min(firstTimestamp ?? event.timestamp, event.timestamp)
    lastTimestamp = max(lastTimestamp ?? event.timestamp, event.timestamp)
  }

  mutating func append(_ loss: TraceLoss) {
    lossCount += 1
    let (sum, overflow) = lostEventCount.addingReportingOverflow(loss.eventCount ?? 0)
    lostEventCount = overflow ? .max : sum
    if losses.count < Self.issuesKept { losses.append(loss) }
  }

  mutating func appendDamage(_ reason: TraceLineDamage, line: UInt32) {
    damagedLineCount += 1
    if damagedLines.count < Self.issuesKept {
      damagedLines.append(TraceDamagedLine(line: line, reason: reason))
    }
  }

  mutating func finish() {
    cpus = seenCPUs.indices.filter { seenCPUs[$0] }
  }
}
