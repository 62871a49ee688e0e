// The bench measures what it says, on both sides alike, and gives back all that it takes.

import Machine
import Testing

@testable import Bench

struct BenchTests {
  /// A bench that is done in an instant.
  private static func small(
    frames: Int = 8192, batch: Int = 8, statistics: StatisticsMode = .off, ledger: Bool = false
  ) -> BenchOptions {
    var options = BenchOptions()
    options.frames = frames
    options.batch = batch
    options.runs = 2
    options.statistics = statistics
    options.ledger = ledger
    options.sizes.pairs = 300
    options.sizes.held = 512
    options.sizes.rounds = 2
    options.sizes.mixedPairs = 400
    options.sizes.hugePairs = 20
    options.sizes.bulkPages = 1024
    options.sizes.poolPages = 700
    return options
  }

  private func expectSound(_ done: BenchCase, _ options: BenchOptions) {
    #expect(done.missingPages == 0)
    let phases = done.pattern.phases(options.sizes)
    let blocks = done.pattern == .bulkCall ? ["model-blocks"] : []
    let uniprocessor =
      done.pattern.cpuCount(threads: done.threads) == 1 ? ["model-uniprocessor"] : []
    let names =
      ["model", "model-tuned"] + blocks + ["model-irqDisable"] + uniprocessor + ["reference"]
    #expect(done.measures.count == phases.count * names.count)
    for phase in phases {
      let sides = names.map { done.measure($0, phase) }
      #expect(sides.allSatisfy { $0 != nil && $0?.nanoseconds.count == options.runs })
      #expect(Set(sides.map { $0?.operations }).count == 1, "\(phase): all do the same")
      #expect(sides.allSatisfy { ($0?.operations ?? 0) > 0 && ($0?.median ?? 0) > 0 })
    }
  }

  @Test(
    "each pattern gives back all memory and does the same on both sides",
    arguments: BenchPattern.allCases, [1, 2, 3])
  func patterns(pattern: BenchPattern, threads: Int) throws {
    let options = Self.small()
    let done = try Bench.measure(pattern, threads: threads, options)
    expectSound(done, options)
    // Of `mixed`, blocks of order 9 are not always to be had in so little memory.
    if pattern != .mixed { #expect(done.measures.allSatisfy { $0.failures == 0 }) }
  }

  @Test("each pattern is clean with statistics and the ledger", arguments: BenchPattern.allCases)
  func judged(pattern: BenchPattern) throws {
    for statistics in StatisticsMode.allCases {
      let options = Self.small(statistics: statistics, ledger: true)
      expectSound(try Bench.measure(pattern, threads: 2, options), options)
    }
  }

  @Test("refills of a single page work on both sides")
  func smallestBatch() throws {
    let options = Self.small(batch: 1)
    for pattern in BenchPattern.allCases {
      expectSound(try Bench.measure(pattern, threads: 2, options), options)
    }
  }

  @Test("a run without enough memory counts what failed, and loses nothing")
  func shortOfMemory() throws {
    var options = Self.small(frames: 1024)
    options.sizes.held = 2048
    let done = try Bench.measure(.bulk, threads: 2, options)
    #expect(done.missingPages == 0)
    #expect(done.measures.filter { $0.phase == "allocate" }.allSatisfy { $0.failures > 0 })
  }

  @Test("operations are those of all threads and all runs but the first")
  func operations() throws {
    let options = Self.small()
    let done = try Bench.measure(.bulk, threads: 2, options)
    #expect(done.measure("model", "free")?.operations == 2 * 2 * 2 * 512)
  }

  @Test("runs report each pattern with each number of threads, in order")
  func order() throws {
    var options = Self.small()
    options.patterns = [.repeat, .order9]
    options.threads = [2, 1]
    var seen: [String] = []
    try Bench.run(options) { seen.append("\($0.pattern.rawValue) \($0.threads)") }
    #expect(seen == ["repeat 2", "repeat 1", "order9 2", "order9 1"])
  }
}
