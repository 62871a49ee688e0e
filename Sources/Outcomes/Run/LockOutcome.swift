// What locks cost in a run: by class, and by the sites that waited.

/// What locks of one class cost: the columns of /proc/lock_stat.
public struct LockOutcome: Sendable, Codable, Equatable {
  /// The class.
  public var name: String
  /// Times a lock() found it taken.
  public var contentions: UInt64
  /// How long those waited; nil unless statistics are `timing`.
  public var wait: TimesOutcome?
  /// Times it was taken.
  public var acquisitions: UInt64
  /// How long it was held; nil unless statistics are `timing`.
  public var hold: TimesOutcome?
  /// Calls of trylock, and those that found it taken.
  public var tryAttempts: UInt64
  public var tryFailures: UInt64

  /// A class's result.
  public init(
    name: String, contentions: UInt64, wait: TimesOutcome?, acquisitions: UInt64,
    hold: TimesOutcome?, tryAttempts: UInt64, tryFailures: UInt64
  ) {
    self.name = name
    self.contentions = contentions
    self.wait = wait
    self.acquisitions = acquisitions
    self.hold = hold
    self.tryAttempts = tryAttempts
    self.tryFailures = tryFailures
  }
}

/// Minimum, maximum, sum and mean of some times, in nanoseconds.
public struct TimesOutcome: Sendable, Codable, Equatable {
  public var min: UInt64
  public var max: UInt64
  public var total: UInt64
  public var average: UInt64

  /// Times.
  public init(min: UInt64, max: UInt64, total: UInt64, average: UInt64) {
    self.min = min
    self.max = max
    self.total = total
    self.average = average
  }
}

/// A call site that waited for locks.
public struct SiteOutcome: Sendable, Codable, Equatable {
  /// The kernel function.
  public var site: String
  /// Times it found a lock taken, trylocks included.
  public var contentions: UInt64
  /// How long it waited; nil unless statistics are `timing`.
  public var waitNanoseconds: UInt64?

  /// A site's result.
  public init(site: String, contentions: UInt64, waitNanoseconds: UInt64?) {
    self.site = site
    self.contentions = contentions
    self.waitNanoseconds = waitNanoseconds
  }
}
