// Writes seed files: JSON that any reader takes, a line for each deviation and for 64 steps.

import JSON5
import Machine

/// Writes a seed file.
public enum SeedFileWriter {
  private static let place = SourcePosition(file: "seed", line: 1, column: 1)

  /// The file's text, ending with a line feed.
  ///
  /// - Throws: ``ConfigurationError`` when the file's config is no JSON5 text.
  public static func text(_ file: SeedFile) throws(ConfigurationError) -> String {
    let members: [(String, JSON5Node)] = [
      ("formatVersion", number(SeedFile.currentFormatVersion)),
      ("modelVersion", string(file.modelVersion)),
      ("expected", expectation(file.expectation)),
      ("seed", number(file.seed)), ("index", number(file.index)),
      ("strategy", string(file.strategy)), ("profile", array(file.profile.map { number($0) })),
      ("scheduleSeed", number(file.script.seed)),
      ("granularity", string(file.script.granularity.rawValue)),
      ("endsFairly", node(.bool(file.script.endsFairly))),
      ("deviations", array(file.script.deviations.map(deviation))),
      ("traceHash", string(hex(file.traceHash))),
      ("stepCount", number(file.fingerprints.stepCount)),
      ("words", array(file.fingerprints.words.map(string))),
      ("fingerprints", array(chunks(file.fingerprints))),
      ("config", try JSON5Reader.read(file.config, file: "config of the seed")),
    ]
    return JSONWriter.text(object(members))
  }

  private static func expectation(_ expectation: SeedExpectation) -> JSON5Node {
    switch expectation {
    case .clean: return string("clean")
    case .finding(let rule, let site):
      return object([("rule", string(rule)), ("site", string(site))])
    }
  }

  private static func deviation(_ deviation: Deviation) -> JSON5Node {
    var members = [("cpu", number(deviation.cpu)), ("point", number(deviation.point))]
    if let interrupt = deviation.interrupt {
      members.append(("interrupt", string(interrupt.name)))
    }
    members.append(("to", number(deviation.target)))
    return object(members)
  }

  /// A link of the chain with the steps that lead to it: `0: 3 4 5 1: 7`, a CPU and what it did.
  private static func chunks(_ fingerprints: StepFingerprints) -> [JSON5Node] {
    fingerprints.chain.enumerated().map { index, link in
      let start = index * StepFingerprints.chunkSteps
      var words: [String] = []
      var cpu = -1
      for step in fingerprints.steps.dropFirst(start).prefix(StepFingerprints.chunkSteps) {
        if step.cpu != cpu { words.append("\(step.cpu):") }
        cpu = step.cpu
        words.append("\(step.word)")
      }
      return object([
        ("hash", string(hex(link))), ("steps", string(words.joined(separator: " "))),
      ])
    }
  }

  private static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  private static func node(_ value: JSON5Value) -> JSON5Node { JSON5Node(value, at: place) }
  private static func string(_ text: String) -> JSON5Node { node(.string(text)) }
  private static func number(_ value: some FixedWidthInteger) -> JSON5Node {
    node(.number(JSON5Number(value)))
  }
  private static func array(_ nodes: [JSON5Node]) -> JSON5Node { node(.array(nodes)) }
  private static func object(_ members: [(String, JSON5Node)]) -> JSON5Node {
    node(
      .object(members.map { JSON5Member(key: $0.0, keyPosition: place, value: $0.1) }))
  }
}
