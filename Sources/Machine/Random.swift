// The two random generators of every deterministic part, bit-exact by definition.
//
// Nothing else in deterministic code draws: the standard library does not promise its algorithms
// across versions, and a seed must mean the same schedule for ever.

/// SplitMix64: seeds other generators and derives independent seeds.
public struct SplitMix64: Sendable {
  private var state: UInt64

  /// A generator whose first output depends on every bit of `seed`.
  public init(seed: UInt64) { state = seed }

  /// The next of 2^64 equally likely words.
  @inline(__always) public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// The seed of the child stream `index` of the stream `seed`.
  ///
  /// Children of one seed are independent of each other and of how much any of them draws.
  public static func split(_ seed: UInt64, _ index: UInt64) -> UInt64 {
    var mixer = SplitMix64(seed: seed ^ (index &* 0xD134_2543_DE82_EF95 &+ 0x2545_F491_4F6C_DD1D))
    _ = mixer.next()
    return mixer.next()
  }
}

/// One stream of random words: xoshiro256**, seeded through SplitMix64.
public struct RandomStream: Sendable {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  /// The stream of `seed`.
  public init(seed: UInt64) {
    var mixer = SplitMix64(seed: seed)
    s0 = mixer.next()
    s1 = mixer.next()
    s2 = mixer.next()
    s3 = mixer.next()
  }

  /// The next of 2^64 equally likely words.
  @inline(__always) public mutating func next() -> UInt64 {
    let product = s1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let shifted = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << 45) | (s3 >> 19)
    return result
  }

  /// A number in `0 ..< bound`, by multiply-high.
  ///
  /// The bias is below `bound / 2^64`; a bound of 0 or less gives 0, and draws all the same.
  @inline(__always) public mutating func below(_ bound: Int) -> Int {
    Self.scale(next(), below: bound)
  }

  /// The number in `0 ..< bound` that `below` makes of a word of the stream.
  @inline(__always) public static func scale(_ word: UInt64, below bound: Int) -> Int {
    scale(word, below: UInt64(max(bound, 0)))
  }

  /// The same of a bound that has no sign.
  @inline(__always) public static func scale(_ word: UInt64, below bound: UInt64) -> Int {
    Int(truncatingIfNeeded: word.multipliedFullWidth(by: bound).high)
  }

  /// True with probability `numerator / denominator`.
  @inline(__always) public mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
    below(denominator) < numerator
  }

  /// A number in `lowest ... highest`; `lowest` if the range is empty.
  public mutating func within(_ lowest: Int, _ highest: Int) -> Int {
    lowest &+ below(highest &- lowest &+ 1)
  }
}

extension RandomStream {
  /// Reorders `values` uniformly (Fisher-Yates, from the end).
  public mutating func shuffle<Element>(_ values: inout [Element]) {
    var last = values.count - 1
    while last > 0 {
      values.swapAt(last, below(last + 1))
      last -= 1
    }
  }
}
