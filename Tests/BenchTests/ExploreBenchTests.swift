// The bench of exploration: what it may be asked for, and that its programs hold their rules.

import Bench
import Exploration
import Testing

struct ExploreBenchTests {
  @Test("a command line says which strategies, how many threads and runs")
  func options() throws {
    let usual = try ExploreOptions(strategies: [], threads: nil, runs: nil)
    #expect(usual.strategies == [.random, .pct(3)] && usual.threads == [1, 2])
    let asked = try ExploreOptions(strategies: ["urw", "pct5"], threads: 4, runs: 3)
    #expect(asked.strategies == [.urw, .pct(5)] && asked.threads == [4] && asked.runs == 3)
    #expect(throws: BenchError.self) {
      try ExploreOptions(strategies: ["pct99"], threads: nil, runs: nil)
    }
    let one = try ExploreOptions(pattern: "atomics", strategies: [], threads: nil, runs: nil)
    #expect(one.programs == [.atomics])
    #expect(throws: BenchError.self) {
      try ExploreOptions(pattern: "repeat", strategies: [], threads: nil, runs: nil)
    }
    for wrong: UInt64 in [0, 65, .max] {
      #expect(throws: BenchError.self) {
        try ExploreOptions(strategies: [], threads: wrong, runs: nil)
      }
    }
    #expect(throws: BenchError.self) {
      try ExploreOptions(strategies: [], threads: nil, runs: 0)
    }
  }

  @Test("each program runs on two threads and breaks no rule", arguments: ExploreProgram.allCases)
  func programs(program: ExploreProgram) throws {
    var options = ExploreOptions()
    options.runs = 2
    options.points = 3_000
    let measure = try ExploreBench.measure(program, .surw, threads: 2, options)
    #expect(measure.failing == 0)
    #expect(measure.millionPoints.count == 2 && measure.minimum > 0)
    switch program {
    case .locks: #expect(measure.pointsPerSchedule == 18)
    case .atomics: #expect(measure.pointsPerSchedule == 30)
    case .allocator, .allocatorAll: #expect(measure.pointsPerSchedule > 100)
    }
    let fields = measure.tsv.split(separator: "\t")
    #expect(fields.count == 7 && fields[0] == "explore/\(program.rawValue)" && fields[2] == "2")
  }
}
