// Damaged input by number: the same number gives the same input, and none of the first thousands
// is taken wrongly.  A trap would end the test process, so reaching the end is the test.

import Foundation
import Testing

@testable import Fuzzing

struct FuzzerTests {
  private func samples() throws -> FuzzSamples {
    return FuzzSamples(configs: SmallMachine.configs, machines: [], traces: []).withSmallMachine
  }

  @Test(
    "the same seed and number give the same input, others another", arguments: FuzzReader.allCases)
  func repeatable(reader: FuzzReader) throws {
    let samples = try samples()
    let fuzzer = Fuzzer(reader, samples, seed: 7)
    let inputs = (0..<50).map { fuzzer.input($0) }
    #expect(inputs == (0..<50).map { Fuzzer(reader, samples, seed: 7).input($0) })
    let others = (0..<50).map { Fuzzer(reader, samples, seed: 8).input($0) }
    #expect(zip(inputs, others).filter { $0 == $1 }.count < 5)
  }

  @Test("sound samples are accepted, built and run", arguments: FuzzReader.allCases)
  func sound(reader: FuzzReader) throws {
    let fuzzer = Fuzzer(reader, try samples(), seed: 1)
    for skipped in 0..<3 {
      #expect(fuzzer.judge(fuzzer.sound(skipping: skipped), isBuilt: true, isRun: true) == .run)
      #expect(fuzzer.judge(fuzzer.sound(skipping: skipped), isBuilt: true, isRun: false) == .built)
    }
  }

  @Test(
    "damaged inputs are refused or accepted, and what is accepted runs clean",
    arguments: FuzzReader.allCases)
  func damaged(reader: FuzzReader) throws {
    let fuzzer = Fuzzer(reader, try samples(), seed: 1)
    var verdicts: [FuzzVerdict] = []
    for number in 0..<300 {
      let input = fuzzer.input(UInt64(number))
      let verdict = fuzzer.judge(input, isBuilt: true, isRun: number % 8 == 0)
      if case .wrong(let sentence) = verdict { Issue.record("input \(number): \(sentence)") }
      verdicts.append(verdict)
    }
    #expect(verdicts.contains(.refused) || reader == .trace)
    #expect(verdicts.contains(.built) && verdicts.contains(.run))
  }
}
