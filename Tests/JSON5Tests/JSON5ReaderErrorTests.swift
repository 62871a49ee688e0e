// What the JSON5 reader says about a text it cannot read: the place, what was due, what was found.

import Testing

@testable import JSON5

@Suite("JSON5 reader errors")
struct JSON5ReaderErrorTests {
  @Test(
    "the error names the place, what was expected and what was found",
    arguments: [
      ("", "1:1: expected a value, found the end of the text"),
      ("{a: yes}", #"1:5: expected a value, found "yes"; text needs quotes"#),
      ("True", #"1:1: expected a value, found "True"; did you mean "true"?"#),
      ("[\n nul ]", #"2:2: expected a value, found "nul"; did you mean "null"?"#),
      ("{a: ,}", #"1:5: expected a value, found ",""#),
      ("{a: \n}", #"2:1: expected a value, found "}""#),
      ("60s", #"1:1: expected a number, found "60s"; text needs quotes"#),
      ("[1.2.3]", #"1:2: expected a number, found "1.2.3"; text needs quotes"#),
      ("-", #"1:1: expected a number, found "-"; text needs quotes"#),
      ("-x", #"1:1: expected a number, found "-x"; text needs quotes"#),
      ("007", #"1:1: expected a number, found "007"; a number has no leading zeros"#),
      ("1 2", #"1:3: expected the end of the text after the value, found "2""#),
      ("[1,\n2", "2:2: expected , or ] in the array that starts at 1:1, found the end of the text"),
      (
        "[1,",
        "1:4: expected a value or ] in the array that starts at 1:1, found the end of the text"
      ),
      ("[1}", #"1:3: expected , or ] in the array that starts at 1:1, found "}""#),
      ("{a:1 b:2}", #"1:6: expected , or } in the object that starts at 1:1, found "b""#),
      ("{a:1", "1:5: expected , or } in the object that starts at 1:1, found the end of the text"),
      ("{", "1:2: expected a key or } in the object that starts at 1:1, found the end of the text"),
      (
        "{ 5: 1}",
        #"1:3: expected a key or } in the object that starts at 1:1, found "5"; "#
          + "a key that is not a plain word needs quotes"
      ),
      ("{a 1}", #"1:4: expected : after the key "a", found "1""#),
      ("{a-b: 1}", #"1:3: expected : after the key "a", found "-b""#),
      ("{a: 1, // x\n 'b c' = 2}", #"2:8: expected : after the key "b c", found "=""#),
      (
        "{a: 1,\n b: 2,\n 'a': 3}",
        #"3:2: expected each key once, found "a" at 3:2 again after 1:2; remove one of the two"#
      ),
      (
        "{\\u0061: 1, a: 3}",
        #"1:13: expected each key once, found "a" at 1:13 again after 1:2; remove one of the two"#
      ),
      (
        "{\\u0020: 1}",
        #"1:2: expected \u and the four hexadecimal digits of a letter in the key, found "\\""#
      ),
      ("1 /* x", "1:3: expected */ to close this comment, found the end of the text"),
      ("1 /*/", "1:3: expected */ to close this comment, found the end of the text"),
      ("'abc", "1:5: expected ' to close the string that starts at 1:1, found the end of the text"),
      (
        "[\"ab\nc\"]",
        "1:5: expected \" to close the string that starts at 1:2, found the end of the line"
      ),
      (#"'a\1b'"#, #"1:3: expected an escape such as \n, \x41 or \u0041, found \1b"#),
      (#"'\01'"#, #"1:2: expected an escape such as \n, \x41 or \u0041, found \01"#),
      (#"'\"#, #"1:2: expected an escape such as \n, \x41 or \u0041, found \"#),
      (#"'\x4g'"#, #"1:2: expected \x and two hexadecimal digits, found \x4g"#),
      (#"'\u12'"#, #"1:2: expected \u and four hexadecimal digits, found \u12"#),
      (
        #"'\uD83D'"#,
        #"1:2: expected both halves of a surrogate pair, such as \uD83D\uDE00, found \uD83D"#
      ),
      (
        #"'\uDE00\uD83D'"#,
        #"1:2: expected both halves of a surrogate pair, such as \uD83D\uDE00, found \uDE00"#
      ),
      ("\u{0}", #"1:1: expected a value, found "\u0000""#),
      ("[#]", "1:2: expected a value, found \"#\""),
      (
        String(repeating: "z", count: 99),
        "1:1: expected a value, found \"" + String(repeating: "z", count: 40)
          + "...\"; text needs quotes"
      ),
    ])
  func message(text: String, expected: String) {
    let error = #expect(throws: JSON5Error.self) {
      try JSON5Reader.read(text, file: "configs/x.json5")
    }
    #expect(error?.description == "configs/x.json5:" + expected)
    #expect(error?.path == "")
  }

  @Test(
    "bytes that are not UTF-8 are an error at their place",
    arguments: [
      ([0x0A, 0x27, 0xFF], "2:2", "0xFF"), ([0xC3], "1:1", "0xC3"),
      ([0x27, 0xC3, 0xA9, 0x80], "1:3", "0x80"), ([0x20, 0xED, 0xA0, 0x80], "1:2", "0xED"),
      ([0x31, 0xC0, 0x80], "1:2", "0xC0"), ([0xEF, 0xBB, 0xBF, 0xF5], "1:1", "0xF5"),
      ([0x0D, 0x0A, 0xF0, 0x9F], "2:1", "0xF0"),
    ] as [([UInt8], String, String)])
  func invalidUTF8(bytes: [UInt8], place: String, byte: String) {
    let error = #expect(throws: JSON5Error.self) { try JSON5Reader.read(bytes, file: "f") }
    #expect(
      error?.description
        == "f:\(place): expected UTF-8, found the byte \(byte); save the file as UTF-8")
  }

  @Test("an error's description leaves out what is empty")
  func description() {
    let place = SourcePosition(file: "f", line: 3, column: 9)
    let error = ConfigurationError(at: place, path: "a.b", message: "bad", hint: "good")
    #expect(error.description == "f:3:9: a.b: bad; good")
    #expect((error.file, error.line, error.column) == ("f", 3, 9))
    #expect(ConfigurationError(at: place, message: "bad").description == "f:3:9: bad")
  }
}
