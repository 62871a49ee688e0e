// What decoding an object says of a value of the wrong form, a key that is missing and a key that
// is unknown.

import Testing

@testable import JSON5

private func cursor(_ text: String) throws -> ConfigurationObject {
  try ConfigurationObject(JSON5Reader.read(text, file: "configs/x.json5"))
}

/// Checks the error of decoding `{k: value}`: its place, its path and `expected form, found value`.
private func expect(
  _ value: String, is form: String, hint: String = "",
  sourceLocation: Testing.SourceLocation = #_sourceLocation,
  _ decode: (ConfigurationObject) throws -> Void
) throws {
  let object = try cursor("{k: \(value)}")
  let error = #expect(throws: ConfigurationError.self, sourceLocation: sourceLocation) {
    try decode(object)
  }
  let found = try JSON5Reader.read(value, file: "").summary
  #expect(error?.position.lineAndColumn == "1:5", sourceLocation: sourceLocation)
  #expect(error?.path == "k", sourceLocation: sourceLocation)
  #expect(error?.message == "expected \(form), found \(found)", sourceLocation: sourceLocation)
  #expect(error?.hint == hint, sourceLocation: sourceLocation)
}

@Suite("JSON5 configuration errors")
struct JSON5ConfigurationErrorTests {
  @Test(
    "a value of the wrong form or range is an error at its place and path",
    arguments: [
      ("'many'", "\"many\""), ("1.5", "1.5"), ("0", "0"), ("129", "129"), ("1e999", "1e999"),
      ("null", "null"), ("true", "true"), ("[1]", "an array of 1"), ("{}", "an object"),
      ("'a\\nb'", #""a\nb""#), ("-9223372036854775809", "-9223372036854775809"),
    ])
  func wrongInt(value: String, found: String) throws {
    let root = try cursor("{\n  machine: { cpus: \(value) } }")
    let machine = try root.requiredObject("machine")
    let error = #expect(throws: ConfigurationError.self) {
      try machine.value("cpus", .int(in: 1...128))
    }
    #expect(
      error?.description == "configs/x.json5:2:20: machine.cpus: "
        + "expected a whole number from 1 to 128, found \(found)")
  }

  @Test("whole numbers name their limits")
  func wholeNumbers() throws {
    try expect("5", is: "a whole number of at least 6") {
      _ = try $0.value("k", .int(in: 6...Int.max))
    }
    try expect("5", is: "a whole number of at most 4") {
      _ = try $0.value("k", .int(in: Int.min...4))
    }
    try expect("'x'", is: "a whole number") { _ = try $0.value("k", .int(in: Int.min...Int.max)) }
    try expect("7", is: "a whole number from 0 to 3") {
      _ = try $0.optionalValue("k", .int(in: 0...3))
    }
    try expect("-1", is: "a whole number from 0 to 18446744073709551615") {
      _ = try $0.value("k", .uint64())
    }
    try expect("9", is: "a whole number from 0 to 8") {
      _ = try $0.optionalValue("k", .uint64(in: 0...8))
    }
    try expect("1", is: "an array of whole numbers") {
      _ = try $0.value("k", .list(of: .int(in: 0...1)))
    }
  }

  @Test("flags, strings and words name what they may be")
  func words() throws {
    let words = ["off", "points"]
    let list = #"one of "off", "points""#
    try expect("1", is: "true or false") { _ = try $0.value("k", .bool) }
    try expect("1", is: "a string") { _ = try $0.value("k", .string) }
    try expect("[]", is: "a string") { _ = try $0.optionalValue("k", .string) }
    try expect("'a'", is: "an array of strings") { _ = try $0.value("k", .list(of: .string)) }
    try expect("'off'", is: "an array of strings") {
      _ = try $0.value("k", .list(of: .oneOf(words)))
    }
    try expect("1", is: list) { _ = try $0.value("k", .oneOf(words)) }
    try expect("'x'", is: list) { _ = try $0.optionalValue("k", .oneOf(words)) }
    try expect("'pionts'", is: list, hint: "did you mean \"points\"?") {
      _ = try $0.value("k", .oneOf(words))
    }
    try expect("1", is: #""off""#) { _ = try $0.value("k", .oneOf(["off"])) }
  }

  @Test("sizes and durations name their limits in their units")
  func quantities() throws {
    let size = "in bytes or like \"64MiB\""
    let duration = "in seconds or like \"1m30s\""
    try expect("true", is: "a size, \(size)") { _ = try $0.value("k", .size()) }
    try expect("5", is: "a size from 4KiB to 1TiB, \(size)") {
      _ = try $0.value("k", .size(in: 4096...(1 << 40)))
    }
    try expect("5", is: "a size of at least 1000, \(size)") {
      _ = try $0.optionalValue("k", .size(in: 1000...UInt64.max))
    }
    try expect("'64MB'", is: "a size, \(size)", hint: "the units are KiB, MiB, GiB and TiB") {
      _ = try $0.value("k", .size())
    }
    try expect("-5", is: "a duration, \(duration)") { _ = try $0.value("k", .duration()) }
    try expect("'2h'", is: "a duration from 1ms to 1h, \(duration)") {
      _ = try $0.value("k", .duration(in: 1_000_000...3_600_000_000_000))
    }
    let units = "the units are h, m, s, ms, us and ns, larger ones first"
    try expect("'5 s'", is: "a duration, \(duration)", hint: units) {
      _ = try $0.optionalValue("k", .duration())
    }
  }

  @Test("nested objects and their lists name what they may be")
  func nested() throws {
    try expect("5", is: "an object") { _ = try $0.object("k") }
    try expect("null", is: "an object") { _ = try $0.requiredObject("k") }
    try expect("{}", is: "an array of objects") { _ = try $0.objects("k") }
    try expect("[]", is: "an array of at least 1") { _ = try $0.objects("k", count: 1...2) }
    try expect("[{},{}]", is: "an array of at most 1") { _ = try $0.objects("k", count: 0...1) }
  }

  @Test("an error inside a list carries the item's place and path")
  func items() throws {
    let object = try cursor("{ a: [1,\n 'x'], b: ['off', 'of'],\n c: [{ d: true }, 5] }")
    let ints = #expect(throws: ConfigurationError.self) {
      try object.value("a", .list(of: .int(in: 0...9)))
    }
    #expect(
      ints?.description
        == "configs/x.json5:2:2: a[1]: expected a whole number from 0 to 9, found \"x\"")
    let words = #expect(throws: ConfigurationError.self) {
      try object.value("b", .list(of: .oneOf(["off", "all"])))
    }
    #expect(
      words?.description == "configs/x.json5:2:19: b[1]: expected one of \"off\", \"all\", "
        + "found \"of\"; did you mean \"off\"?")
    let objects = #expect(throws: ConfigurationError.self) { try object.objects("c") }
    #expect(objects?.description == "configs/x.json5:3:19: c[1]: expected an object, found 5")
  }

  @Test("a missing key names itself, where its object starts and what to give it")
  func missing() throws {
    let root = try cursor("{ machine:\n  { } }")
    let machine = try root.requiredObject("machine")
    let error = #expect(throws: ConfigurationError.self) {
      try machine.value("cpus", .int(in: 1...128))
    }
    #expect(
      error?.description == "configs/x.json5:2:3: machine.cpus: expected the key \"cpus\" in the "
        + "object that starts at 2:3, found none; give it a whole number from 1 to 128")
    #expect(throws: ConfigurationError.self) { try machine.value("list", .list(of: .string)) }
    #expect(throws: ConfigurationError.self) { try machine.requiredObject("inner") }
    #expect(throws: ConfigurationError.self) { try machine.objects("list", count: 1...1) }
  }

  @Test("an unknown key names its likely spelling and the known keys")
  func unknown() throws {
    let object = try cursor("{ seed: 1,\n cpu: 4, memroy: 5 }")
    _ = try object.value("seed", .uint64())
    _ = try object.value("cpus", .int(in: 1...128), default: 1)
    _ = try object.optionalValue("memory", .size())
    let error = #expect(throws: ConfigurationError.self) { try object.finish() }
    #expect(
      error?.description == "configs/x.json5:2:2: cpu: unknown key \"cpu\"; "
        + "did you mean \"cpus\"? known keys: seed, cpus, memory")
  }

  @Test("a key already present is suggested too, and an odd key is in quotes")
  func unknownOddKey() throws {
    let object = try cursor("{ cpus: 1, 'cpus ': 4 }")
    let none = #expect(throws: ConfigurationError.self) { try object.finish() }
    #expect(none?.message == "unknown key \"cpus\"")
    #expect(none?.hint == "no key is known here")
    _ = try object.value("cpus", .int(in: 0...9))
    let error = #expect(throws: ConfigurationError.self) { try object.finish() }
    #expect(
      error?.description
        == "configs/x.json5:1:12: \"cpus \": unknown key \"cpus \"; did you mean \"cpus\"? "
        + "known keys: cpus")
  }

  @Test("a document that is no object is an error, and a caller's own error has its place")
  func others() throws {
    let error = #expect(throws: ConfigurationError.self) { try cursor("[1]") }
    #expect(
      error?.description == "configs/x.json5:1:1: expected an object, found an array of 1")
    let object = try cursor("{ low: 5 }")
    #expect(
      object.error("low", "is above high", hint: "lower it").description
        == "configs/x.json5:1:8: low: is above high; lower it")
    #expect(object.error("high", "is absent").position.lineAndColumn == "1:1")
  }
}
