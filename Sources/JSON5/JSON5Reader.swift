// Reads JSON5 (https://spec.json5.org) into nodes that know their line and column. It is our own
// because Foundation's decoder forgets positions, and a configuration error without one is a
// guess. The reader is a recursive descent over a bounded number of levels; it looks at each
// character once or twice and returns or throws on every input.
//
// Omits: strings holding half of a surrogate pair, which Swift's strings cannot hold; these are
// errors. Stricter than JSON5: a key given twice is an error.

/// Reads one JSON5 document.
public struct JSON5Reader {
  /// Levels of arrays and objects that a document may nest.
  public static let nestingMax = 128

  var scanner: JSON5Scanner

  /// Reads a document from its bytes.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, with or without a byte order mark.
  ///   - file: The name that positions carry.
  ///   - firstColumn: The column of the text's first character, above 1 for a text that is the
  ///     tail of a longer one.
  /// - Throws: ``JSON5Error`` at the first character that cannot be right.
  public static func read(
    _ bytes: [UInt8], file: String, firstColumn: Int = 1
  ) throws(JSON5Error) -> JSON5Node {
    var reader = JSON5Reader(
      scanner: try JSON5Scanner(bytes, file: file, firstColumn: firstColumn))
    return try reader.document()
  }

  /// Reads a document from a string; otherwise as from bytes.
  public static func read(
    _ text: String, file: String, firstColumn: Int = 1
  ) throws(JSON5Error) -> JSON5Node {
    try read(Array(text.utf8), file: file, firstColumn: firstColumn)
  }

  private mutating func document() throws(JSON5Error) -> JSON5Node {
    try scanner.skipSpace()
    let node = try value(level: 0)
    try scanner.skipSpace()
    guard scanner.next == nil else { throw expected("the end of the text after the value") }
    return node
  }

  /// Reads one value at the cursor; `level` counts the containers around it.
  private mutating func value(level: Int) throws(JSON5Error) -> JSON5Node {
    let start = scanner.position
    switch scanner.next {
    case "{":
      try checkNesting(level)
      return JSON5Node(.object(try members(level: level + 1)), at: start)
    case "[":
      try checkNesting(level)
      return JSON5Node(.array(try items(level: level + 1)), at: start)
    case "\"", "'":
      return JSON5Node(.string(try string()), at: start)
    default:
      return JSON5Node(try numberOrWord(), at: start)
    }
  }

  private func checkNesting(_ level: Int) throws(JSON5Error) {
    guard level >= Self.nestingMax else { return }
    throw JSON5Error(
      at: scanner.position,
      message: "expected at most \(Self.nestingMax) levels of arrays and objects, found one more",
      hint: "nest less deeply")
  }

  /// Reads an array from its bracket on.
  private mutating func items(level: Int) throws(JSON5Error) -> [JSON5Node] {
    let start = scanner.position
    var items: [JSON5Node] = []
    scanner.advance()
    while true {
      try scanner.skipSpace()
      if scanner.take("]") { return items }
      if scanner.next == nil { throw expected("a value or ] in the array", openedAt: start) }
      items.append(try value(level: level))
      try scanner.skipSpace()
      if scanner.take(",") { continue }
      guard scanner.take("]") else { throw expected(", or ] in the array", openedAt: start) }
      return items
    }
  }

  /// Reads an object from its brace on.
  private mutating func members(level: Int) throws(JSON5Error) -> [JSON5Member] {
    let start = scanner.position
    var members: [JSON5Member] = []
    var indexOfKey: [String: Int] = [:]
    scanner.advance()
    while true {
      try scanner.skipSpace()
      if scanner.take("}") { return members }
      let keyPosition = scanner.position
      let key = try key(objectStart: start)
      if let first = indexOfKey[key] {
        throw duplicate(key, at: keyPosition, first: members[first].keyPosition)
      }
      indexOfKey[key] = members.count
      try scanner.skipSpace()
      guard scanner.take(":") else { throw expected(": after the key \(Self.shown(key))") }
      try scanner.skipSpace()
      let value = try value(level: level)
      members.append(JSON5Member(key: key, keyPosition: keyPosition, value: value))
      try scanner.skipSpace()
      if scanner.take(",") { continue }
      guard scanner.take("}") else { throw expected(", or } in the object", openedAt: start) }
      return members
    }
  }

  private func duplicate(
    _ key: String, at position: SourcePosition, first: SourcePosition
  ) -> JSON5Error {
    JSON5Error(
      at: position,
      message: "expected each key once, found \(Self.shown(key)) at \(position.lineAndColumn) again"
        + " after \(first.lineAndColumn)",
      hint: "remove one of the two")
  }

  /// A key or word as errors quote it.
  public static func shown(_ text: String) -> String {
    JSON5Writer.quoted(JSON5Writer.clipped(text))
  }

  /// The error that `what` was due at the cursor, naming where the open container starts.
  func expected(
    _ what: String, openedAt start: SourcePosition? = nil, hint: String = ""
  ) -> JSON5Error {
    let place = start.map { " that starts at \($0.lineAndColumn)" } ?? ""
    return JSON5Error(
      at: scanner.position, message: "expected \(what)\(place), found \(scanner.found)",
      hint: hint)
  }
}
