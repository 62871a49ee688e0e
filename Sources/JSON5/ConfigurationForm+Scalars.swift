// The forms of numbers, sizes, durations, words and texts.

extension ConfigurationForm where Value == Int {
  /// A whole number in `range`; hexadecimal and `1e6` included. `unit` is its type in tables.
  public static func int(in range: ClosedRange<Int>, _ unit: String = "whole number") -> Self {
    Self(
      wholeNumberText(range), plural: "whole numbers", type: unit, range: rangeText(range),
      ends: endsOf(range),
      write: { .number(JSON5Number($0)) },
      read: { node in
        guard case .number(let number) = node.value, let value = number.asInt else { return nil }
        return range.contains(value) ? value : nil
      })
  }
}

extension ConfigurationForm where Value == UInt64 {
  /// A whole number of up to 64 bits in `range`.
  public static func uint64(in range: ClosedRange<UInt64> = 0...UInt64.max) -> Self {
    Self(
      wholeNumberText(range), plural: "numbers", type: "whole number", range: rangeText(range),
      ends: endsOf(range),
      write: { .number(JSON5Number($0)) },
      read: { node in
        guard case .number(let number) = node.value, let value = number.asUInt64 else {
          return nil
        }
        return range.contains(value) ? value : nil
      })
  }

  /// Bytes in `range`: a whole number, or a string such as `"64MiB"`.
  public static func size(in range: ClosedRange<UInt64> = 0...UInt64.max) -> Self {
    let limits = limitsText(range, ConfigurationUnits.sizeText)
    return Self(
      "a size\(limits), in bytes or like \"64MiB\"", plural: "sizes", type: "size",
      range: rangeText(range, ConfigurationUnits.sizeText), ends: endsOf(range),
      // Nothing has no unit.
      write: { $0 == 0 ? .number(JSON5Number(0)) : .string(ConfigurationUnits.sizeText($0)) },
      hint: { node in
        guard case .string(let text) = node.value, ConfigurationUnits.bytes(text) == nil else {
          return ""
        }
        return "the units are KiB, MiB, GiB and TiB"
      },
      read: { node in
        let bytes: UInt64?
        switch node.value {
        case .number(let number): bytes = number.asUInt64
        case .string(let text): bytes = ConfigurationUnits.bytes(text)
        default: bytes = nil
        }
        return bytes.flatMap { range.contains($0) ? $0 : nil }
      })
  }

  /// Nanoseconds in `range`: a number of seconds, or a string such as `"200ms"` or `"1m30s"`.
  public static func duration(in range: ClosedRange<UInt64> = 0...UInt64.max) -> Self {
    let limits = limitsText(range, ConfigurationUnits.durationText)
    return Self(
      "a duration\(limits), in seconds or like \"1m30s\"", plural: "durations", type: "duration",
      range: rangeText(range, ConfigurationUnits.durationText), ends: endsOf(range),
      write: { .string(ConfigurationUnits.durationText($0)) },
      hint: { node in
        guard case .string(let text) = node.value, ConfigurationUnits.nanoseconds(text) == nil
        else { return "" }
        return "the units are h, m, s, ms, us and ns, larger ones first"
      },
      read: { node in
        let nanoseconds: UInt64?
        switch node.value {
        case .number(let number): nanoseconds = number.unsigned(timesTenTo: 9)
        case .string(let text): nanoseconds = ConfigurationUnits.nanoseconds(text)
        default: nanoseconds = nil
        }
        return nanoseconds.flatMap { range.contains($0) ? $0 : nil }
      })
  }
}

extension ConfigurationForm where Value == Bool {
  /// True or false.
  public static var bool: Self {
    Self(
      "true or false", plural: "flags", type: "true, false", ends: [true, false],
      write: { .bool($0) },
      read: { node in if case .bool(let flag) = node.value { flag } else { nil } })
  }
}

extension ConfigurationForm where Value == String {
  /// Any string.
  public static var string: Self {
    Self(
      "a string", plural: "strings", type: "text", write: { .string($0) },
      read: { node in if case .string(let text) = node.value { text } else { nil } })
  }

  /// One of the given words.
  public static func oneOf(_ words: [String]) -> Self { .named(words) { $0 } }
}

extension ConfigurationForm {
  /// One of some values, each by its name.
  public static func named(
    _ values: [Value], by name: @escaping @Sendable (Value) -> String
  ) -> Self {
    let words = values.map(name)
    let list = words.map(JSON5Writer.quoted).joined(separator: ", ")
    return Self(
      words.count == 1 ? list : "one of \(list)", plural: "strings", type: "word", range: list,
      ends: values, write: { .string(name($0)) },
      hint: { node in
        guard case .string(let text) = node.value else { return "" }
        return didYouMeanHint(text, among: words)
      },
      read: { node in
        guard case .string(let text) = node.value else { return nil }
        return zip(words, values).first { $0.0 == text }?.1
      })
  }
}

/// Both ends of a range, or the one value.
private func endsOf<Bound>(_ range: ClosedRange<Bound>) -> [Bound] {
  range.lowerBound == range.upperBound
    ? [range.lowerBound] : [range.lowerBound, range.upperBound]
}

private func rangeText<Bound>(
  _ range: ClosedRange<Bound>, _ text: (Bound) -> String = { "\($0)" }
) -> String {
  "\(text(range.lowerBound)) ... \(text(range.upperBound))"
}

/// `a whole number` and its limits, without those that are the type's own.
private func wholeNumberText<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> String {
  switch (range.lowerBound, range.upperBound) {
  case (Number.min, Number.max) where Number.isSigned: return "a whole number"
  case (let lower, Number.max) where Number.isSigned: return "a whole number of at least \(lower)"
  case (Number.min, let upper) where Number.isSigned: return "a whole number of at most \(upper)"
  case (let lower, let upper): return "a whole number from \(lower) to \(upper)"
  }
}

/// A quantity's limits in its own units, without those that are the type's own.
private func limitsText(_ range: ClosedRange<UInt64>, _ text: (UInt64) -> String) -> String {
  switch (range.lowerBound, range.upperBound) {
  case (0, UInt64.max): return ""
  case (let lower, UInt64.max): return " of at least \(text(lower))"
  case (let lower, let upper): return " from \(text(lower)) to \(text(upper))"
  }
}
