// What the tests of the trace readers share: the excerpts of two recordings, small hand-written
// recordings, and damage from a seeded stream.

import Foundation
import Testing

@testable import Recordings

enum TraceFixture {
  /// The bytes of an excerpt beside this file.
  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return [UInt8](try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name)")))
  }

  /// The zones of the machine that made the excerpts.
  static let zones = [
    TraceZone(index: 0, startPFN: 1, endPFN: 4096),
    TraceZone(index: 1, startPFN: 4096, endPFN: 1_048_576),
    TraceZone(index: 2, startPFN: 1_048_576, endPFN: 6_553_600),
  ]
}

/// Writes a recording, one microsecond per event.
struct TraceText {
  var text = ""
  private var time = 100

  mutating func add(_ cpu: Int, _ event: String, flags: String = ".....") {
    let stamp = "1.\(String(repeating: "0", count: 6 - "\(time)".count))\(time)"
    text += "            task-7       [00\(cpu)] \(flags)     \(stamp): \(event)\n"
    time += 1
  }

  mutating func alloc(
    _ cpu: Int, _ pfn: Int, order: Int = 0, type: Int = 0, flags: String = "....."
  ) {
    add(
      cpu, "mm_page_alloc: pfn=\(pfn) order=\(order) migratetype=\(type) gfp_flags=GFP_KERNEL",
      flags: flags)
  }

  mutating func free(_ cpu: Int, _ pfn: Int, order: Int = 0, flags: String = ".....") {
    add(cpu, "mm_page_free: pfn=\(pfn) order=\(order)", flags: flags)
  }

  mutating func batched(_ cpu: Int, _ pfn: Int, flags: String = ".....") {
    add(cpu, "mm_page_free_batched: pfn=\(pfn) order=0", flags: flags)
  }

  mutating func zoneLocked(_ cpu: Int, _ pfn: Int, order: Int = 0, type: Int = 0, refill: Int = 1) {
    add(
      cpu,
      "mm_page_alloc_zone_locked: pfn=\(pfn) order=\(order) migratetype=\(type) "
        + "percpu_refill=\(refill)")
  }

  mutating func drain(_ cpu: Int, _ pfn: Int, order: Int = 0, type: Int = 0) {
    add(cpu, "mm_page_pcpu_drain: pfn=\(pfn) order=\(order) migratetype=\(type)")
  }

  var recording: TraceRecording { FtraceReader.read(Array(text.utf8)) }

  func resolved() -> ResolvedTrace {
    TraceResolver.resolve(
      recording,
      zones: [
        TraceZone(index: 0, startPFN: 1, endPFN: 4096),
        TraceZone(index: 1, startPFN: 4096, endPFN: 65536),
      ])
  }
}

/// The SplitMix64 stream.
struct DamageStream {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

  /// `original` after one to six changes: bytes overwritten, removed, doubled, digits run wild.
  mutating func damage(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0...below(6) where !bytes.isEmpty {
      let at = below(bytes.count)
      switch below(6) {
      case 0: bytes[at] = UInt8(truncatingIfNeeded: next())
      case 1: bytes.removeSubrange(at..<min(bytes.count, at + below(20)))
      case 2: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + below(40))], at: at)
      case 3: bytes.insert(contentsOf: Array("99999999999999999999".utf8), at: at)
      case 4: bytes.removeSubrange(at...)
      default: bytes[at] = Array("\0\r\n []:=|.x-9>,(".utf8)[below(16)]
      }
    }
    return bytes
  }
}

extension TraceInputError {
  /// The line at fault; nil for a limit.
  var line: Int? {
    if case .line(let line, _) = problem { return line }
    return nil
  }

  /// What should have been there; empty for a limit.
  var expected: String {
    if case .line(_, let expected) = problem { return expected }
    return ""
  }
}
