// How many interrupts there were, at the end that sends them and at the end that takes them.

/// Interrupts of one source, or of one CPU.
///
/// With delivery by signal `sent == received + coalesced`, once nothing is under way; the first
/// three are 0 with delivery at points.
public struct InterruptCounts: Sendable, Equatable {
  /// Sent to a CPU.
  public var sent: UInt64 = 0
  /// Sent while one of the same source had not been taken yet: the two came as one.
  public var coalesced: UInt64 = 0
  /// Taken by the CPU that they were sent to.
  public var received: UInt64 = 0
  /// Handlers run.
  public var delivered: UInt64 = 0
  /// Came while interrupts were off, or as a signal in the middle of a library, and had to wait;
  /// several of one source are then delivered as one.
  public var deferred: UInt64 = 0

  /// None.
  public init() {}

  mutating func add(_ record: borrowing CPURecord, _ source: Int) {
    sent &+= record.interruptsSent[source].load(ordering: .relaxed)
    coalesced &+= record.interruptsCoalesced[source].load(ordering: .relaxed)
    received &+= record.interruptsReceived[source]
    delivered &+= record.interruptsDelivered[source]
    deferred &+= record.interruptsDeferred[source]
  }
}

extension Machine {
  /// Interrupts of `source` on all CPUs, at rest.
  public func interrupts(_ source: InterruptSource) -> InterruptCounts {
    var counts = InterruptCounts()
    for id in 0..<cpuCount { counts.add(records[id], source.rawValue) }
    return counts
  }

  /// Interrupts of all sources on one CPU, at rest.
  public func interrupts(cpu id: Int) -> InterruptCounts {
    precondition(id >= 0 && id < cpuCount, "a CPU of the machine")
    var counts = InterruptCounts()
    for source in 0..<InterruptSource.count { counts.add(records[id], source) }
    return counts
  }

  /// Interrupts sent by signal so far, while CPUs run.
  public var interruptsSentSoFar: UInt64 {
    var sum: UInt64 = 0
    for id in 0..<cpuCount {
      for source in 0..<InterruptSource.count {
        sum &+= records[id].interruptsSent[source].load(ordering: .relaxed)
      }
    }
    return sum
  }
}
