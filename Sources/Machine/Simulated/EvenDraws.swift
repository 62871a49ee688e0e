// The random walk's draws: each CPU that can go on is as likely as any other.
//
// Here and not with the strategy, because a machine whose strategy decides nothing else draws by
// itself: a point then costs no call.

/// A stream of choices among the CPUs that can go on.
struct EvenDraws {
  /// Not a `RandomStream`: it is made anew for each schedule, and half of it is made and moved
  /// faster than a fourth of one.
  private var stream: SplitMix64
  /// The next word of the stream: drawn before it is needed, because a switch waits for it.
  private var word: UInt64

  init(seed: UInt64) {
    stream = SplitMix64(seed: seed)
    word = stream.next()
  }

  /// A CPU of `enabled`, which are `count`, at least one.
  @inline(__always) mutating func draw(
    _ enabled: CPUSet, count: Int, _ sets: SmallSets
  ) -> Int {
    let bound = UInt64(truncatingIfNeeded: count)
    let cpu = sets.member(enabled, RandomStream.scale(word, below: bound))
    word = stream.next()
    return cpu
  }
}
