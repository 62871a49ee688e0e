// What a race detector remembers of each word of a machine's memory.
//
// Rule    Between two schedules nothing is cleared: a line is cleared when a schedule first comes
//         to it, so a schedule costs what it touched.

import Machine

/// How a word was accessed last: one epoch a kind.
enum AccessKind: Int, CaseIterable {
  case plainWrite, plainRead, markedWrite, markedRead

  /// In sentences.
  var words: String {
    switch self {
    case .plainWrite: "plain write"
    case .plainRead: "plain read"
    case .markedWrite: "marked or atomic write"
    case .markedRead: "marked read"
    }
  }

  /// True if it makes a race with `other` when nothing orders them.
  @inline(__always) func races(with other: AccessKind) -> Bool {
    switch self {
    case .plainWrite: true
    case .plainRead: other == .plainWrite || other == .markedWrite
    case .markedWrite: other == .plainWrite || other == .plainRead
    case .markedRead: other == .plainWrite
    }
  }
}

/// The shadow of an arena: for each slot of `1 << shift` bytes, four epochs and where they were.
struct ShadowMemory {
  private static let lineShift = 6

  private let shift: Int
  private let epochs: Table<Epoch>
  /// Site and point of each epoch.
  private let places: Table<UInt64>
  /// The value that the access found.
  private let values: Table<UInt64>
  /// The vector of a lock or an atomic word; 0 for none.
  private let vectors: Table<UInt32>
  /// The schedule that came to a line last.
  private let schedules: Table<UInt32>
  private let slotsPerLine: Int
  private var schedule: UInt32 = 0

  init(in arena: Arena, bytes: Int, shift: Int) {
    self.shift = shift
    let slots = (bytes >> shift) + 64
    slotsPerLine = 64 >> shift
    epochs = arena.table(of: Epoch.self, count: slots * 4)
    places = arena.table(of: UInt64.self, count: slots * 4)
    values = arena.table(of: UInt64.self, count: slots * 4)
    vectors = arena.table(of: UInt32.self, count: slots)
    schedules = arena.table(of: UInt32.self, count: (bytes >> Self.lineShift) + 2)
  }

  static func byteCount(bytes: Int, shift: Int) -> Int {
    ((bytes >> shift) + 64) * 84 + (bytes >> 4) + 8192
  }

  mutating func begin() {
    schedule &+= 1
    if schedule != 0 { return }
    schedules.fill(with: 0)
    schedule = 1
  }

  /// Slots of `bytes` bytes at `offset`; their lines are ready.
  @inline(__always) func slots(_ offset: Int, _ bytes: Int) -> Range<Int> {
    let last = offset &+ bytes &- 1
    ready(offset &>> Self.lineShift)
    if last &>> Self.lineShift != offset &>> Self.lineShift { ready(last &>> Self.lineShift) }
    return offset &>> shift..<(last &>> shift) &+ 1
  }

  @inline(__always) private func ready(_ line: Int) {
    if schedules[line] != schedule { clear(line) }
  }

  private func clear(_ line: Int) {
    schedules[line] = schedule
    let first = line &* slotsPerLine
    for index in first &* 4..<(first &+ slotsPerLine) &* 4 { epochs[index] = .none }
    for index in first..<first &+ slotsPerLine { vectors[index] = 0 }
  }

  @inline(__always) func epoch(_ slot: Int, _ kind: AccessKind) -> Epoch {
    epochs[slot &* 4 &+ kind.rawValue]
  }

  @inline(__always) func setEpoch(_ slot: Int, _ kind: AccessKind, _ epoch: Epoch) {
    epochs[slot &* 4 &+ kind.rawValue] = epoch
  }

  /// Sets an epoch with its place and the value that the access found.
  @inline(__always) func set(
    _ slot: Int, _ kind: AccessKind, _ epoch: Epoch, site: UInt16, point: Int, value: UInt64
  ) {
    let index = slot &* 4 &+ kind.rawValue
    epochs[index] = epoch
    places[index] = UInt64(site) << 48 | UInt64(truncatingIfNeeded: point) & 0xffff_ffff_ffff
    values[index] = value
  }

  func site(_ slot: Int, _ kind: AccessKind) -> UInt16 {
    UInt16(truncatingIfNeeded: places[slot &* 4 &+ kind.rawValue] >> 48)
  }

  func point(_ slot: Int, _ kind: AccessKind) -> Int {
    Int(places[slot &* 4 &+ kind.rawValue] & 0xffff_ffff_ffff)
  }

  func value(_ slot: Int, _ kind: AccessKind) -> UInt64 { values[slot &* 4 &+ kind.rawValue] }

  /// The vector of the lock or atomic word at a slot; 0 for none yet.
  @inline(__always) func vector(_ slot: Int) -> Int { Int(vectors[slot]) }

  @inline(__always) func setVector(_ slot: Int, _ vector: Int) {
    vectors[slot] = UInt32(truncatingIfNeeded: vector)
  }
}
