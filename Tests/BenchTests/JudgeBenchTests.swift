// The bench of judges runs its programs, and they break no rule.

import Testing

@testable import Bench

struct JudgeBenchTests {
  @Test("each judge judges each program, and finds nothing", arguments: ExploreProgram.allCases)
  func measures(program: ExploreProgram) throws {
    for judge in JudgeBenchJudge.allCases {
      let measure = try JudgeBench.measure(program, judge, runs: 2, points: 20_000)
      #expect(measure.findings == 0)
      #expect(measure.millionPoints.count == 2 && measure.millionPoints.allSatisfy { $0 > 0 })
      #expect(measure.tsv.hasPrefix("judges/\(program.rawValue)\t\(judge.rawValue)\t"))
    }
  }
}
