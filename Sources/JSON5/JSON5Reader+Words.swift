// The JSON5 reader's unquoted parts: numbers, the words `null`, `true`, `false`, and keys.

extension JSON5Reader {
  /// Reads a number or one of the grammar's words at the cursor.
  mutating func numberOrWord() throws(JSON5Error) -> JSON5Value {
    let atStart = scanner
    let word = unquotedWord()
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default:
      if let number = JSON5Number(word) { return .number(number) }
      scanner = atStart
      throw notAValue(word)
    }
  }

  /// Passes everything that could belong to a number or word; a sign only at the start and after
  /// the `e` of a decimal exponent.
  private mutating func unquotedWord() -> String {
    var word = ""
    var isDecimal = false
    var last: Unicode.Scalar?
    while let scalar = scanner.next {
      let isSign = scalar == "+" || scalar == "-"
      let isSignPlace = last == nil || (isDecimal && (last == "e" || last == "E"))
      guard isSign ? isSignPlace : scalar.isJSON5WordPart else { break }
      if word.unicodeScalars.allSatisfy({ $0 == "+" || $0 == "-" }) {
        isDecimal = scalar.isDecimalDigit || scalar == "."
      }
      if scalar == "x" || scalar == "X" { isDecimal = false }
      word.unicodeScalars.append(scalar)
      last = scalar
      scanner.advance()
    }
    return word
  }

  private func notAValue(_ word: String) -> JSON5Error {
    let likely = didYouMeanHint(word, among: ["null", "true", "false", "Infinity", "NaN"])
    if word.isEmpty { return expected("a value") }
    let digits = word.drop { $0 == "+" || $0 == "-" }
    if digits.first == "0", digits.dropFirst().first?.isWholeNumber == true {
      return expected("a number", hint: "a number has no leading zeros")
    }
    if digits.first?.isWholeNumber == true || digits.first == "." || digits.count < word.count {
      return expected("a number", hint: "text needs quotes")
    }
    return expected("a value", hint: likely.isEmpty ? "text needs quotes" : likely)
  }

  /// Reads an object's key: a string in quotes or an identifier.
  mutating func key(objectStart: SourcePosition) throws(JSON5Error) -> String {
    if scanner.next == "\"" || scanner.next == "'" { return try string() }
    var key = ""
    while let scalar = scanner.next {
      if scalar == "\\" {
        key.unicodeScalars.append(try keyEscape(isFirst: key.isEmpty))
      } else if key.isEmpty ? scalar.isJSON5IdentifierStart : scalar.isJSON5IdentifierPart {
        key.unicodeScalars.append(scalar)
        scanner.advance()
      } else {
        break
      }
    }
    guard !key.isEmpty else {
      throw expected(
        "a key or } in the object", openedAt: objectStart,
        hint: scanner.next == nil ? "" : "a key that is not a plain word needs quotes")
    }
    return key
  }

  /// Reads the `\u0061` of an unquoted key, which must stand for a character a key may hold.
  private mutating func keyEscape(isFirst: Bool) throws(JSON5Error) -> Unicode.Scalar {
    let backslash = scanner
    scanner.advance()
    if scanner.take("u"), let code = takeHexadecimal(digits: 4),
      let scalar = Unicode.Scalar(code),
      isFirst ? scalar.isJSON5IdentifierStart : scalar.isJSON5IdentifierPart
    {
      return scalar
    }
    scanner = backslash
    throw expected("\\u and the four hexadecimal digits of a letter in the key")
  }
}
