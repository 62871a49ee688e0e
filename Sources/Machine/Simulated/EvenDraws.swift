// The random walk's draws: each CPU that can go on is as likely as any other.
//
// Here and not with the strategy, because a machine whose strategy decides nothing else draws by
// itself: a point then costs no call.

/// A stream of choices among the CPUs that can go on.
///
/// Its words are the high half of a multiplicative congruential generator modulo 2^128.  Not a
/// `RandomStream`: a draw takes the high bits of a word alone, and such a generator takes less to
/// be made for a schedule, and to be moved on at a point.
struct EvenDraws {
  private var low: UInt64
  /// The next word: drawn before it is needed, because a switch waits for it.
  private var word: UInt64

  init(seed: UInt64) {
    var mixer = SplitMix64(seed: seed)
    word = mixer.next()
    // Odd: its period is 2^126 words.
    low = mixer.next() | 1
  }

  /// The position of one of `count` CPUs, at least one.
  @inline(__always) mutating func draw(count: Int) -> Int {
    let position = RandomStream.scale(word, below: UInt64(truncatingIfNeeded: count))
    let product = low.multipliedFullWidth(by: Self.multiplier)
    word = product.high &+ word &* Self.multiplier
    low = product.low
    return position
  }

  private static var multiplier: UInt64 { 0xDA94_2042_E4DD_58B5 }
}
