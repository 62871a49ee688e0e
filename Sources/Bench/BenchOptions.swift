// What a bench measures, and how much of it: checked before anything starts.

import CReference
import Machine
import PageAllocator

/// Why a bench cannot be done as asked.
public struct BenchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong and what would be right, in one line.
  public let description: String
  /// The exit status of a program that ends with it: 1 if a side broke a rule, 2 otherwise.
  public let exitStatus: Int32

  /// An error.
  public init(_ description: String, exitStatus: Int32 = 2) {
    self.description = description
    self.exitStatus = exitStatus
  }
}

/// How much each pattern does in one run on each thread.
public struct BenchSizes: Sendable {
  /// Pairs of `repeat`.
  public var pairs = 1_000_000
  /// Pages held by the patterns that hold pages.
  public var held = 16_384
  /// How often those allocate and free all that they hold.
  public var rounds = 16
  /// Pairs of `mixed`.
  public var mixedPairs = 200_000
  /// Pairs of `order9`.
  public var hugePairs = 200_000
  /// Pages of `bulk-call`, for each size of call.
  public var bulkPages = 1 << 20
  /// Pages of `page-pool-slow`.
  public var poolPages = 500_000
  /// Sizes of bulk calls in pages, each at most `held` and a divisor of it.
  public var bulkCalls = [1, 8, 16, 64, 256]

  /// The sizes of the command line.
  public init() {}
}

/// What to measure.
public struct BenchOptions: Sendable {
  /// The patterns, in order.
  public var patterns = BenchPattern.allCases
  /// The numbers of threads, each 1 ... `threadsMax`.
  public var threads = [1, 2, 4, 8]
  /// Pages of a refill, on both sides, 1 ... `batchMax`.
  public var batch = 63
  /// Frames of the memory, on both sides; a multiple of 1024.
  public var frames = 1 << 18
  /// Runs of each side that count; one before them warms up.
  public var runs = 7
  /// How much the model measures of itself.
  public var statistics = StatisticsMode.off
  /// True if the ownership ledger listens to the model.
  public var ledger = false
  /// How much a run does.
  public var sizes = BenchSizes()

  /// The threads that a bench may have.
  public static var threadsMax: Int { 64 }
  /// The pages that a refill of a bench may bring.
  public static var batchMax: Int { AllocatorTunables.batchMax }
  /// The frames that a bench may have: 64 GiB of memory.
  public static var framesMax: Int { 1 << 24 }
  /// The runs that a bench may have.
  public static var runsMax: Int { 10_000 }

  /// Bytes of a page struct of the model: 16, or 64 where built with the trait PageStructs64.
  public static var modelPageBytes: Int { PageAllocator.pageStructBytes }
  /// Bytes of a page struct of the reference.
  public static var referencePageBytes: Int { Int(CREFERENCE_PAGE_BYTES) }

  /// The length at which per-CPU lists are shortened, on both sides: 378 for a batch of 63.
  public var high: Int { batch * 6 }

  /// All patterns.
  public init() {}

  /// What a command line asks for; nil stands for what is usual.
  ///
  /// - Parameters:
  ///   - pattern: a pattern's name.
  ///   - statistics: `off`, `counts` or `timing`.
  public init(
    pattern: String?, threads: UInt64?, batch: UInt64?, frames: UInt64?, runs: UInt64?,
    statistics: String?, ledger: Bool
  ) throws(BenchError) {
    if let pattern { patterns = [try Self.pattern(pattern)] }
    if let threads { self.threads = [try Self.number("threads", threads, 1, Self.threadsMax)] }
    if let batch { self.batch = try Self.number("batch", batch, 1, Self.batchMax) }
    if let runs { self.runs = try Self.number("runs", runs, 1, Self.runsMax) }
    if let statistics { self.statistics = try Self.statistics(statistics) }
    self.ledger = ledger
    let threadsMost = self.threads.max() ?? 1
    let least = framesMin(threads: threadsMost)
    self.frames = max(self.frames, least)
    guard let frames else { return }
    self.frames = try Self.number("frames", frames, 1024, Self.framesMax)
    guard self.frames % 1024 == 0, self.frames >= least else {
      throw BenchError(
        "--frames is a multiple of 1024 and at least \(least) for \(threadsMost) threads, "
          + "not \(frames)")
    }
  }

  /// Frames that so many threads need: twice what they hold.
  func framesMin(threads: Int) -> Int { (threads * sizes.held * 2 + 1023) / 1024 * 1024 }

  private static func pattern(_ name: String) throws(BenchError) -> BenchPattern {
    if let pattern = BenchPattern(rawValue: name) { return pattern }
    let names = BenchPattern.allCases.map(\.rawValue).joined(separator: ", ")
    throw BenchError("--pattern is one of \(names)")
  }

  private static func number(
    _ option: String, _ value: UInt64, _ least: Int, _ most: Int
  ) throws(BenchError) -> Int {
    if let number = Int(exactly: value), (least...most).contains(number) { return number }
    throw BenchError("--\(option) is a number of \(least) ... \(most), not \(value)")
  }

  private static func statistics(_ name: String) throws(BenchError) -> StatisticsMode {
    if let mode = StatisticsMode.allCases.first(where: { $0.name == name }) { return mode }
    let names = StatisticsMode.allCases.map(\.name).joined(separator: ", ")
    throw BenchError("--statistics is one of \(names)")
  }
}

extension StatisticsMode {
  /// The mode as it is written in options.
  public var name: String {
    switch self {
    case .off: "off"
    case .counts: "counts"
    case .timing: "timing"
    }
  }
}
