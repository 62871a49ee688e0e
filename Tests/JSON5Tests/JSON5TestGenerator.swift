// The seeded source of the JSON5 tests' random trees and damaged texts.

@testable import JSON5

/// SplitMix64 and what the tests draw from it. The same seed gives the same draws.
struct JSON5TestGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A number from 0 to `bound` - 1, nearly even.
  mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(bound))
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// A tree of at most five levels.
  mutating func node(level: Int) -> JSON5Node {
    let place = SourcePosition(file: "generated", line: 1, column: 1)
    switch below(level < 5 ? 7 : 4) {
    case 0: return JSON5Node(pick([.null, .bool(true), .bool(false)]), at: place)
    case 1: return JSON5Node(.number(JSON5Number(next())), at: place)
    case 2:
      let texts = ["-0", "+.5", "5.", "0xAbC", "1e-9", "Infinity", "-NaN"]
      return JSON5Node(JSON5Number(pick(texts)).map { .number($0) } ?? .null, at: place)
    case 3: return JSON5Node(.string(string()), at: place)
    case 4, 5:
      let count = below(5)
      return JSON5Node(.array((0..<count).map { _ in node(level: level + 1) }), at: place)
    default:
      let count = below(5)
      let members = (0..<count).map { index in
        JSON5Member(
          key: "\(index)\(string())", keyPosition: place, value: node(level: level + 1))
      }
      return JSON5Node(.object(members), at: place)
    }
  }

  private mutating func string() -> String {
    let scalars: [Unicode.Scalar] = [
      "a", "Z", "0", " ", "\"", "'", "\\", "\n", "\r", "\t", "\0", "/", "*", "é", "\u{301}",
      "\u{2028}", "\u{FEFF}", "\u{1F600}", "\u{85}", "$", "_",
    ]
    let count = below(20)
    return String(String.UnicodeScalarView((0..<count).map { _ in pick(scalars) }))
  }
}
