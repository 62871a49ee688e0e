// What a recording has told so far of each page frame.

/// Where a frame is, as far as the events told.
enum TracePlace: UInt8 {
  /// No event named it yet.
  case unknown
  case buddy
  /// On the per-CPU lists of its holder.
  case perCPU
  /// Taken from the buddy lists for a caller whose event comes next.
  case direct
  case live
}

/// The state of one frame, 8 bytes.
struct TracePageState {
  /// Slot + 1 while allocated; 0 otherwise.
  var owner: UInt32 = 0
  var place = TracePlace.unknown
  /// The CPU of the last event, valid when known.
  var holder: UInt8 = 0
}

/// The state of all frames, kept in chunks of 512 that exist once an event named a frame in them.
struct TracePageTable {
  private static let chunkShift: UInt64 = 9
  private var chunkStarts: [UInt64: Int] = [:]
  private var states: [TracePageState] = []
  private var lastChunk = UInt64.max
  private var lastStart = 0

  subscript(pfn: UInt64) -> TracePageState {
    mutating get { states[position(pfn)] }
    set { states[position(pfn)] = newValue }
  }

  private mutating func position(_ pfn: UInt64) -> Int {
    let chunk = pfn >> Self.chunkShift
    if chunk != lastChunk {
      lastStart = start(of: chunk)
      lastChunk = chunk
    }
    return lastStart + Int(pfn & (1 << Self.chunkShift - 1))
  }

  private mutating func start(of chunk: UInt64) -> Int {
    if let start = chunkStarts[chunk] { return start }
    let start = states.count
    states.append(contentsOf: repeatElement(TracePageState(), count: 1 << Self.chunkShift))
    chunkStarts[chunk] = start
    return start
  }
}
