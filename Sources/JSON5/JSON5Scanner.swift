// The JSON5 reader's view of its text: Unicode scalars with a cursor that counts lines and
// columns. Everything about characters is here, everything about grammar in the reader.

/// A cursor over a text, one Unicode scalar at a time.
struct JSON5Scanner {
  private let file: String
  private var scalars: [Unicode.Scalar] = []
  private var index = 0
  private var line = 1
  private var column: Int

  /// Decodes the bytes. A byte order mark at the start is dropped and takes no column.
  ///
  /// - Throws: ``ConfigurationError`` at the first byte that is not part of valid UTF-8.
  init(_ bytes: [UInt8], file: String, firstColumn: Int) throws(JSON5Error) {
    self.file = file
    column = firstColumn
    scalars.reserveCapacity(bytes.count)
    var byteOffset = 0
    var decoder = Unicode.UTF8()
    var iterator = bytes.makeIterator()
    decoding: while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        byteOffset += UTF8.width(scalar)
        if scalar != "\u{FEFF}" || byteOffset > 3 { scalars.append(scalar) }
      case .emptyInput:
        break decoding
      case .error:
        throw invalidUTF8(byte: bytes[byteOffset])
      }
    }
  }

  private func invalidUTF8(byte: UInt8) -> JSON5Error {
    var end = self
    while end.advance() != nil {}
    let digits = String(byte, radix: 16, uppercase: true)
    return JSON5Error(
      at: end.position,
      message: "expected UTF-8, found the byte 0x\(digits.count == 1 ? "0" : "")\(digits)",
      hint: "save the file as UTF-8")
  }

  /// The next character's place.
  var position: SourcePosition { SourcePosition(file: file, line: line, column: column) }

  /// The next character; nil at the end.
  var next: Unicode.Scalar? { peek(0) }

  /// The character `count` places after the next one; nil past the end.
  func peek(_ count: Int) -> Unicode.Scalar? {
    index + count < scalars.count ? scalars[index + count] : nil
  }

  /// Passes the next character and returns it; nil at the end.
  @discardableResult
  mutating func advance() -> Unicode.Scalar? {
    guard let scalar = next else { return nil }
    index += 1
    // Of CR LF only the LF ends the line.
    if scalar == "\n" || (scalar == "\r" && next != "\n") {
      line += 1
      column = 1
    } else {
      column += 1
    }
    return scalar
  }

  /// Passes the next character when it is `scalar`.
  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    advance()
    return true
  }

  /// Passes white space and comments.
  ///
  /// - Throws: ``ConfigurationError`` at the start of a block comment that is never closed.
  mutating func skipSpace() throws(JSON5Error) {
    while let scalar = next {
      if scalar.isJSON5Space {
        advance()
      } else if scalar == "/", peek(1) == "/" {
        while let inside = next, !inside.isJSON5LineEnd { advance() }
      } else if scalar == "/", peek(1) == "*" {
        try skipBlockComment()
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() throws(JSON5Error) {
    let start = position
    advance()
    advance()
    while let scalar = advance() {
      if scalar == "*", take("/") { return }
    }
    throw JSON5Error(
      at: start, message: "expected */ to close this comment, found the end of the text")
  }

  /// What stands at the cursor, for an error's `found ...`: a word whole, else one character.
  var found: String {
    guard let first = next else { return "the end of the text" }
    if first == "\n" || first == "\r" { return "the end of the line" }
    var word = ""
    var count = 0
    while count <= JSON5Writer.clipLengthMax, let scalar = peek(count), scalar.isJSON5WordPart {
      word.unicodeScalars.append(scalar)
      count += 1
    }
    return JSON5Writer.quoted(JSON5Writer.clipped(word.isEmpty ? String(first) : word))
  }
}
