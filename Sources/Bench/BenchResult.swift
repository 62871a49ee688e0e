// What a bench found, and its lines for programs.

/// One phase of one side.
public struct BenchMeasure: Sendable {
  /// The name of a `ModelVariant`, or `reference`.
  public let side: String
  /// The pattern.
  public let pattern: BenchPattern
  /// One of the pattern's phases.
  public let phase: String
  /// Threads.
  public let threads: Int
  /// Nanoseconds of CPU per page or pair, of each run, in order.
  public let nanoseconds: [Double]
  /// Pages or pairs of all runs and threads.
  public let operations: Int
  /// Calls of all runs that got no memory, or less than they asked for.
  public let failures: Int

  /// The middle run; of an even number the mean of the two in the middle.
  public var median: Double {
    let sorted = nanoseconds.sorted()
    if sorted.isEmpty { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
  /// The fastest run.
  public var minimum: Double { nanoseconds.min() ?? 0 }
  /// The slowest run.
  public var maximum: Double { nanoseconds.max() ?? 0 }

  /// A line for programs: name, pattern, threads, median, minimum, maximum, a tab between two.
  ///
  /// The name is side and phase.
  public var tsv: String {
    let numbers = [median, minimum, maximum].map(Self.text)
    return (["\(side)/\(phase)", pattern.rawValue, "\(threads)"] + numbers)
      .joined(separator: "\t")
  }

  /// Two decimals.
  public static func text(_ value: Double) -> String {
    guard value.isFinite, value >= 0, value < 1e15 else { return "-" }
    let hundredths = Int((value * 100).rounded())
    let decimals = "\(hundredths % 100)"
    return "\(hundredths / 100)." + (decimals.count < 2 ? "0" : "") + decimals
  }
}

/// One pattern with one number of threads.
public struct BenchCase: Sendable {
  /// The pattern.
  public let pattern: BenchPattern
  /// Threads.
  public let threads: Int
  /// Each phase of each side, sides in the order of `ModelVariant.all`, the reference last.
  public let measures: [BenchMeasure]
  /// Pages that are not free after everything was given back, of all sides; else than 0 a side is
  /// broken.
  public let missingPages: Int

  /// One phase of one side; nil if there is no such.
  public func measure(_ side: String, _ phase: String) -> BenchMeasure? {
    measures.first { $0.side == side && $0.phase == phase }
  }
}
