// Vector clocks: for each context of each CPU, how much of every other one's past it knows.
//
// Rule    Told on the fibers of a schedule: all memory is reserved beforehand.

import Machine

/// The vectors of one schedule, by number: each context's own, the pseudo-locks of each CPU, then
/// those that are handed out as the schedule needs them.
struct VectorClocks {
  /// The pseudo-locks of a CPU: what excludes its handlers, and what hands work to them.
  enum Pseudo: Int {
    /// Held with interrupts off, and by a hardirq.
    case interrupts
    /// Held by a task with interrupts or softirqs off, and by a softirq.
    case softirqs
    /// What raised a softirq, for the softirq.
    case raise
    /// What sent an interrupt to the CPU, for its handler.
    case send
  }

  /// Vectors that a schedule can hand out.
  static let handedOutMax = 24_576

  /// Entries of a vector: contexts of all CPUs.
  let width: Int
  private let clocks: Table<UInt32>
  private var used: Int
  private let numberMax: Int

  init(in arena: Arena, cpuCount: Int) {
    width = cpuCount * 4
    used = width * 2
    numberMax = width * 2 + Self.handedOutMax
    clocks = arena.table(of: UInt32.self, count: (numberMax + 1) * width)
  }

  static func byteCount(cpuCount: Int) -> Int {
    (cpuCount * 8 + handedOutMax + 1) * cpuCount * 16 + 4096
  }

  /// The number of a pseudo-lock.
  @inline(__always) func pseudo(_ kind: Pseudo, _ cpu: Int) -> Int {
    width &+ cpu &* 4 &+ kind.rawValue
  }

  /// True once a schedule needed more vectors than there are: races may be missed, none is made up.
  var isExhausted: Bool { used >= numberMax }

  /// Starts a schedule: nobody knows anything, and each context's clock is at 1.
  mutating func begin() {
    used = width * 2
    for index in 0..<used * width { clocks[index] = 0 }
    for index in 0..<width { clocks[numberMax * width + index] = 0 }
    for thread in 0..<width { clocks[thread * width + thread] = 1 }
  }

  /// A fresh vector of zeros; nil if there is none left.
  mutating func handOut() -> Int? {
    if used >= numberMax { return nil }
    let number = used
    used += 1
    for index in 0..<width { clocks[number &* width &+ index] = 0 }
    return number
  }

  /// A fresh vector for a lock or word; if there is none left, one that all such share.
  mutating func handOutShared() -> Int { handOut() ?? numberMax }

  @inline(__always) func get(_ vector: Int, _ entry: Int) -> UInt32 {
    clocks[vector &* width &+ entry]
  }

  @inline(__always) func set(_ vector: Int, _ entry: Int, _ value: UInt32) {
    clocks[vector &* width &+ entry] = value
  }

  /// Adds what vector `from` knows to vector `into`.
  @inline(__always) func join(_ into: Int, _ from: Int) {
    let target = into &* width
    let source = from &* width
    for index in 0..<width {
      clocks[target &+ index] = max(clocks[target &+ index], clocks[source &+ index])
    }
  }

  /// Makes a context and a vector know what either does, and starts the context's next epoch.
  @inline(__always) func meet(_ thread: Int, _ vector: Int) {
    let own = thread &* width
    let other = vector &* width
    for index in 0..<width {
      let greater = max(clocks[own &+ index], clocks[other &+ index])
      clocks[own &+ index] = greater
      clocks[other &+ index] = greater
    }
    advance(thread)
  }

  /// Lets vector `into` know what a context knows, and starts the context's next epoch.
  @inline(__always) func release(_ thread: Int, into vector: Int) {
    join(vector, thread)
    advance(thread)
  }

  @inline(__always) private func advance(_ thread: Int) {
    let own = get(thread, thread)
    // A clock at its greatest stays: from there on races may be missed.
    if own < Epoch.clockMax { set(thread, thread, own &+ 1) }
  }
}

/// A context and its clock in one word; 0 for none.
///
/// Ten bits for the context: four of each CPU that a machine may have.
struct Epoch: Equatable, BitwiseCopyable {
  private static let threadShift: UInt32 = 22
  private static let setBit: UInt32 = 1 << 21
  static let clockMax = setBit - 1
  static let none = Epoch(bits: 0)

  let bits: UInt32

  @inline(__always) init(bits: UInt32) { self.bits = bits }

  @inline(__always) init(_ thread: Int, _ clock: UInt32) {
    bits = UInt32(truncatingIfNeeded: thread) << Self.threadShift | clock
  }

  /// Stands for several contexts, whose clocks are in the vector `set`.
  @inline(__always) init(set: Int) {
    bits = Self.setBit | UInt32(truncatingIfNeeded: set)
  }

  @inline(__always) var thread: Int { Int(bits >> Self.threadShift) }
  @inline(__always) var clock: UInt32 { bits & Self.clockMax }
  @inline(__always) var isSet: Bool { bits & Self.setBit != 0 }
  @inline(__always) var set: Int { Int(bits & Self.clockMax) }
}
