// The generators give the published words for a seed, and draws are in bounds and even.

import Machine
import Testing

struct RandomTests {
  @Test("SplitMix64 of seed 42 gives the words that the algorithm defines")
  func splitMixVectors() {
    var mixer = SplitMix64(seed: 42)
    let words = (0..<3).map { _ in mixer.next() }
    #expect(words == [0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103, 0x4752_6757_130f_9f52])
  }

  @Test("xoshiro256** seeded by SplitMix64 of 42 gives the words that the algorithm defines")
  func streamVectors() {
    var stream = RandomStream(seed: 42)
    let words = (0..<3).map { _ in stream.next() }
    #expect(words == [0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1])
  }

  @Test("a bounded draw reaches every value below its bound, and none else", arguments: 1...64)
  func belowReachesAll(bound: Int) {
    var stream = RandomStream(seed: 7)
    var seen = [Bool](repeating: false, count: bound)
    for _ in 0..<bound * 40 {
      let value = stream.below(bound)
      #expect(value >= 0 && value < bound)
      if value >= 0 && value < bound { seen[value] = true }
    }
    #expect(!seen.contains(false))
  }

  @Test("a large bound is not passed", arguments: [1 << 32, 1 << 62, Int.max])
  func belowLargeBound(bound: Int) {
    var stream = RandomStream(seed: 7)
    var greatest = 0
    for _ in 0..<200 {
      let value = stream.below(bound)
      #expect(value >= 0 && value < bound)
      greatest = max(greatest, value)
    }
    #expect(greatest > bound / 2)
  }

  @Test("a bound of nothing gives 0, and draws all the same", arguments: [0, -1, Int.min])
  func belowNothing(bound: Int) {
    var bounded = RandomStream(seed: 3)
    var plain = RandomStream(seed: 3)
    #expect(bounded.below(bound) == 0)
    _ = plain.next()
    #expect(bounded.next() == plain.next())
  }

  @Test("bounded draws are even")
  func belowIsEven() {
    var stream = RandomStream(seed: 11)
    var counts = [Int](repeating: 0, count: 60)
    for _ in 0..<60_000 { counts[stream.below(60)] += 1 }
    // Chi squared of 59 degrees: above 98.3 once in a thousand seeds; this is one seed.
    let spread = counts.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    #expect(spread < 98.3)
    #expect(spread > 20)
  }

  @Test("a chance of nothing never comes, a certain one always, one in four a quarter of the time")
  func chance() {
    var stream = RandomStream(seed: 5)
    var came = (never: 0, sometimes: 0, always: 0)
    for _ in 0..<40_000 {
      if stream.chance(0, in: 4) { came.never += 1 }
      if stream.chance(1, in: 4) { came.sometimes += 1 }
      if stream.chance(4, in: 4) { came.always += 1 }
    }
    #expect(came.never == 0)
    #expect(came.always == 40_000)
    #expect(abs(came.sometimes - 10_000) < 400)
  }

  @Test("a draw within a range takes both ends; an empty range gives its lower end")
  func within() {
    var stream = RandomStream(seed: 5)
    var seen = Set<Int>()
    for _ in 0..<200 { seen.insert(stream.within(-2, 3)) }
    #expect(seen == [-2, -1, 0, 1, 2, 3])
    #expect(stream.within(5, 4) == 5)
    #expect(stream.within(5, 5) == 5)
  }

  @Test("a shuffle loses and doubles nothing", arguments: [0, 1, 2, 3, 10, 129])
  func shufflePermutes(count: Int) {
    var stream = RandomStream(seed: 9)
    var values = Array(0..<count)
    stream.shuffle(&values)
    #expect(values.sorted() == Array(0..<count))
    if count > 3 { #expect(values != Array(0..<count)) }
  }

  @Test("a shuffle gives each order of four elements as often as any other")
  func shuffleIsEven() {
    var stream = RandomStream(seed: 9)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 {
      var values = [0, 1, 2, 3]
      stream.shuffle(&values)
      counts[values, default: 0] += 1
    }
    #expect(counts.count == 24)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })
  }

  @Test("child streams of one seed differ from each other, and from those of the next seed")
  func splitDiffers() {
    var seeds = Set<UInt64>()
    for seed in UInt64(0)..<20 {
      for index in UInt64(0)..<500 { seeds.insert(SplitMix64.split(seed, index)) }
    }
    #expect(seeds.count == 10_000)
  }

  @Test("the words of neighbouring child streams have no bits in common but by chance")
  func splitIsIndependent() {
    var differing = 0
    for index in UInt64(0)..<500 {
      var first = RandomStream(seed: SplitMix64.split(42, index))
      var second = RandomStream(seed: SplitMix64.split(42, index + 1))
      differing += (first.next() ^ second.next()).nonzeroBitCount
    }
    #expect(abs(differing - 500 * 32) < 600)
  }
}
