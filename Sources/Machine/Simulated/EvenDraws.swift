// The random walk's draws: each CPU that can go on is as likely as any other.
//
// Here and not with the strategy, because a machine whose strategy decides nothing else draws by
// itself: a point then costs no call.

/// A stream of choices among the CPUs that can go on.
struct EvenDraws {
  private var stream: RandomStream
  /// The next word of the stream: drawn before it is needed, because a switch waits for it.
  private var word: UInt64
  /// What it means if those that can go on are the same as at the last draw.
  private var guess = 0
  private var guessIsFor = CPUSet()

  init(seed: UInt64) {
    stream = RandomStream(seed: seed)
    word = stream.next()
  }

  /// A CPU of `enabled`, which are `count`, at least one.
  @inline(__always) mutating func draw(
    _ enabled: CPUSet, count: Int, _ sets: SmallSets
  ) -> Int {
    let cpu = enabled == guessIsFor ? guess : member(enabled, count, sets)
    word = stream.next()
    guessIsFor = enabled
    guess = member(enabled, count, sets)
    return cpu
  }

  @inline(__always) private func member(_ enabled: CPUSet, _ count: Int, _ sets: SmallSets) -> Int {
    let bound = UInt64(truncatingIfNeeded: count)
    return sets.member(enabled, RandomStream.scale(word, below: bound))
  }
}
