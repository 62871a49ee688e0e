// The interrupts of a run.

/// Interrupts of one source.
public struct InterruptOutcome: Sendable, Codable, Equatable {
  /// nic, block, timer, ipi.
  public var source: String
  /// Handlers run.
  public var delivered: UInt64
  /// Interrupts that came while they were off and waited.
  public var deferred: UInt64
  /// At the ends of the signals; nil unless interrupts came as signals.
  public var signals: SignalOutcome?

  /// A source's result.
  public init(
    source: String, delivered: UInt64, deferred: UInt64, signals: SignalOutcome? = nil
  ) {
    self.source = source
    self.delivered = delivered
    self.deferred = deferred
    self.signals = signals
  }
}

/// Interrupts by signal, counted at both ends: sent is the sum of the other two.
public struct SignalOutcome: Sendable, Codable, Equatable {
  /// Sent to a CPU.
  public var sent: UInt64
  /// Sent while one of the same source was under way; the two came as one.
  public var coalesced: UInt64
  /// Taken by the CPU.
  public var received: UInt64

  /// A result.
  public init(sent: UInt64, coalesced: UInt64, received: UInt64) {
    self.sent = sent
    self.coalesced = coalesced
    self.received = received
  }
}
