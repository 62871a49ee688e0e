// A JSON5 number kept as its exact text. Seeds use all 64 bits and durations want exact decimals,
// so nothing is rounded through a floating-point value until a caller asks for one.

/// A number in JSON5's grammar: decimal, hexadecimal, `Infinity` or `NaN`, with an optional sign.
public struct JSON5Number: Equatable, Sendable {
  /// The number as written, such as `+0x1F`, `.5`, `1e6`.
  public let text: String

  /// Nil when `text` is not a JSON5 number in full.
  public init?(_ text: String) {
    guard Form(text) != nil else { return nil }
    self.text = text
  }

  public init(_ value: some FixedWidthInteger) {
    text = "\(value)"
  }

  /// A whole number's exact value.
  public struct Integer: Equatable, Sendable {
    /// True for a minus sign, also that of `-0`.
    public let isNegative: Bool
    public let magnitude: UInt64
  }

  /// The value when it is whole and fits: `0x10`, `+2`, `1e6` and `2.50e1` are whole, `1.5` is
  /// not. Nil also for a magnitude above `UInt64.max`, for `Infinity` and for `NaN`.
  public var asInteger: Integer? { integer(timesTenTo: 0) }

  /// The value as an `Int`; nil when it is not whole or does not fit.
  public var asInt: Int? {
    guard let integer = asInteger else { return nil }
    guard integer.isNegative else { return Int(exactly: integer.magnitude) }
    if integer.magnitude == Int.min.magnitude { return Int.min }
    return Int(exactly: integer.magnitude).map { -$0 }
  }

  /// The value as a `UInt64`; nil when it is not whole, is below 0 or does not fit.
  public var asUInt64: UInt64? { unsigned(timesTenTo: 0) }

  /// The value times ten to the power `shift`, exactly: `0.2` with 9 is 200000000. Nil when the
  /// product is not whole, is below 0 or does not fit.
  func unsigned(timesTenTo shift: Int) -> UInt64? {
    guard let integer = integer(timesTenTo: shift) else { return nil }
    return integer.isNegative && integer.magnitude != 0 ? nil : integer.magnitude
  }

  /// The nearest `Double`; a decimal too large for one is infinite.
  public var asDouble: Double {
    guard let form = Form(text) else { return .nan }
    switch form.body {
    case .notANumber: return .nan
    case .infinity: return form.isNegative ? -.infinity : .infinity
    case .hexadecimal: return Double(text) ?? .nan
    case .decimal(let digits, let exponent):
      let sign = form.isNegative ? "-" : ""
      let plain = String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
      return Double("\(sign)\(plain)e\(exponent)") ?? .nan
    }
  }

  private func integer(timesTenTo shift: Int) -> Integer? {
    guard let form = Form(text) else { return nil }
    let magnitude: UInt64?
    switch form.body {
    case .notANumber, .infinity: return nil
    case .hexadecimal(let digits):
      magnitude = Self.magnitude(digits, base: 16, timesTenTo: shift)
    case .decimal(let digits, let exponent):
      let kept = digits.count - (digits.reversed().prefix { $0 == 0 }.count)
      let tens = exponent + (digits.count - kept) + shift
      magnitude = Self.magnitude(digits.prefix(kept), base: 10, timesTenTo: tens)
    }
    return magnitude.map { Integer(isNegative: form.isNegative, magnitude: $0) }
  }

  /// The digits' value times a power of ten; nil when that is not whole or exceeds 64 bits. A
  /// negative power is never whole here: the caller has moved trailing zeros into it.
  private static func magnitude(
    _ digits: some Sequence<UInt8>, base: UInt64, timesTenTo tens: Int
  ) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      guard let next = value.multipliedExactly(by: base)?.addedExactly(UInt64(digit)) else {
        return nil
      }
      value = next
    }
    if value == 0 { return 0 }
    // 10 to the 20th exceeds 64 bits, so no larger power can fit.
    guard (0...19).contains(tens) else { return nil }
    for _ in 0..<tens {
      guard let next = value.multipliedExactly(by: 10) else { return nil }
      value = next
    }
    return value
  }
}

extension UInt64 {
  /// The product, nil when it exceeds 64 bits.
  func multipliedExactly(by other: UInt64) -> UInt64? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }

  /// The sum, nil when it exceeds 64 bits.
  func addedExactly(_ other: UInt64) -> UInt64? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }
}
