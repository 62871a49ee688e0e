// What runs on a CPU: a task, or an interrupt that cut into it.  Each has a record of its own, so a
// handler never shares a counter, a random stream or a buffer with what it interrupted.

/// The kinds of context of a CPU, each able to interrupt those before it.
public enum ContextKind: UInt8, CaseIterable, Sendable {
  case task, softirq, hardirq, nmi
}

/// The random streams of a context, so that drawing from one leaves the others alone.
public enum StreamKind: Int, CaseIterable, Sendable {
  /// What a worker asks for.
  case workload
  /// When interrupts come.
  case interrupt
  /// What the allocator itself draws.
  case allocator
}

/// What one class of locks cost in one context.  Times in ticks, 0 unless statistics are `timing`.
public struct LockStatistics: BitwiseCopyable, Sendable {
  /// Times that lock() took it.
  public var locked: UInt64 = 0
  /// Times a lock() found it taken.
  public var contentions: UInt64 = 0
  /// Calls of trylock.
  public var tryAttempts: UInt64 = 0
  /// Calls of trylock that found it taken.
  public var tryFailures: UInt64 = 0
  /// Waits of lock() that found it taken.
  public var wait = Spread()
  /// Times from lock to unlock.
  public var hold = Spread()

  /// Nothing counted.
  public init() {}

  /// Times the lock was taken, by lock or trylock.
  public var acquisitions: UInt64 { locked &+ tryAttempts &- tryFailures }

  /// Adds what another context counted.
  public mutating func add(_ other: LockStatistics) {
    locked &+= other.locked
    contentions &+= other.contentions
    tryAttempts &+= other.tryAttempts
    tryFailures &+= other.tryFailures
    wait.add(other.wait)
    hold.add(other.hold)
  }
}

/// Minimum, maximum, sum and number of some times.
public struct Spread: BitwiseCopyable, Sendable {
  /// How many there were.
  public private(set) var count: UInt64 = 0
  /// Their sum.
  public private(set) var total: UInt64 = 0
  /// The greatest; 0 if none.
  public private(set) var maximum: UInt64 = 0
  private var least: UInt64 = .max

  /// Nothing noted.
  public init() {}

  /// The smallest; 0 if none.
  public var minimum: UInt64 { count == 0 ? 0 : least }

  /// Notes one.
  @inline(__always) public mutating func note(_ value: UInt64) {
    count &+= 1
    total &+= value
    if value > maximum { maximum = value }
    if value < least { least = value }
  }

  /// Adds what another noted.
  public mutating func add(_ other: Spread) {
    count &+= other.count
    total &+= other.total
    maximum = max(maximum, other.maximum)
    least = min(least, other.least)
  }
}

/// How often, and how long, one site waited for a lock.
public struct SiteContention: BitwiseCopyable, Sendable {
  /// Times it found the lock taken, or its trylock failed.
  public var contentions: UInt64 = 0
  /// Ticks it waited; 0 unless statistics are `timing`.
  public var waitTicks: UInt64 = 0

  /// Nothing counted.
  public init() {}
}

/// The record of one context of one CPU.
struct ContextRecord {
  /// Findings kept for each context; more are only counted.
  static let findingCountMax = 8

  var counters: UnsafeMutablePointer<UInt64>
  var locks: UnsafeMutablePointer<LockStatistics>
  var sites: UnsafeMutablePointer<SiteContention>
  var latencies: UnsafeMutablePointer<Histogram>
  var findings: UnsafeMutablePointer<FindingRecord>
  var findingCount = 0
  var findingsDropped: UInt64 = 0
  private(set) var areStreamsSeeded = false
  var workloadStream = RandomStream(seed: 0)
  var interruptStream = RandomStream(seed: 0)
  var allocatorStream = RandomStream(seed: 0)
  /// Chained over everything that the context's workloads asked for.
  var requestHash: UInt64 = 0

  init(in arena: Arena) {
    counters = arena.table(of: UInt64.self, count: CounterID.count).base
    locks = arena.table(of: LockStatistics.self, count: LockClass.count).base
    sites = arena.table(of: SiteContention.self, count: Site.count).base
    latencies = arena.table(of: Histogram.self, count: Histogram.countPerContext).base
    findings = arena.table(of: FindingRecord.self, count: Self.findingCountMax).base
    locks.update(repeating: LockStatistics(), count: LockClass.count)
    for index in 0..<Histogram.countPerContext { latencies[index].prepare() }
  }

  /// Bytes of the tables behind one record.
  static var byteCount: Int {
    CounterID.count * 8 + LockClass.count * MemoryLayout<LockStatistics>.stride
      + Site.count * MemoryLayout<SiteContention>.stride
      + Histogram.countPerContext * MemoryLayout<Histogram>.stride
      + findingCountMax * MemoryLayout<FindingRecord>.stride + 1024
  }

  mutating func reset() {
    counters.update(repeating: 0, count: CounterID.count)
    locks.update(repeating: LockStatistics(), count: LockClass.count)
    sites.update(repeating: SiteContention(), count: Site.count)
    for index in 0..<Histogram.countPerContext where latencies[index].count != 0 {
      latencies[index].prepare()
    }
    beginSchedule()
  }

  /// Starts streams, requests and findings anew; what was counted stays.
  mutating func beginSchedule() {
    findingCount = 0
    findingsDropped = 0
    requestHash = 0
    areStreamsSeeded = false
  }

  mutating func seedStreams(_ seed: UInt64) {
    areStreamsSeeded = true
    workloadStream = RandomStream(seed: SplitMix64.split(seed, 0))
    interruptStream = RandomStream(seed: SplitMix64.split(seed, 1))
    allocatorStream = RandomStream(seed: SplitMix64.split(seed, 2))
  }
}
