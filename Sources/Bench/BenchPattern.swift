// The patterns of use that are measured, and the phases that each is timed in.

/// A pattern.
public enum BenchPattern: String, CaseIterable, Sendable {
  /// A page is allocated and freed at once, again and again.
  case `repeat`
  /// Many pages are allocated, then freed in the same order.
  case bulk
  /// Many pages are allocated, then freed in an order drawn at random.
  case randomFree = "random-free"
  /// Many pages are allocated, then freed by another thread, in an order drawn at random.
  case crossFree = "cross-free"
  /// With half of the memory in use, a block drawn at random is replaced by one of another order.
  case mixed
  /// A block of order 9 is allocated and freed at once, again and again.
  case order9
  /// The bulk call, with as many pages as it is asked for: freed at once (hot), or held.
  case bulkCall = "bulk-call"
  /// A page_pool whose pages never come back: each 64th page is a refill of its cache.
  case pagePoolSlow = "page-pool-slow"

  /// The names of the phases; times are per page, in a phase `pair` per pair.
  ///
  /// Hot phases, and those of `page-pool-slow`, time a page's allocation and its free together.
  public func phases(_ sizes: BenchSizes) -> [String] {
    switch self {
    case .repeat, .mixed, .order9: ["pair"]
    case .bulk, .randomFree, .crossFree: ["allocate", "free"]
    case .bulkCall:
      sizes.bulkCalls.flatMap { ["hot-\($0)", "held-\($0)-allocate", "held-\($0)-free"] }
    case .pagePoolSlow: ["cleared", "uncleared"]
    }
  }

  /// Parts between which all threads wait for each other.
  var stepCount: Int { self == .crossFree ? 2 : 1 }

  /// How often a run does its steps.
  func stepRounds(_ sizes: BenchSizes) -> Int { self == .crossFree ? sizes.rounds : 1 }

  /// CPUs that so many threads play: for another one to free there must be two.
  func cpuCount(threads: Int) -> Int { self == .crossFree ? max(threads, 2) : threads }
}
