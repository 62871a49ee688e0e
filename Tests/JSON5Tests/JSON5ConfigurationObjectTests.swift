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
      { i: 0x10, is: [1, 2e1], u: 18446744073709551615, d: -.5, b: true, s: 'text',
        ss: ['a', "b"], o: 'points', os: ['off'], z: '64MiB', t: '1m30s', n: null,
        m: { k: 1 }, l: [{ k: 2 }, { k: 3 }] }
      """)
    #expect(try object.int("i", in: 1...128) == 16)
    #expect(try object.ints("is", in: 1...20) == [1, 20])
    #expect(try object.uint64("u") == UInt64.max)
    #expect(try object.double("d", in: -1...0) == -0.5)
    #expect(try object.bool("b"))
    #expect(try object.string("s") == "text")
    #expect(try object.strings("ss") == ["a", "b"])
    #expect(try object.oneOf("o", ["off", "points"]) == "points")
    #expect(try object.someOf("os", ["off", "points"]) == ["off"])
    #expect(try object.size("z") == 64 << 20)
    #expect(try object.duration("t") == 90_000_000_000)
    #expect(try object.optionalInt("i", in: 16...16) == 16)
    #expect(try object.object("n") == nil)
    let inner = try #require(try object.object("m"))
    #expect(try inner.int("k", in: 0...9) == 1)
    #expect((inner.path, inner.position.lineAndColumn) == ("m", "3:6"))
    try inner.finish()
    let list = try object.objects("l", count: 1...2)
    #expect(list.map(\.path) == ["l[0]", "l[1]"])
    #expect(try list.map { try $0.int("k", in: 0...9) } == [2, 3])
    #expect(object.keys.count == 14)
    #expect(object.node("i")?.position.column == 6)
    try object.finish()
  }

  @Test("an absent key gives its default, or nil where it is optional, as does a null there")
  func defaults() throws {
    let object = try cursor("{ n: null }")
    #expect(try object.int("a", in: 1...128, default: 4) == 4)
    #expect(try object.ints("a", in: 1...128, default: [4]) == [4])
    #expect(try object.uint64("a", default: 5) == 5)
    #expect(try object.double("a", in: 0...1, default: 0.5) == 0.5)
    #expect(try object.bool("a", default: false) == false)
    #expect(try object.string("a", default: "x") == "x")
    #expect(try object.strings("a", default: []) == [])
    #expect(try object.oneOf("a", ["off"], default: "off") == "off")
    #expect(try object.someOf("a", ["off"], default: ["off"]) == ["off"])
    #expect(try object.size("a", default: 6) == 6)
    #expect(try object.duration("a", default: 7) == 7)
    #expect(try object.object("a") == nil)
    #expect(try object.objects("a").isEmpty)
    for key in ["a", "n"] {
      #expect(try object.optionalInt(key, in: 1...2) == nil)
      #expect(try object.optionalUInt64(key) == nil)
      #expect(try object.optionalDouble(key, in: 1...2) == nil)
      #expect(try object.optionalString(key) == nil)
      #expect(try object.optionalOneOf(key, ["off"]) == nil)
      #expect(try object.optionalSize(key) == nil)
      #expect(try object.optionalDuration(key) == nil)
    }
    #expect(throws: ConfigurationError.self) { try object.int("n", in: 1...2, default: 1) }
    try object.finish()
  }
}
