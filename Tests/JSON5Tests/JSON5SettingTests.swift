// The command line's settings: values replaced, added and appended, and what is said of bad ones.

import Testing

@testable import JSON5

@Suite("JSON5 settings")
struct JSON5SettingTests {
  private static let document =
    "{ stop: { duration: '5s' }, workloads: [{ share: 1 }, { share: 2 }], name: 'n', none: null }"

  private static func set(_ argument: String) throws -> JSON5Node {
    try JSON5Reader.read(document, file: "c.json5").applying(setting: argument)
  }

  @Test(
    "a setting changes its value only",
    arguments: [
      ("stop.duration=60s", "stop: { duration: \"60s\" }"),
      ("stop.duration=60", "stop: { duration: 60 }"),
      ("stop={}", "stop: {}"), ("stop.extra=true", "stop: { duration: \"5s\", extra: true }"),
      ("workloads[1].share=0x5", "workloads: [{ share: 1 }, { share: 0x5 }]"),
      ("workloads[0]={a:[1,2]}", "workloads: [{ a: [1, 2] }, { share: 2 }]"),
      ("workloads[2].share=3", "workloads: [{ share: 1 }, { share: 2 }, { share: 3 }]"),
      ("new.deep[0][0].key='v'", "new: { deep: [[{ key: \"v\" }]] }"),
      ("none.a=1", "none: { a: 1 }"), ("none[0]=1", "none: [1]"), ("name=", "name: \"\""),
      ("name=a=b", "name: \"a=b\""), ("name='5'", "name: \"5\""), ("name=null", "name: null"),
      ("name={a:", "name: \"{a:\""), ("name= x ", "name: \" x \""), ("nämé=1", "\"nämé\": 1"),
    ])
  func changes(argument: String, expected: String) throws {
    let written = JSON5Writer.oneLine(try Self.set(argument))
    #expect(written.contains(expected))
    let before = try JSON5Reader.read(Self.document, file: "c.json5")
    let root = argument.prefix { !".[=".contains($0) }
    guard case .object(let members) = before.value else { return }
    for member in members where member.key != root {
      #expect(written.contains("\(member.key): \(JSON5Writer.oneLine(member.value))"))
    }
  }

  @Test("positions of what was set name the setting, with columns in its text")
  func positions() throws {
    let node = try Self.set("fresh.list=[1, x]")
    let fresh = try #require(node.member("fresh"))
    #expect("\(fresh.keyPosition)" == "--set fresh.list=[1, x]:1:1")
    #expect("\(fresh.value.position)" == "--set fresh.list=[1, x]:1:7")
    let list = try #require(fresh.value.member("list"))
    #expect("\(list.value.position)" == "--set fresh.list=[1, x]:1:12")
    #expect(list.value.value == .string("[1, x]"))
    let old = try #require(try Self.set("name=5").member("name"))
    #expect("\(old.keyPosition) \(old.value.position)" == "c.json5:1:70 --set name=5:1:6")
  }

  @Test("a set value that is wrong is reported against the setting")
  func decodingError() throws {
    let cursor = try ConfigurationObject(try Self.set("cpus=many"))
    let error = #expect(throws: ConfigurationError.self) {
      try cursor.value("cpus", .int(in: 1...128))
    }
    #expect(
      error?.description
        == "--set cpus=many:1:6: cpus: expected a whole number from 1 to 128, found \"many\"")
  }

  @Test(
    "a bad setting is an error",
    arguments: [
      ("stop", "--set stop:1:5: expected path=value, found no =; write it like stop.duration=60s"),
      ("=5", ":1:1: expected a key, found the end of the path"),
      ("a.=5", ":1:3: expected a key, found the end of the path"),
      ("a..b=5", #":1:3: expected a key, found ".b""#),
      ("[0]=5", #":1:1: expected a key, found "[0]""#),
      ("a]=5", #":1:2: expected . or [, found "]""#),
      ("a[0]b=5", #":1:5: expected . or [, found "b""#),
      ("a[]=5", #":1:3: expected an index such as 0, found "]""#),
      ("a[-1]=5", #":1:3: expected an index such as 0, found "-1]""#),
      ("a[99999999999999999999]=5", #":1:3: expected an index such as 0, found "99999999"#),
      ("a[1=5", ":1:4: expected ] after the index, found the end of the path"),
      (
        "workloads[3]=5",
        "--set workloads[3]=5:1:10: workloads[3]: expected an index from 0 to 2, found 3; "
          + "index 2 appends"
      ),
      ("new[1]=5", ":1:4: new[1]: expected an index from 0 to 0, found 1; index 0 appends"),
      (
        "workloads.share=5",
        ":1:11: workloads.share: expected workloads to be an object, found an array of 2; "
          + "an item is written like workloads[0]"
      ),
      ("name.x=5", #":1:6: name.x: expected name to be an object, found "n""#),
      ("stop[0]=5", ":1:5: stop[0]: expected stop to be an array, found an object"),
    ])
  func errors(argument: String, expected: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.set(argument) }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    #expect(error?.file == "--set \(argument)")
  }

  @Test("a setting on a document that is no object is an error")
  func noObject() throws {
    let node = try JSON5Reader.read("5", file: "f")
    let error = #expect(throws: ConfigurationError.self) {
      try node.setting(path: "a", to: "1", label: "--set #2")
    }
    #expect(
      error?.description
        == "--set #2 a=1:1:1: a: expected the document to be an object, found 5")
  }

  @Test("a setting cannot nest past the reader's limit")
  func nesting() throws {
    let path = (0..<128).map { _ in "a" }.joined(separator: ".")
    let node = try Self.set(path + "=1")
    #expect(node.nesting == 128)
    #expect(throws: ConfigurationError.self) { try Self.set(path + "=[]") }
    #expect(throws: ConfigurationError.self) { try Self.set(path + ".a=1") }
    #expect(throws: ConfigurationError.self) {
      try Self.set(String(repeating: "a.", count: 100_000) + "=1")
    }
  }
}
