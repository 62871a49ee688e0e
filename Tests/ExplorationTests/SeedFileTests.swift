// A seed file is had again as it was written; a bad one is one error with a place.

import Exploration
import Foundation
import Harness
import JSON5
import Machine
import Testing

@Suite("Seed files")
struct SeedFileTests {
  private func sample() throws -> (SmallProgram, SeedFile) {
    let program = try SmallProgram(
      cpus: 3, options: .small(.all, interrupts: [.nic: 3], started: 1), everyKind)
    let fingerprints = FingerprintRecorder(of: program.machine)
    let done = program.replayer.record(
      seed: 7, strategy: InterruptInjection(into: RandomWalk()), watchedBy: [fingerprints])
    let file = SeedFile(
      modelVersion: "7.3-1", config: #"{ "name": "a \"b\"", "cpus": [1, 2.5, -3] }"#,
      seed: .max, index: 123_456, strategy: "random", profile: [14, .max], script: done.script,
      expectation: .finding(rule: "broken", site: "checker"), fingerprints: fingerprints.taken,
      traceHash: done.outcome.traceHash)
    return (program, file)
  }

  private func read(_ text: String) throws(ConfigurationError) -> SeedFile {
    try SeedFileReader.read(Array(text.utf8), name: "a.seed.json")
  }

  @Test("are read as they were written, and give the recorded schedule")
  func roundTrip() throws {
    let (program, file) = try sample()
    let text = try SeedFileWriter.text(file)
    let again = try read(text)
    #expect(again == file)
    #expect(try SeedFileWriter.text(again) == text)
    let recorder = FingerprintRecorder(of: program.machine)
    let done = program.replayer.replay(again.script, watchedBy: [recorder])
    #expect(done.outcome.traceHash == again.traceHash)
    #expect(Divergence(recorded: again.fingerprints, replayed: recorder.taken) == nil)
    var clean = file
    clean.expectation = .clean
    #expect(try read(SeedFileWriter.text(clean)).expectation == .clean)
  }

  @Test("have lines that a person can read, of at most 100 columns where words allow")
  func lines() throws {
    let text = try SeedFileWriter.text(try sample().1)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.first == "{" && lines.last == "}")
    #expect(lines.contains { $0.contains(#""interrupt": "nic", "to": "#) })
    #expect(lines.contains(#"  "expected": { "rule": "broken", "site": "checker" },"#))
    #expect(lines.contains(#"  "seed": 18446744073709551615,"#))
    #expect(lines.filter { $0.count > 100 }.allSatisfy { $0.contains("\"steps\"") })
  }

  @Test("say what they expect of a schedule")
  func expectations() throws {
    let program = try SmallProgram(cpus: 3, options: .small(), reorder)
    let found = try #require(program.find("broken"))
    let clean = program.replayer.record(seed: 1, strategy: ScheduleStrategy())
    let expected = SeedExpectation.finding(rule: "broken", site: "checker")
    #expect(expected.isMet(by: found) && !expected.isMet(by: clean))
    #expect(SeedExpectation.clean.isMet(by: clean) && !SeedExpectation.clean.isMet(by: found))
    #expect(!SeedExpectation.finding(rule: "broken", site: "main").isMet(by: found))
  }

  @Test(
    "that are wrong give one error at the place",
    arguments: [
      (#""formatVersion": 1"#, #""formatVersion": 2"#, "2:20", "expected format version 1"),
      (#""granularity": "all""#, #""granularity": "al""#, "", "one of \"sync\", \"all\""),
      (#""seed": 18446744073709551615"#, #""seed": -1"#, "", "expected a whole number"),
      (#""cpu": 0, "#, #""cpu": 255, "#, "", "from -1 to 254"),
      (#""interrupt": "nic""#, #""interrupt": "nik""#, "", "nic"),
      (#""traceHash": "0x"#, #""traceHash": "0y"#, "", "expected a hash"),
      (#""stepCount": "#, #""stepCount": 9"#, "", "expected a hash for each 64"),
      (#""steps": "0: "#, #""steps": "0: 9999 "#, "", "numbers of words below"),
      (#""strategy": "#, #""stratgy": "#, "", "strategy"),
      (#""expected": {"#, #""expected": "dirty", "x": {"#, "", "\"clean\" or an object"),
      (#""config": {"#, #""config": 3, "x": {"#, "", "expected an object, found 3"),
    ])
  func badFiles(part: String, replacement: String, place: String, message: String) throws {
    let text = try SeedFileWriter.text(try sample().1)
    try #require(text.contains(part), "\(part)")
    let range = try #require(text.range(of: part))
    let bad = text.replacingCharacters(in: range, with: replacement)
    do {
      _ = try read(bad)
      Issue.record("\(replacement) was taken")
    } catch {
      #expect(error.description.hasPrefix("a.seed.json:\(place)"), "\(error)")
      #expect(error.description.contains(message), "\(error)")
      #expect(error.line > 0 && error.column > 0)
    }
  }

  @Test("with two deviations at one place, or out of order, are refused")
  func order() throws {
    var file = try sample().1
    let first = Deviation(cpu: 0, point: 5, to: ScheduleChoice(cpu: 1))
    for point in [5, 4] {
      file.script.deviations = [first, Deviation(cpu: 0, point: point, to: ScheduleChoice(cpu: 2))]
      let text = try SeedFileWriter.text(file)
      #expect(throws: ConfigurationError.self) { try read(text) }
    }
  }

  @Test("that are cut, or of which characters were changed, never trap")
  func mutations() throws {
    let (program, file) = try sample()
    let bytes = Array(try SeedFileWriter.text(file).utf8)
    var stream = RandomStream(seed: 99)
    var readCount = 0
    for round in 0..<1_500 {
      var changed = bytes
      if round % 3 == 0 { changed.removeLast(stream.below(changed.count)) }
      for _ in 0..<(1 + stream.below(3)) where !changed.isEmpty {
        changed[stream.below(changed.count)] = UInt8(stream.below(128))
      }
      guard let file = try? SeedFileReader.read(changed, name: "m") else { continue }
      readCount += 1
      // What is read can be run and compared.
      let recorder = FingerprintRecorder(of: program.machine)
      _ = program.replayer.replay(file.script, watchedBy: [recorder])
      _ = Divergence(recorded: file.fingerprints, replayed: recorder.taken)
    }
    #expect(readCount > 0 && readCount < 1_500)
  }
}
