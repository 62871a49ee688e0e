// One schedule as Chrome trace events, which Perfetto opens: a track for each context of each CPU,
// a slice for each step, for each stretch between switches and for each hold of a lock, arrows from
// a lock's release to its next owner, and counters.
//
// Time is made up: each step lasts one microsecond.  Holds of locks are asynchronous events,
// because locks need not be released in the order in which they were taken.

import Exploration
import Machine

/// Writes trace events.
public struct ChromeTrace {
  private let trace: ScheduleTrace
  private let counters: [String]
  private var events: [ChromeEvent] = []
  private var nextID = 1
  /// Holds that have begun: the lock, its track and its number.
  private var holds: [(lock: String, track: Int, id: Int)] = []
  /// The last release of each lock: its track and time.
  private var releases: [String: (track: Int, time: Int)] = [:]

  /// The events as one JSON document, ending with a line feed.
  ///
  /// - Parameter counters: objects of which each new value is a counter's, beside those whose name
  ///   ends with `nr_free_pages`.
  public static func render(_ trace: ScheduleTrace, counters: [String] = []) -> String {
    var writer = ChromeTrace(trace, counters)
    writer.writeAll()
    // In the order of time; events of one time stay in the order in which they were written.
    let sorted = writer.events.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }
    let lines = (writer.tracks() + sorted.map(\.element.text)).joined(separator: ",\n")
    return "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n\(lines)\n]}\n"
  }

  private init(_ trace: ScheduleTrace, _ counters: [String]) {
    self.trace = trace
    self.counters = counters
  }

  private mutating func writeAll() {
    var running: Int?
    for (time, step) in trace.steps.enumerated() {
      let track = Self.track(step)
      if running != track {
        if let running { add("E", running, time, "", "run") }
        add("B", track, time, step.reason?.text ?? "runs", "run")
        running = track
      }
      write(step, track, time)
      for found in trace.findings where found.position == time { add(found, track, time) }
    }
    let end = trace.steps.count
    if let running { add("E", running, end, "", "run") }
    for hold in holds { add("e", hold.track, end, hold.lock, "lock", id: hold.id) }
    for found in trace.findings where found.position == nil { add(found, 0, end) }
  }

  private static func track(_ step: TraceStep) -> Int {
    step.cpu * 4 + Int(step.context.rawValue)
  }

  /// The names and the order of the tracks.
  private func tracks() -> [String] {
    var tracks: [Int] = [0]
    for step in trace.steps where !tracks.contains(Self.track(step)) {
      tracks.append(Self.track(step))
    }
    let process = ChromeEvent.metadata("process_name", track: 0, "name", "\"schedule\"")
    return [process]
      + tracks.sorted().flatMap { track in
        let context = ContextKind(rawValue: UInt8(track % 4)) ?? .task
        let name = context == .task ? "CPU \(track / 4)" : "CPU \(track / 4) \(context)"
        return [
          ChromeEvent.metadata("thread_name", track: track, "name", ChromeEvent.quoted(name)),
          ChromeEvent.metadata("thread_sort_index", track: track, "sort_index", "\(track)"),
        ]
      }
  }

  private mutating func write(_ step: TraceStep, _ track: Int, _ time: Int) {
    var event = ChromeEvent("X", track, time, InterleavingTable.text(step), "step")
    event.arguments = [("site", ChromeEvent.quoted(step.site)), ("step", "\(step.number)")]
    events.append(event)
    switch step.kind {
    case .lock, .tryLock: if step.succeeds { take(step.object, track, time) }
    case .unlock: release(step.object, track, time)
    default: break
    }
    let isCounter = step.object.hasSuffix("nr_free_pages") || counters.contains(step.object)
    if isCounter, step.kind.writes, let value = step.new {
      var counter = ChromeEvent("C", 0, time, step.object, "counter")
      counter.arguments = [("value", "\(Int64(bitPattern: value))")]
      events.append(counter)
    }
  }

  /// A lock is taken: its hold begins, with an arrow from who had it last.
  private mutating func take(_ lock: String, _ track: Int, _ time: Int) {
    // A trylock that lies takes a lock that is taken.
    if !holds.contains(where: { $0.lock == lock }) {
      holds.append((lock, track, nextID))
      add("b", track, time, lock, "lock", id: nextID)
      nextID += 1
    }
    guard let last = releases.removeValue(forKey: lock), last.track != track else { return }
    add("s", last.track, last.time, lock, "hand-off", id: nextID)
    add("f", track, time, lock, "hand-off", id: nextID)
    nextID += 1
  }

  private mutating func release(_ lock: String, _ track: Int, _ time: Int) {
    releases[lock] = (track, time)
    guard let index = holds.firstIndex(where: { $0.lock == lock }) else { return }
    let hold = holds.remove(at: index)
    add("e", hold.track, time + 1, lock, "lock", id: hold.id)
  }

  private mutating func add(
    _ phase: String, _ track: Int, _ time: Int, _ name: String, _ category: String, id: Int? = nil
  ) {
    var event = ChromeEvent(phase, track, time, name, category)
    event.id = id
    events.append(event)
  }

  private mutating func add(_ found: TracedFinding, _ track: Int, _ time: Int) {
    var event = ChromeEvent("i", track, time, found.finding.rule, "finding")
    event.arguments = [("sentence", ChromeEvent.quoted(found.finding.sentence))]
    events.append(event)
  }
}
