// Decoding an object: each form's values, and what an absent key or a null gives.

import Testing

@testable import JSON5

private func cursor(_ text: String) throws -> ConfigurationObject {
  try ConfigurationObject(JSON5Reader.read(text, file: "configs/x.json5"))
}

@Suite("JSON5 configuration object")
struct JSON5ConfigurationObjectTests {
  @Test("every form decodes its values")
  func values() throws {
    let object = try cursor(
      """
      { i: 0x10, is: [1, 2e1], u: 18446744073709551615, b: true, s: 'text',
        ss: ['a', "b"], o: 'points', os: ['off'], z: '64MiB', t: '1m30s', n: null,
        m: { k: 1 }, l: [{ k: 2 }, { k: 3 }] }
      """)
    #expect(try object.value("i", .int(in: 1...128)) == 16)
    #expect(try object.value("is", .list(of: .int(in: 1...20))) == [1, 20])
    #expect(try object.value("u", .uint64()) == UInt64.max)
    #expect(try object.value("b", .bool))
    #expect(try object.value("s", .string) == "text")
    #expect(try object.value("ss", .list(of: .string)) == ["a", "b"])
    #expect(try object.value("o", .oneOf(["off", "points"])) == "points")
    #expect(try object.value("os", .list(of: .oneOf(["off", "points"]))) == ["off"])
    #expect(try object.value("z", .size()) == 64 << 20)
    #expect(try object.value("t", .duration()) == 90_000_000_000)
    #expect(try object.optionalValue("i", .int(in: 16...16)) == 16)
    #expect(try object.object("n") == nil)
    let inner = try #require(try object.object("m"))
    #expect(try inner.value("k", .int(in: 0...9)) == 1)
    #expect((inner.path, inner.position.lineAndColumn) == ("m", "3:6"))
    try inner.finish()
    let list = try object.objects("l", count: 1...2)
    #expect(list.map(\.path) == ["l[0]", "l[1]"])
    #expect(try list.map { try $0.value("k", .int(in: 0...9)) } == [2, 3])
    #expect(object.keys.count == 13)
    #expect(object.node("i")?.position.column == 6)
    try object.finish()
  }

  @Test("an absent key gives its default, or nil where it is optional, as does a null there")
  func defaults() throws {
    let object = try cursor("{ n: null }")
    #expect(try object.value("a", .int(in: 1...128), default: 4) == 4)
    #expect(try object.value("a", .list(of: .int(in: 1...128)), default: [4]) == [4])
    #expect(try object.value("a", .uint64(), default: 5) == 5)
    #expect(try object.value("a", .bool, default: false) == false)
    #expect(try object.value("a", .string, default: "x") == "x")
    #expect(try object.value("a", .list(of: .string), default: []) == [])
    #expect(try object.value("a", .oneOf(["off"]), default: "off") == "off")
    #expect(try object.value("a", .list(of: .oneOf(["off"])), default: ["off"]) == ["off"])
    #expect(try object.value("a", .size(), default: 6) == 6)
    #expect(try object.value("a", .duration(), default: 7) == 7)
    #expect(try object.object("a") == nil)
    #expect(try object.objects("a").isEmpty)
    for key in ["a", "n"] {
      #expect(try object.optionalValue(key, .int(in: 1...2)) == nil)
      #expect(try object.optionalValue(key, .uint64()) == nil)
      #expect(try object.optionalValue(key, .string) == nil)
      #expect(try object.optionalValue(key, .oneOf(["off"])) == nil)
      #expect(try object.optionalValue(key, .size()) == nil)
      #expect(try object.optionalValue(key, .duration()) == nil)
    }
    #expect(throws: ConfigurationError.self) { try object.value("n", .int(in: 1...2), default: 1) }
    try object.finish()
  }
}
