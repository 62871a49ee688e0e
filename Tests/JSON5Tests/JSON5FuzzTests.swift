// Damaged documents: the reader must return or throw, and its error must point into the text. A
// trap here would end the test process, so reaching the end is the test.

import Testing

@testable import JSON5

@Suite("JSON5 damaged input")
struct JSON5FuzzTests {
  private static let samples = [
    "{ machine: { cpus: 4, memory: '64MiB' }, seed: 0xDEADBEEF, }",
    "// top\r\n{\"a\": [1, -2.5e+3, .5, 5., +Infinity, NaN],/* b */'c d':\"\\n\\u0041\\x42\"}\n",
    "{workloads:[{kind:'churn',share:0.5},{kind:'hold',ticks:[1,2,3]}],stop:{duration:'1m30s'}}",
    "['\\uD83D\\uDE00', \"a\\\nb\", 'é\u{1F600}', null, true, false, [[[[[]]]]], {}]",
    "\u{FEFF}{ $a_1: { größe: { \\u0061b: 18446744073709551615 } } }",
  ].map { Array($0.utf8) }

  private static let tokens = [
    "{", "}", "[", "]", ",", ":", "\"", "'", "\\", "/*", "*/", "//", "\\u", "\\x", "0x", "e+", "-",
    "\r", "\n", "\u{2028}", "\0", "machine", "{a:[", "1e99999999999", "é",
  ].map { Array($0.utf8) }

  @Test("20000 damaged documents each read or fail at a place inside the text")
  func damaged() {
    var generator = JSON5TestGenerator(seed: 0x5EED)
    var readCount = 0
    var failedCount = 0
    for _ in 0..<20_000 {
      let bytes = Self.damage(generator.pick(Self.samples), with: &generator)
      do throws(JSON5Error) {
        let node = try JSON5Reader.read(bytes, file: "f")
        #expect(node.nesting <= JSON5Reader.nestingMax)
        readCount += 1
      } catch {
        failedCount += 1
        if !Self.isInside(error.position, of: bytes) || !Self.isComplete(error) {
          Issue.record("\(error) for \(bytes)")
        }
      }
    }
    #expect(readCount > 100)
    #expect(failedCount > 10_000)
  }

  @Test("every truncation of every sample reads or fails at its end or before")
  func truncated() {
    for sample in Self.samples {
      for length in 0..<sample.count {
        let bytes = Array(sample.prefix(length))
        do throws(JSON5Error) {
          _ = try JSON5Reader.read(bytes, file: "f")
        } catch {
          #expect(Self.isInside(error.position, of: bytes))
        }
      }
    }
  }

  @Test("damaged settings and their decoding return or throw")
  func damagedSettings() throws {
    var generator = JSON5TestGenerator(seed: 0xBAD)
    let root = try JSON5Reader.read(Self.samples[2], file: "f")
    let setting = Array("workloads[1].share=[1, {a: 'b'}]".utf8)
    for _ in 0..<2_000 {
      let bytes = Self.damage(setting, with: &generator)
      do throws(ConfigurationError) {
        let changed = try root.applying(setting: String(decoding: bytes, as: UTF8.self))
        let cursor = try ConfigurationObject(changed)
        for workload in try cursor.objects("workloads") {
          _ = try workload.value("share", .int(in: 0...1), default: 0)
          _ = try workload.value("ticks", .duration(), default: 0)
          try workload.finish()
        }
      } catch {
        #expect(Self.isComplete(error))
      }
    }
  }

  private static func isComplete(_ error: ConfigurationError) -> Bool {
    !error.message.isEmpty && !error.description.unicodeScalars.contains("\n")
  }

  /// Overwrites, inserts, removes, repeats or cuts, one to four times.
  private static func damage(
    _ sample: [UInt8], with generator: inout JSON5TestGenerator
  ) -> [UInt8] {
    var bytes = sample
    for _ in 0...generator.below(4) where !bytes.isEmpty {
      let index = generator.below(bytes.count)
      let end = min(bytes.count, index + 1 + generator.below(8))
      switch generator.below(7) {
      case 0: bytes[index] = UInt8(truncatingIfNeeded: generator.next())
      case 1: bytes[index] ^= 1 << UInt8(generator.below(8))
      case 2: bytes.insert(contentsOf: generator.pick(tokens), at: index)
      case 3: bytes.removeSubrange(index..<end)
      case 4: bytes.insert(contentsOf: bytes[index..<end], at: generator.below(bytes.count))
      case 5: bytes.removeSubrange(index...)
      default:
        let token = generator.pick(tokens)
        for _ in 0..<generator.below(200) { bytes.insert(contentsOf: token, at: index) }
      }
    }
    return bytes
  }

  /// Whether the place is a character of the text or the end of one of its lines.
  private static func isInside(_ place: SourcePosition, of bytes: [UInt8]) -> Bool {
    var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    var lengths = [0]
    for (index, scalar) in scalars.enumerated() {
      let isCRBeforeLF = scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
      if scalar == "\n" || (scalar == "\r" && !isCRBeforeLF) {
        lengths.append(0)
      } else {
        lengths[lengths.count - 1] += 1
      }
    }
    guard place.line >= 1, place.line <= lengths.count else { return false }
    return place.column >= 1 && place.column <= lengths[place.line - 1] + 1
  }
}
