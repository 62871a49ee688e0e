// Sizes and durations as people write them.

import Testing

@testable import JSON5

@Suite("JSON5 configuration units")
struct JSON5ConfigurationUnitsTests {
  @Test(
    "a size is a whole number and a unit that fit in 64 bits",
    arguments: [
      ("1KiB", 1024), ("64MiB", 67_108_864), ("03GiB", 3_221_225_472), ("0TiB", 0),
      ("16777215TiB", 16_777_215 << 40), ("16777216TiB", nil), ("99999999999999999999KiB", nil),
      ("", nil), ("KiB", nil), ("64", nil), ("64MB", nil), ("64 MiB", nil), ("1.5GiB", nil),
      ("-1KiB", nil), ("+1KiB", nil), ("64mib", nil), ("٣KiB", nil),
    ] as [(String, UInt64?)])
  func sizes(text: String, bytes: UInt64?) {
    #expect(ConfigurationUnits.bytes(text) == bytes)
  }

  @Test(
    "a duration is exact nanoseconds, larger units first",
    arguments: [
      ("5s", 5_000_000_000), ("200ms", 200_000_000), ("1m30s", 90_000_000_000),
      ("2h", 7_200_000_000_000), ("1h2m3s4ms5us6ns", 3_723_004_005_006),
      ("1.5h", 5_400_000_000_000),
      ("1m05s", 65_000_000_000), ("0.25us", 250), ("00.5s", 500_000_000), ("0s", 0), ("1.0ns", 1),
      ("18446744073709551615ns", UInt64.max), ("18446744073709551616ns", nil),
      ("18446744073709551615ns1h", nil),
      ("9999999999h", nil), ("5124095h60m", nil), ("0.5ns", nil), ("1.0000000001s", nil),
      ("", nil), ("5", nil), ("s", nil), ("5 s", nil), ("-5s", nil), ("30s1m", nil), ("1s1s", nil),
      ("5sec", nil), ("5S", nil), (".s", nil), ("1..5s", nil), ("5s ", nil), ("1e3s", nil),
    ] as [(String, UInt64?)])
  func durations(text: String, nanoseconds: UInt64?) {
    #expect(ConfigurationUnits.nanoseconds(text) == nanoseconds)
  }

  @Test(
    "a number is bytes, or seconds down to the nanosecond",
    arguments: [
      ("0.5", nil, 500_000_000), ("2", 2, 2_000_000_000), ("1e-9", nil, 1), ("1e-10", nil, nil),
      ("0x10", 16, 16_000_000_000), ("18446744073709551615", UInt64.max, nil),
      ("18446744073.709551615", nil, UInt64.max), ("-0", 0, 0), ("-1", nil, nil), ("NaN", nil, nil),
    ] as [(String, UInt64?, UInt64?)])
  func numbers(text: String, bytes: UInt64?, nanoseconds: UInt64?) throws {
    let object = try ConfigurationObject(JSON5Reader.read("{k:\(text)}", file: "f"))
    #expect((try? object.value("k", .size())) == bytes)
    #expect((try? object.value("k", .duration())) == nanoseconds)
  }

  @Test(
    "a quantity prints in its units and reads back",
    arguments: [
      (0, "0", "0s"), (1, "1", "1ns"), (1024, "1KiB", "1us24ns"), (1536, "1536", "1us536ns"),
      (90_000_000_000, "87890625KiB", "1m30s"), (7_200_000_000_000, "7031250000KiB", "2h"),
      (3 << 40, "3TiB", "54m58s534ms883us328ns"),
      (UInt64.max, "18446744073709551615", "5124095h34m33s709ms551us615ns"),
    ])
  func texts(value: UInt64, size: String, duration: String) {
    #expect(ConfigurationUnits.sizeText(value) == size)
    #expect(ConfigurationUnits.bytes(size) ?? UInt64(size) == value)
    #expect(ConfigurationUnits.durationText(value) == duration)
    #expect(ConfigurationUnits.nanoseconds(duration) == value)
  }
}
