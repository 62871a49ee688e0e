// A histogram of times: 16 linear steps in each power of two, so a value is known to 6 %.

/// Counts of values from 0 to 2^48, fixed in size, written by one context.
public struct Histogram: BitwiseCopyable, Sendable {
  /// Histograms of each context: one for each workload of a run.
  public static let countPerContext = 16
  static let bucketCount = 16 * 46

  /// How many values were noted.
  public private(set) var count: UInt64 = 0
  /// Their greatest.
  public private(set) var maximum: UInt64 = 0
  private var buckets: InlineArray<736, UInt32> = .init(repeating: 0)

  /// An empty histogram.
  public init() {}

  /// Makes a histogram in fresh memory empty.
  mutating func prepare() { if count != 0 { self = Histogram() } }

  /// Notes one value.
  public mutating func note(_ value: UInt64) {
    count &+= 1
    if value > maximum { maximum = value }
    let bucket = Self.bucket(of: value)
    if buckets[bucket] < .max { buckets[bucket] += 1 }
  }

  /// Adds what another histogram noted.
  public mutating func add(_ other: Histogram) {
    if other.count == 0 { return }
    count &+= other.count
    maximum = max(maximum, other.maximum)
    for index in 0..<Self.bucketCount {
      let (sum, overflow) = buckets[index].addingReportingOverflow(other.buckets[index])
      buckets[index] = overflow ? .max : sum
    }
  }

  /// The value below which `perMille` thousandths lie, to 6 %; 0 if nothing was noted.
  public func quantile(perMille: Int) -> UInt64 {
    if count == 0 { return 0 }
    var remaining = (count &* UInt64(perMille) &+ 999) / 1000
    for index in 0..<Self.bucketCount {
      let here = UInt64(buckets[index])
      if here >= remaining { return min(Self.highest(in: index), maximum) }
      remaining -= here
    }
    return maximum
  }

  private static func bucket(of value: UInt64) -> Int {
    if value < 16 { return Int(value) }
    let power = 63 - value.leadingZeroBitCount
    let step = Int((value >> (power - 4)) & 15)
    return min((power - 3) * 16 + step, bucketCount - 1)
  }

  private static func highest(in bucket: Int) -> UInt64 {
    if bucket < 16 { return UInt64(bucket) }
    let power = bucket / 16 + 3
    let width = UInt64(1) << (power - 4)
    return (UInt64(1) << power) + UInt64(bucket % 16) * width + width - 1
  }
}
