// What the JSON5 reader accepts: every value form of the grammar, and where each node is.

import Testing

@testable import JSON5

private func read(_ text: String) throws(JSON5Error) -> JSON5Node {
  try JSON5Reader.read(text, file: "t.json5")
}

@Suite("JSON5 reader")
struct JSON5ReaderTests {
  @Test(
    "a document is read, and written back in the one form",
    arguments: [
      ("null", "null"), ("true", "true"), (" false ", "false"),
      ("1", "1"), ("-0", "-0"), ("+2", "+2"), (".5", ".5"), ("5.", "5."), ("5.e3", "5.e3"),
      ("1E+6", "1E+6"), ("1e-6", "1e-6"), ("0xCAFE", "0xCAFE"), ("-0Xe", "-0Xe"),
      ("0xe+0", nil), ("Infinity", "Infinity"), ("-Infinity", "-Infinity"), ("+NaN", "+NaN"),
      ("''", "\"\""), ("'a\"b'", "\"a\\\"b\""), ("\"it's\"", "\"it's\""),
      ("[]", "[]"), ("[1,]", "[1]"), ("[1, [2], {}]", "[1, [2], {}]"), ("[,]", nil),
      ("{}", "{}"), ("{a:1,}", "{ a: 1 }"), ("{,}", nil), ("{a:1,,b:2}", nil),
      ("{$_1:1,'b c':2,\"d\":3}", "{ $_1: 1, \"b c\": 2, d: 3 }"),
      ("{null:null,Infinity:1}", "{ null: null, Infinity: 1 }"),
      ("{\\u0061b:1}", "{ ab: 1 }"), ("{größe:1}", "{ \"größe\": 1 }"),
      ("{a\u{200D}b:1}", "{ \"a\u{200D}b\": 1 }"), ("{'':1}", "{ \"\": 1 }"),
      ("// c\n1 // d", "1"), ("/* a * / **/1/**/", "1"), ("//\u{2028}1", "1"),
      ("\u{FEFF}\u{A0}\u{3000}\u{0B}\u{0C}\t\r\n1", "1"),
      ("", nil), ("1 2", nil), ("/", nil), ("[1 2]", nil), ("{a 1}", nil), ("{a:1 b:2}", nil),
      ("01", nil), ("-01", nil), ("1e", nil), (".", nil), ("+", nil), ("--1", nil), ("0x", nil),
      ("0x1.5", nil), ("1_000", nil), ("undefined", nil), ("True", nil), ("{1a:1}", nil),
      ("{a-b:1}", nil), ("{a:}", nil), ("{:1}", nil), ("{a}", nil), ("]", nil), ("}", nil),
    ] as [(String, String?)])
  func forms(text: String, written: String?) {
    let node = try? read(text)
    #expect(node.map(JSON5Writer.oneLine) == written)
  }

  @Test(
    "every escape of a string is read",
    arguments: [
      (#"'\b\f\n\r\t\v\0'"#, "\u{08}\u{0C}\n\r\t\u{0B}\0"), (#"'\'\"\\\/\a\e'"#, "'\"\\/ae"),
      (#"'\x41\xfF'"#, "A\u{FF}"), (#"'\u0041\u00e9'"#, "A\u{E9}"),
      (#"'\uD83D\uDE00'"#, "\u{1F600}"), (#"'\0a'"#, "\0a"), ("'a\\\nb'", "ab"),
      ("'a\\\r\nb'", "ab"), ("'a\\\rb'", "ab"), ("'a\\\u{2028}b\\\u{2029}c'", "abc"),
      ("'\u{2028}\t\u{0}'", "\u{2028}\t\u{0}"), ("'\u{1F600}é'", "\u{1F600}é"),
      ("'// /* no comment */'", "// /* no comment */"),
    ])
  func escapes(text: String, string: String) throws {
    guard case .string(let read) = try read(text).value else {
      Issue.record("not a string")
      return
    }
    #expect(Array(read.unicodeScalars) == Array(string.unicodeScalars))
  }

  @Test("each node, key and item has its line and column")
  func positions() throws {
    let root = try read("// é\r\n{ a: 1,\r\t'b': [ true,\n\"é\" , {c:null}] }")
    #expect(root.position == SourcePosition(file: "t.json5", line: 2, column: 1))
    let a = try #require(root.member("a"))
    let b = try #require(root.member("b"))
    #expect("\(a.keyPosition) \(a.value.position)" == "t.json5:2:3 t.json5:2:6")
    #expect("\(b.keyPosition) \(b.value.position)" == "t.json5:3:2 t.json5:3:7")
    guard case .array(let items) = b.value.value else {
      Issue.record("not an array")
      return
    }
    #expect(items.map(\.position.lineAndColumn) == ["3:9", "4:1", "4:7"])
    #expect(items[2].member("c")?.value.position.lineAndColumn == "4:10")
    #expect(items[2].member("d") == nil)
    #expect(items[0].member("c") == nil)
  }

  @Test("a byte order mark takes no column, and bytes are read as text is")
  func byteOrderMark() throws {
    let node = try JSON5Reader.read([0xEF, 0xBB, 0xBF, 0x31], file: "t.json5")
    #expect(node.position.lineAndColumn == "1:1")
    #expect(node.value == .number(JSON5Number(1)))
  }

  @Test("128 levels are read and 129 are an error")
  func nesting() throws {
    let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    #expect(try read(deep).nesting == 128)
    let error = #expect(throws: JSON5Error.self) { try read("[" + deep + "]") }
    #expect(
      error?.description
        == "t.json5:1:129: expected at most 128 levels of arrays and objects, found one more; "
        + "nest less deeply")
    let unclosed = String(repeating: "{a:[", count: 100_000)
    #expect(throws: JSON5Error.self) { try read(unclosed) }
  }

  @Test("same content is judged without positions, but with the numbers' text and the order")
  func sameContent() throws {
    let node = try read("{a:[1,{b:'c'}]}")
    #expect(try node.hasSameContent(as: read(" { 'a' : [ 1 , { b : \"c\" } ] } ")))
    for other in ["{a:[1.0,{b:'c'}]}", "{a:[1]}", "{b:[1,{b:'c'}]}", "{}", "[]", "{a:[1,{b:'d'}]}"]
    {
      #expect(try !node.hasSameContent(as: read(other)))
    }
  }
}
