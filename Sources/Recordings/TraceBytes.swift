// Small questions about a stretch of bytes, for the readers of kernel text.
//
// The readers look at bytes in place: a String per line would cost more than all the rest.
// Nothing here reads outside the buffer, whatever the bytes are.

/// Bytes of a text, read in place.
///
/// Safe because every index is checked, and a view is only handed down, never kept: `over` makes
/// sure that the bytes outlive it.
@safe struct TraceBytes {
  private let base: UnsafeBufferPointer<UInt8>

  private init(_ base: UnsafeBufferPointer<UInt8>) { unsafe self.base = base }

  /// Calls `body` with a view of all of `bytes`.
  static func over<Result>(_ bytes: [UInt8], _ body: (TraceBytes) -> Result) -> Result {
    unsafe bytes.withUnsafeBufferPointer { unsafe body(TraceBytes($0)) }
  }

  /// How many bytes there are.
  var count: Int { unsafe base.count }
  /// True if there are none.
  var isEmpty: Bool { count == 0 }
  /// The first byte; nil if there is none.
  var first: UInt8? { isEmpty ? nil : self[0] }
  /// The last byte; nil if there is none.
  var last: UInt8? { isEmpty ? nil : self[count - 1] }

  /// Byte number `index`, which must be in 0 ..< count.
  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "an index is inside the text")
    return unsafe base[index]
  }

  /// The bytes as an array.
  var array: [UInt8] { unsafe Array(base) }
}

extension TraceBytes {
  /// Whether the bytes are exactly those of `name`.
  func isEqual(to name: StaticString) -> Bool {
    guard name.utf8CodeUnitCount == count else { return false }
    for index in 0..<count where (unsafe self[index] != name.utf8Start[index]) { return false }
    return true
  }

  /// Whether the bytes are those of `name` without its first `skipped`.
  func isTail(of name: StaticString, from skipped: Int) -> Bool {
    guard name.utf8CodeUnitCount - skipped == count else { return false }
    for index in 0..<count
    where (unsafe self[index] != name.utf8Start[index + skipped]) { return false }
    return true
  }

  /// Whether there is a byte, and it is a decimal digit.
  static func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= 0x30 && $0 <= 0x39 } ?? false }

  /// Whether the bytes begin with those of `prefix`.
  func starts(with prefix: StaticString) -> Bool {
    let length = prefix.utf8CodeUnitCount
    guard count >= length else { return false }
    for index in 0..<length where (unsafe self[index] != prefix.utf8Start[index]) { return false }
    return true
  }

  /// The bytes of `range`, cut to what there is.
  func part(_ range: Range<Int>) -> TraceBytes {
    unsafe TraceBytes(UnsafeBufferPointer(rebasing: base[range.clamped(to: 0..<count)]))
  }

  /// First position at or after `start` that does not hold a space or a tab; `count` at the end.
  func skippingSpaces(from start: Int) -> Int {
    var index = start
    while index < count, self[index] == 0x20 || self[index] == 0x09 { index += 1 }
    return index
  }

  /// First position at or after `start` that holds a space, a tab or `stop`; `count` at the end.
  func endOfWord(from start: Int, or stop: UInt8 = 0x20) -> Int {
    var index = start
    while index < count, self[index] != 0x20, self[index] != 0x09, self[index] != stop {
      index += 1
    }
    return index
  }

  /// The whole of the bytes as a number, decimal or hexadecimal after `0x`; nil when a byte does
  /// not belong to it, when there is none, or when the number is not below `limit`.
  func number(below limit: UInt64) -> UInt64? {
    if count > 2, self[0] == UInt8(ascii: "0"), self[1] == UInt8(ascii: "x") {
      return digits(from: 2, base: 16, below: limit)
    }
    return digits(from: 0, base: 10, below: limit)
  }

  private func digits(from start: Int, base: UInt64, below limit: UInt64) -> UInt64? {
    guard start < count else { return nil }
    var value: UInt64 = 0
    for index in start..<count {
      guard let digit = Self.value(ofDigit: self[index]), digit < base else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: base)
      let (sum, carried) = product.addingReportingOverflow(digit)
      guard !overflow, !carried else { return nil }
      value = sum
    }
    return value < limit ? value : nil
  }

  private static func value(ofDigit byte: UInt8) -> UInt64? {
    switch byte {
    case 0x30...0x39: UInt64(byte - 0x30)
    case 0x61...0x66: UInt64(byte - 0x61 + 10)
    case 0x41...0x46: UInt64(byte - 0x41 + 10)
    default: nil
    }
  }
}
