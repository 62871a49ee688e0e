// The grammar of a JSON5 number, taken apart once so that the exact integer and the nearest
// floating-point value are computed from the same digits.

extension JSON5Number {
  /// A number's sign and digits.
  struct Form {
    enum Body {
      case notANumber
      case infinity
      /// Digit values 0 to 15, at least one.
      case hexadecimal([UInt8])
      /// Digit values 0 to 9 of the part before and after the point, and the power of ten by
      /// which they are multiplied.
      case decimal([UInt8], exponent: Int)
    }

    let isNegative: Bool
    let body: Body

    /// Nil when the text is not a JSON5 number in full.
    init?(_ text: String) {
      var rest = Substring(text)
      isNegative = rest.first == "-"
      if isNegative || rest.first == "+" { rest.removeFirst() }
      switch rest {
      case "NaN": body = .notANumber
      case "Infinity": body = .infinity
      default:
        guard let body = Self.hexadecimal(rest) ?? Self.decimal(Array(rest.utf8)) else {
          return nil
        }
        self.body = body
      }
    }

    private static func hexadecimal(_ text: Substring) -> Body? {
      guard text.hasPrefix("0x") || text.hasPrefix("0X") else { return nil }
      var digits: [UInt8] = []
      for scalar in text.dropFirst(2).unicodeScalars {
        guard let digit = scalar.hexadecimalDigit else { return nil }
        digits.append(UInt8(digit))
      }
      return digits.isEmpty ? nil : .hexadecimal(digits)
    }

    private static func decimal(_ bytes: [UInt8]) -> Body? {
      var rest = bytes[...]
      let whole = takeDigits(&rest)
      if whole.count > 1, whole.first == 0 { return nil }
      var fraction: [UInt8] = []
      if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        fraction = takeDigits(&rest)
      }
      guard !whole.isEmpty || !fraction.isEmpty else { return nil }
      guard let exponent = takeExponent(&rest), rest.isEmpty else { return nil }
      return .decimal(whole + fraction, exponent: exponent - fraction.count)
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest.dropFirst(digits.count)
      return digits.map { $0 - UInt8(ascii: "0") }
    }

    /// The exponent, 0 when there is none, nil when `e` has no digits. Held within a billion either
    /// way: past that every value is 0 or infinite, and sums with it cannot overflow.
    private static func takeExponent(_ rest: inout ArraySlice<UInt8>) -> Int? {
      guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return 0 }
      rest.removeFirst()
      let isNegative = rest.first == UInt8(ascii: "-")
      if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      let digits = takeDigits(&rest)
      guard !digits.isEmpty else { return nil }
      let magnitude = digits.reduce(0) { min(1_000_000_000, $0 * 10 + Int($1)) }
      return isNegative ? -magnitude : magnitude
    }
  }
}
