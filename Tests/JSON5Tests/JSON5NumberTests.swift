// Numbers: exact whole values up to 64 bits, and the nearest floating-point value.

import Testing

@testable import JSON5

@Suite("JSON5 numbers")
struct JSON5NumberTests {
  @Test(
    "a whole value is exact, and nil when not whole or too large",
    arguments: [
      ("0", 0, 0), ("-0", 0, 0), ("+2", 2, 2), ("-2", -2, nil), ("0x10", 16, 16),
      ("-0x10", -16, nil), ("1e6", 1_000_000, 1_000_000), ("1E+2", 100, 100), ("100e-2", 1, 1),
      ("2.50e1", 25, 25), ("5.", 5, 5), ("5.0", 5, 5), (".5e1", 5, 5), ("1.5", nil, nil),
      ("1e-1", nil, nil), ("0e999999999999", 0, 0), ("0.000e-5", 0, 0),
      ("1e999999999999", nil, nil),
      ("9223372036854775807", Int.max, 9_223_372_036_854_775_807),
      ("9223372036854775808", nil, 9_223_372_036_854_775_808),
      ("-9223372036854775808", Int.min, nil), ("-9223372036854775809", nil, nil),
      ("18446744073709551615", nil, UInt64.max), ("0xFFFFFFFFFFFFFFFF", nil, UInt64.max),
      ("1844674407370955161.5e1", nil, UInt64.max), ("18446744073709551616", nil, nil),
      ("0x10000000000000000", nil, nil), ("0x00000000000000000000001", 1, 1),
      ("1e19", nil, 10_000_000_000_000_000_000), ("1e20", nil, nil), ("2e19", nil, nil),
      ("1000000000000000000000e-20", 10, 10), ("Infinity", nil, nil), ("NaN", nil, nil),
    ] as [(String, Int?, UInt64?)])
  func whole(text: String, int: Int?, unsigned: UInt64?) throws {
    let number = try #require(JSON5Number(text))
    #expect(number.text == text)
    #expect(number.asInt == int)
    #expect(number.asUInt64 == unsigned)
  }

  @Test(
    "the floating-point value is the nearest",
    arguments: [
      ("1.5", 1.5), (".5", 0.5), ("5.", 5), ("5.e-1", 0.5), ("+0.1", 0.1), ("-0x1F", -31),
      ("+0x10", 16), ("0XfF", 255), ("1e999", .infinity), ("-1e999", -.infinity), ("1e-999", 0),
      ("-Infinity", -.infinity), ("+Infinity", .infinity),
      ("9007199254740993", 9_007_199_254_740_992),
      ("0x20000000000001", 9_007_199_254_740_992), ("1e999999999999", .infinity),
      ("0e99999999999", 0),
    ])
  func double(text: String, value: Double) throws {
    #expect(try #require(JSON5Number(text)).asDouble == value)
  }

  @Test("a not-a-number, a negative zero and very long numbers have their floating-point values")
  func unusualDoubles() throws {
    #expect(try #require(JSON5Number("-NaN")).asDouble.isNaN)
    #expect(try #require(JSON5Number("-0")).asDouble.sign == .minus)
    let nines = String(repeating: "9", count: 20_000)
    #expect(try #require(JSON5Number(nines)).asDouble == .infinity)
    #expect(try #require(JSON5Number("0." + nines)).asDouble == 1)
    let hexadecimal = try #require(JSON5Number("0x" + String(repeating: "F", count: 20_000)))
    #expect(hexadecimal.asDouble == .infinity)
    #expect(hexadecimal.asUInt64 == nil)
  }

  @Test(
    "other texts are no numbers",
    arguments: [
      "", "+", "-", ".", "e5", ".e5", "1e", "1e+", "01", "00", "-01", "0x", "0xg", "1x", "0b1",
      "1 ", " 1", "+-1", "1_0", "infinity", "nan", "1.2.3", "1e5.5", "1e5e5", "٣", "1\u{301}",
      "0x1p3",
    ])
  func notNumbers(text: String) {
    #expect(JSON5Number(text) == nil)
  }

  @Test("integers make numbers")
  func fromIntegers() {
    #expect(JSON5Number(UInt64.max).asUInt64 == UInt64.max)
    #expect(JSON5Number(Int.min).asInt == Int.min)
    #expect(JSON5Number(-3).asInteger == JSON5Number("-3")?.asInteger)
    #expect(JSON5Number(-3).asInteger?.isNegative == true)
  }
}
