// A histogram knows each value to 6 %, its maximum exactly, and sums of histograms as well.

import Machine
import Testing

struct HistogramTests {
  @Test("an empty histogram has quantiles of 0", arguments: [0, 1, 500, 1000])
  func empty(perMille: Int) {
    #expect(Histogram().quantile(perMille: perMille) == 0)
  }

  @Test("small values are exact", arguments: 0...31)
  func smallValues(value: Int) {
    var histogram = Histogram()
    histogram.note(UInt64(value))
    histogram.note(1000)
    #expect(histogram.quantile(perMille: 500) == UInt64(value))
    #expect(histogram.maximum == 1000)
    #expect(histogram.count == 2)
  }

  @Test("a value at each side of every power of two is known to 6 %", arguments: 5...47)
  func everyPower(power: Int) {
    let base = UInt64(1) << power
    for value in [base - 1, base, base + 1, base + base / 16, base + base / 3, 2 * base - 1] {
      var histogram = Histogram()
      histogram.note(value)
      histogram.note(1 << 48)
      let found = histogram.quantile(perMille: 500)
      #expect(found >= value)
      #expect(found - value <= value / 16)
    }
  }

  @Test("quantiles of even values lie where they should, to 6 %", arguments: [100, 500, 990, 999])
  func evenValues(perMille: Int) {
    var histogram = Histogram()
    for value in 1...20_000 { histogram.note(UInt64(value)) }
    let right = UInt64(20 * perMille)
    let found = histogram.quantile(perMille: perMille)
    #expect(found >= right && found - right <= right / 16)
    #expect(histogram.quantile(perMille: 1000) == 20_000)
  }

  @Test("no quantile is above the maximum")
  func notAboveMaximum() {
    var histogram = Histogram()
    histogram.note(1025)
    #expect(histogram.quantile(perMille: 999) == 1025)
  }

  @Test("values past the range count as the largest, and the maximum stays exact")
  func outOfRange() {
    var histogram = Histogram()
    for value in [UInt64.max, 1 << 60, 1 << 49] { histogram.note(value) }
    #expect(histogram.maximum == .max)
    #expect(histogram.count == 3)
    #expect(histogram.quantile(perMille: 500) >= 1 << 48)
  }

  @Test("the sum of two histograms is the histogram of all their values")
  func sum() {
    var stream = RandomStream(seed: 4)
    var parts = [Histogram(), Histogram()]
    var whole = Histogram()
    for index in 0..<5000 {
      let value = UInt64(stream.below(1 << (1 + index % 40)))
      parts[index % 2].note(value)
      whole.note(value)
    }
    var sum = parts[0]
    sum.add(parts[1])
    sum.add(Histogram())
    #expect(sum.count == whole.count)
    #expect(sum.maximum == whole.maximum)
    for perMille in 0...1000 {
      #expect(sum.quantile(perMille: perMille) == whole.quantile(perMille: perMille))
    }
  }
}
