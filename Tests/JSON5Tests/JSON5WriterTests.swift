// The writer's layout, its escapes, and that the reader reads back what it wrote.

import Testing

@testable import JSON5

@Suite("JSON5 writer")
struct JSON5WriterTests {
  @Test("a document has a line per option, and breaks only the containers that do not fit")
  func layout() throws {
    let words = (0..<9).map { "'word number \($0)'" }.joined(separator: ",")
    let node = try JSON5Reader.read(
      "{machine:{cpus:4,memory:'64MiB'},empty:{},none:[],list:[\(words)],'odd key':null}",
      file: "f")
    let lines = (0..<9).map { "    \"word number \($0)\",\n" }.joined()
    #expect(
      JSON5Writer.text(node) == """
        {
          machine: { cpus: 4, memory: "64MiB" },
          empty: {},
          none: [],
          list: [
        \(lines)  ],
          "odd key": null,
        }

        """)
  }

  @Test(
    "outermost values without members are one line",
    arguments: [("{}", "{}\n"), ("[]", "[]\n"), ("'a'", "\"a\"\n"), ("[1]", "[\n  1,\n]\n")])
  func outermost(text: String, written: String) throws {
    #expect(JSON5Writer.text(try JSON5Reader.read(text, file: "f")) == written)
  }

  @Test("a container is on one line up to the last column and broken past it")
  func width() throws {
    for (length, isBroken) in [(70, false), (71, true)] {
      let item = String(repeating: "x", count: length)
      let node = try JSON5Reader.read("{a:['\(item)']}", file: "f")
      let lines = JSON5Writer.text(node).split(separator: "\n")
      #expect(lines.count == (isBroken ? 5 : 3))
      #expect(isBroken || lines[1].count == JSON5Writer.columnsMax)
    }
  }

  @Test("quotes, backslashes, controls and unusual line ends are escaped")
  func escapes() {
    #expect(
      JSON5Writer.quoted("\"\\\n\r\t\0\u{1B}\u{7F}\u{2028}\u{FEFF}'é")
        == #""\"\\\n\r\t\u0000\u001B\u007F\u2028\uFEFF'é""#)
  }

  @Test("what was written reads back as the same tree, and is written the same again")
  func roundTrip() throws {
    var generator = JSON5TestGenerator(seed: 7)
    for _ in 0..<500 {
      let node = generator.node(level: 0)
      for text in [JSON5Writer.text(node), JSON5Writer.oneLine(node)] {
        let back = try JSON5Reader.read(text, file: "f")
        #expect(back.hasSameContent(as: node))
        #expect(JSON5Writer.text(back) == JSON5Writer.text(node))
      }
    }
  }
}
