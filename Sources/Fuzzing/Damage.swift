// Damage done to a text from a seeded stream: what broken disks, editors, copies and people do.

import Machine

/// Damages texts.  The same stream does the same damage.
struct Damage {
  /// Bytes that a text may grow to, so that damage upon damage stays cheap to read.
  static let byteCountMax = 1 << 16

  /// Texts to splice pieces of into others.
  let donors: [[UInt8]]
  /// Words of the formats that are put in anywhere.
  let words: [[UInt8]]

  /// Numbers at the edges of what readers hold them in, and far beyond.
  static let numbers = [
    "0", "-0", "-1", "1", "3", "4", "127", "128", "255", "256", "65535", "65536", "2147483647",
    "2147483648", "4294967295", "4294967296", "4503599627370495", "4503599627370496",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
    "18446744073709551616", "99999999999999999999999999", "0x7fffffffffffffff",
    "0xffffffffffffffffffff", "1e308", "1e-400", "1e99999999999", "268435455", "268435456",
  ].map { Array($0.utf8) }

  /// Byte sequences that are no UTF-8, or odd: cut off, too long, surrogates, above the last
  /// character, a byte order mark, a line separator, NULs.
  static let oddities: [[UInt8]] = [
    [0xFF], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
    [0xEF, 0xBB, 0xBF], [0xE2, 0x80, 0xA8], [0], [0, 0, 0, 0], [0x1B, 0x5B, 0x32, 0x4A], [0x7F],
  ]

  /// `text` after one to four kinds of damage, most often one.
  func apply(to text: [UInt8], _ stream: inout RandomStream) -> [UInt8] {
    var bytes = text
    let more = stream.chance(1, in: 2) ? stream.below(4) : 0
    for _ in 0...more {
      switch stream.below(4) {
      case 0: damageBytes(&bytes, &stream)
      case 1: damageLines(&bytes, &stream)
      case 2: damageNumber(&bytes, &stream)
      default: insert(&bytes, &stream)
      }
      if bytes.count > Self.byteCountMax { bytes.removeSubrange(Self.byteCountMax...) }
    }
    return bytes
  }

  private func damageBytes(_ bytes: inout [UInt8], _ stream: inout RandomStream) {
    if bytes.isEmpty { return }
    let at = stream.below(bytes.count)
    let end = min(bytes.count, at + 1 + stream.below(24))
    switch stream.below(7) {
    case 0: bytes[at] = UInt8(truncatingIfNeeded: stream.next())
    case 1: bytes[at] ^= 1 << UInt8(stream.below(8))
    case 2: bytes.removeSubrange(at..<end)
    case 3: bytes.insert(contentsOf: bytes[at..<end], at: stream.below(bytes.count))
    case 4: bytes.removeSubrange(at...)
    case 5:
      let donor = pick(donors, &stream)
      bytes.replaceSubrange(at..., with: donor.suffix(stream.below(donor.count + 1)))
    default:
      // All line ends, as an editor of another system writes them.
      bytes = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        .joined(separator: [0x0D, 0x0A]).map { $0 }
    }
  }

  private func damageLines(_ bytes: inout [UInt8], _ stream: inout RandomStream) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let one = stream.below(lines.count)
    let other = stream.below(lines.count)
    switch stream.below(5) {
    case 0: lines.swapAt(one, other)
    case 1: lines.remove(at: one)
    case 2: lines.insert(lines[one], at: other)
    case 3: lines.removeSubrange(min(one, other)..<max(one, other))
    default:
      let donor = pick(donors, &stream).split(separator: 0x0A)
      if !donor.isEmpty { lines.insert(donor[stream.below(donor.count)], at: one) }
    }
    bytes = Array(lines.joined(separator: [0x0A]))
  }

  /// Puts another number in the place of one of the text's.
  private func damageNumber(_ bytes: inout [UInt8], _ stream: inout RandomStream) {
    if bytes.isEmpty { return }
    func isDigit(_ index: Int) -> Bool { bytes[index] >= 0x30 && bytes[index] <= 0x39 }
    var start = stream.below(bytes.count)
    while start < bytes.count && !isDigit(start) { start += 1 }
    var end = start
    while end < bytes.count && isDigit(end) { end += 1 }
    if start == end { return }
    let isNear = stream.chance(1, in: 3)
    let number = isNear ? Array("\(stream.below(5000))".utf8) : pick(Self.numbers, &stream)
    bytes.replaceSubrange(start..<end, with: number)
  }

  private func insert(_ bytes: inout [UInt8], _ stream: inout RandomStream) {
    let at = stream.below(bytes.count + 1)
    switch stream.below(5) {
    case 0: bytes.insert(contentsOf: pick(words, &stream), at: at)
    case 1: bytes.insert(contentsOf: pick(Self.oddities, &stream), at: at)
    case 2: bytes.insert(contentsOf: pick(Self.numbers, &stream), at: at)
    case 3:
      // Deep nesting, or a number of very many digits.
      let word = pick(words, &stream)
      let count = stream.chance(1, in: 16) ? stream.below(4000) : stream.below(40)
      bytes.insert(contentsOf: (0..<count).flatMap { _ in word }, at: at)
    default:
      let byte = UInt8(truncatingIfNeeded: stream.next())
      let count = stream.chance(1, in: 16) ? stream.below(10_000) : stream.below(60)
      bytes.insert(contentsOf: repeatElement(byte, count: count), at: at)
    }
  }

  private func pick(_ choices: [[UInt8]], _ stream: inout RandomStream) -> [UInt8] {
    choices[stream.below(choices.count)]
  }
}
