// What a configuration value must look like: the words an error uses for it, and the function that
// reads it. Keeping the two together is what makes every error say what would be right.

/// A form that a JSON5 value must have to become a `Value`.
public struct ConfigurationForm<Value> {
  /// The form after `expected`, such as `a whole number from 1 to 128`.
  public let expected: String
  /// The value, nil when the node does not have this form.
  let read: (JSON5Node) -> Value?
  /// More help for a node that does not have this form; empty for none.
  var hint: (JSON5Node) -> String = { _ in "" }

  /// Reads the node.
  ///
  /// - Throws: ``ConfigurationError`` at the node when it does not have this form.
  public func value(_ node: JSON5Node, path: String) throws(ConfigurationError) -> Value {
    if let value = read(node) { return value }
    throw ConfigurationError(
      at: node.position, path: path, message: "expected \(expected), found \(node.summary)",
      hint: hint(node))
  }
}

extension ConfigurationForm where Value == Int {
  /// A whole number in `range`; hexadecimal and `1e6` included.
  public static func int(in range: ClosedRange<Int>) -> Self {
    Self(expected: wholeNumberText(range)) { node in
      guard case .number(let number) = node.value, let value = number.asInt else { return nil }
      return range.contains(value) ? value : nil
    }
  }
}

extension ConfigurationForm where Value == UInt64 {
  /// A whole number of up to 64 bits in `range`.
  public static func uint64(in range: ClosedRange<UInt64>) -> Self {
    Self(expected: wholeNumberText(range)) { node in
      guard case .number(let number) = node.value, let value = number.asUInt64 else { return nil }
      return range.contains(value) ? value : nil
    }
  }

  /// Bytes in `range`: a whole number, or a string such as `"64MiB"`.
  public static func size(in range: ClosedRange<UInt64>) -> Self {
    let limits = limitsText(range, ConfigurationUnits.sizeText)
    return Self(expected: "a size\(limits), in bytes or like \"64MiB\"") { node in
      let bytes: UInt64?
      switch node.value {
      case .number(let number): bytes = number.asUInt64
      case .string(let text): bytes = ConfigurationUnits.bytes(text)
      default: bytes = nil
      }
      return bytes.flatMap { range.contains($0) ? $0 : nil }
    } hint: { node in
      guard case .string(let text) = node.value, ConfigurationUnits.bytes(text) == nil else {
        return ""
      }
      return "the units are KiB, MiB, GiB and TiB"
    }
  }

  /// Nanoseconds in `range`: a number of seconds, or a string such as `"200ms"`.
  public static func duration(in range: ClosedRange<UInt64>) -> Self {
    let limits = limitsText(range, ConfigurationUnits.durationText)
    return Self(expected: "a duration\(limits), in seconds or like \"1m30s\"") { node in
      let nanoseconds: UInt64?
      switch node.value {
      case .number(let number): nanoseconds = number.unsigned(timesTenTo: 9)
      case .string(let text): nanoseconds = ConfigurationUnits.nanoseconds(text)
      default: nanoseconds = nil
      }
      return nanoseconds.flatMap { range.contains($0) ? $0 : nil }
    } hint: { node in
      guard case .string(let text) = node.value, ConfigurationUnits.nanoseconds(text) == nil else {
        return ""
      }
      return "the units are h, m, s, ms, us and ns, larger ones first"
    }
  }
}

extension ConfigurationForm where Value == Double {
  /// A finite number in `range`; an infinite end means no limit there.
  public static func double(in range: ClosedRange<Double>) -> Self {
    let expected: String
    switch (range.lowerBound, range.upperBound) {
    case (-Double.infinity, Double.infinity): expected = "a number"
    case (let lower, Double.infinity): expected = "a number of at least \(lower)"
    case (-Double.infinity, let upper): expected = "a number of at most \(upper)"
    case (let lower, let upper): expected = "a number from \(lower) to \(upper)"
    }
    return Self(expected: expected) { node in
      guard case .number(let number) = node.value else { return nil }
      let value = number.asDouble
      return value.isFinite && range.contains(value) ? value : nil
    }
  }
}

extension ConfigurationForm where Value == Bool {
  /// True or false.
  public static var bool: Self {
    Self(expected: "true or false") { node in
      if case .bool(let flag) = node.value { flag } else { nil }
    }
  }
}

extension ConfigurationForm where Value == String {
  /// Any string.
  public static var string: Self {
    Self(expected: "a string") { node in
      if case .string(let text) = node.value { text } else { nil }
    }
  }

  /// One of the given words.
  public static func oneOf(_ words: [String]) -> Self {
    let list = words.map(JSON5Writer.quoted).joined(separator: ", ")
    return Self(expected: words.count == 1 ? list : "one of \(list)") { node in
      guard case .string(let text) = node.value else { return nil }
      return words.first { $0 == text }
    } hint: { node in
      guard case .string(let text) = node.value else { return "" }
      return didYouMeanHint(text, among: words)
    }
  }
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
