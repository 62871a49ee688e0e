// What a bench is asked for, and what its results say.

import Testing

@testable import Bench

struct BenchOptionsTests {
  private func options(
    pattern: String? = nil, threads: UInt64? = nil, batch: UInt64? = nil, frames: UInt64? = nil,
    runs: UInt64? = nil, statistics: String? = nil
  ) throws(BenchError) -> BenchOptions {
    try BenchOptions(
      pattern: pattern, threads: threads, batch: batch, frames: frames, runs: runs,
      statistics: statistics, ledger: false)
  }

  @Test("nothing given means all patterns, 1 to 8 threads, and the kernel's numbers")
  func standard() throws {
    let options = try options()
    #expect(options.patterns.count == 8)
    #expect(options.threads == [1, 2, 4, 8])
    #expect(options.batch == 63 && options.high == 378)
    #expect(options.frames >= options.framesMin(threads: 8))
    #expect(options.statistics == .off && !options.ledger)
  }

  @Test("what is given is taken")
  func given() throws {
    let options = try options(
      pattern: "page-pool-slow", threads: 3, batch: 31, frames: 1 << 20, runs: 9,
      statistics: "timing")
    #expect(options.patterns == [.pagePoolSlow])
    #expect(options.threads == [3])
    #expect(options.batch == 31 && options.high == 186)
    #expect(options.frames == 1 << 20 && options.runs == 9)
    #expect(options.statistics == .timing)
  }

  @Test("more threads than usual get more memory")
  func memory() throws {
    #expect(try options(threads: 64).frames == 64 * 16_384 * 2)
  }

  private func message(_ body: () throws(BenchError) -> BenchOptions) -> String {
    do {
      _ = try body()
      return "no error"
    } catch {
      return error.exitStatus == 2 ? error.description : "not a bad option"
    }
  }

  @Test("numbers out of range are refused with their range")
  func numbers() {
    #expect(
      message { () throws(BenchError) in try options(threads: 0) }
        == "--threads is a number of 1 ... 64, not 0")
    #expect(
      message { () throws(BenchError) in try options(batch: 2048) }
        == "--batch is a number of 1 ... 2047, not 2048")
    #expect(
      message { () throws(BenchError) in try options(runs: .max) }
        == "--runs is a number of 1 ... 10000, not 18446744073709551615")
    for frames: UInt64 in [0, 1, 32_768 - 1024, 65_537, 1 << 25, .max] {
      let text = message { () throws(BenchError) in try options(threads: 1, frames: frames) }
      #expect(text.hasPrefix("--frames is a "))
    }
  }

  @Test("unknown names are refused with those that there are")
  func names() {
    #expect(
      message { () throws(BenchError) in try options(pattern: "bulks") }
        == "--pattern is one of repeat, bulk, random-free, cross-free, mixed, order9, bulk-call, "
        + "page-pool-slow")
    #expect(
      message { () throws(BenchError) in try options(statistics: "on") }
        == "--statistics is one of off, counts, timing")
  }

  private func measure(_ nanoseconds: [Double]) -> BenchMeasure {
    BenchMeasure(
      side: "model", pattern: .bulk, phase: "free", threads: 4, nanoseconds: nanoseconds,
      operations: 1, failures: 0)
  }

  @Test("the line for programs has name, pattern, threads, median, minimum and maximum")
  func tsv() {
    #expect(measure([30, 10.005, 20]).tsv == "model/free\tbulk\t4\t20.00\t10.01\t30.00")
    #expect(measure([1, 2, 4, 3]).tsv == "model/free\tbulk\t4\t2.50\t1.00\t4.00")
  }

  @Test("numbers have two decimals, and what is none is a dash")
  func text() {
    #expect(BenchMeasure.text(0) == "0.00")
    #expect(BenchMeasure.text(0.055) == "0.06")
    #expect(BenchMeasure.text(1234.5) == "1234.50")
    #expect(BenchMeasure.text(.nan) == "-")
    #expect(BenchMeasure.text(.infinity) == "-")
    #expect(BenchMeasure.text(-1) == "-")
  }
}
