// The JSON5 reader's strings: both kinds of quote, every escape, and lines continued with a
// backslash.

extension JSON5Reader {
  /// Reads a string from its opening quote on.
  mutating func string() throws(JSON5Error) -> String {
    let start = scanner.position
    guard let quote = scanner.advance() else { throw expected("a string") }
    var text = ""
    while let scalar = scanner.next, scalar != "\n", scalar != "\r" {
      if scanner.take(quote) { return text }
      if scalar == "\\" {
        if let escaped = try escape() { text.unicodeScalars.append(escaped) }
      } else {
        text.unicodeScalars.append(scalar)
        scanner.advance()
      }
    }
    throw expected("\(quote) to close the string", openedAt: start)
  }

  /// Reads one escape from its backslash on; nil for a continued line, which adds nothing.
  private mutating func escape() throws(JSON5Error) -> Unicode.Scalar? {
    let backslash = scanner
    scanner.advance()
    let letter = scanner.advance()
    switch letter {
    case "b": return "\u{08}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{0B}"
    case "0" where scanner.next?.isDecimalDigit != true: return "\0"
    case "x":
      if let code = takeHexadecimal(digits: 2), let scalar = Unicode.Scalar(code) { return scalar }
      throw badEscape(backslash, "\\x and two hexadecimal digits")
    case "u":
      return try unicodeEscape(backslash)
    case "\r":
      _ = scanner.take("\n")
      return nil
    case let other? where other.isJSON5LineEnd: return nil
    case let other? where !other.isDecimalDigit: return other
    default:
      throw badEscape(backslash, "an escape such as \\n, \\x41 or \\u0041")
    }
  }

  /// Reads the rest of `\u0041`, or of the two escapes that make one character past U+FFFF.
  private mutating func unicodeEscape(
    _ backslash: JSON5Scanner
  ) throws(JSON5Error) -> Unicode.Scalar {
    guard let high = takeHexadecimal(digits: 4) else {
      throw badEscape(backslash, "\\u and four hexadecimal digits")
    }
    if let scalar = Unicode.Scalar(high) { return scalar }
    if (0xD800...0xDBFF).contains(high), scanner.take("\\"), scanner.take("u"),
      let low = takeHexadecimal(digits: 4), (0xDC00...0xDFFF).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00))
    {
      return scalar
    }
    throw badEscape(backslash, "both halves of a surrogate pair, such as \\uD83D\\uDE00")
  }

  /// Passes exactly `digits` hexadecimal digits and returns their value; nil when there are fewer,
  /// with the cursor somewhere among them. `digits` is at most 7.
  mutating func takeHexadecimal(digits: Int) -> UInt32? {
    var code: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = scanner.next?.hexadecimalDigit else { return nil }
      code = code * 16 + digit
      scanner.advance()
    }
    return code
  }

  /// The error at an escape's backslash, quoting what follows it on the line up to six characters.
  private func badEscape(_ backslash: JSON5Scanner, _ what: String) -> JSON5Error {
    var text = ""
    for offset in 0..<6 {
      guard let scalar = backslash.peek(offset), scalar >= " ", !scalar.isJSON5LineEnd,
        scalar == "\\" ? offset == 0 : scalar != "\"" && scalar != "'"
      else { break }
      text.unicodeScalars.append(scalar)
    }
    return JSON5Error(at: backslash.position, message: "expected \(what), found \(text)")
  }
}
