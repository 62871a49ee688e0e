// Sizes in bytes and durations in nanoseconds as people write them: `64MiB`, `1m30s`. Reading and
// printing are exact; a text that is not exact in its unit is no value.

/// Reads and prints sizes and durations.
public enum ConfigurationUnits {
  /// Size units, largest first, in bytes.
  private static let sizes: [(name: String, bytes: UInt64)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
  ]

  /// Duration units, largest first: `factor` times ten to the `tens` nanoseconds.
  private static let durations: [(name: String, factor: UInt64, tens: Int)] = [
    ("h", 3600, 9), ("m", 60, 9), ("s", 1, 9), ("ms", 1, 6), ("us", 1, 3), ("ns", 1, 0),
  ]

  /// The bytes of a text such as `64MiB`: a decimal whole number and a unit from KiB to TiB. Nil
  /// for any other text and above `UInt64.max`.
  public static func bytes(_ text: String) -> UInt64? {
    for unit in sizes where text.hasSuffix(unit.name) {
      let digits = text.dropLast(unit.name.count)
      guard !digits.isEmpty, digits.unicodeScalars.allSatisfy(\.isDecimalDigit) else { return nil }
      return UInt64(digits)?.multipliedExactly(by: unit.bytes)
    }
    return nil
  }

  /// The nanoseconds of a text such as `5s`, `1.5h` or `1m30s`: decimal numbers each with a unit
  /// from h to ns, larger units first, none twice. Nil for any other text, for parts of a
  /// nanosecond and above `UInt64.max`.
  public static func nanoseconds(_ text: String) -> UInt64? {
    var rest = Substring(text).unicodeScalars
    var total: UInt64 = 0
    var units = durations[...]
    repeat {
      let number = rest.prefix { $0.isDecimalDigit || $0 == "." }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { ("a"..."z").contains($0) }
      rest = rest.dropFirst(name.count)
      guard let index = units.firstIndex(where: { $0.name == String(name) }),
        let part = nanoseconds(String(number), index), let sum = total.addedExactly(part)
      else { return nil }
      units = units[(index + 1)...]
      total = sum
    } while !rest.isEmpty
    return total
  }

  private static func nanoseconds(_ number: String, _ index: Int) -> UInt64? {
    // Leading zeros, as in 1m05s, are usual here but not in JSON5.
    var digits = Substring(number)
    while digits.first == "0", digits.dropFirst().first?.isWholeNumber == true {
      digits.removeFirst()
    }
    let unit = durations[index]
    return JSON5Number(String(digits))?
      .unsigned(timesTenTo: unit.tens)?.multipliedExactly(by: unit.factor)
  }

  /// The size in the largest unit that divides it: `64MiB`, and plain bytes as `1000`.
  public static func sizeText(_ bytes: UInt64) -> String {
    guard bytes > 0, let unit = sizes.first(where: { bytes % $0.bytes == 0 }) else {
      return "\(bytes)"
    }
    return "\(bytes / unit.bytes)\(unit.name)"
  }

  /// The duration in whole units, zero parts left out: `1m30s`, `200ms`, and `0s`.
  /// ``nanoseconds(_:)`` reads it back.
  public static func durationText(_ nanoseconds: UInt64) -> String {
    var rest = nanoseconds
    var text = ""
    for unit in durations {
      let length = (0..<unit.tens).reduce(unit.factor) { product, _ in product * 10 }
      if rest >= length { text += "\(rest / length)\(unit.name)" }
      rest %= length
    }
    return text.isEmpty ? "0s" : text
  }
}
