// Numbers as reports print them: plain digits where there is room, three digits and a unit letter
// where there is not. Whole numbers stay whole numbers, so that no rounding creeps in.

/// Prints numbers.
public enum NumberText {
  /// Letters for thousands, from 10^3 to 10^18.
  private static let letters: [Character] = ["k", "M", "G", "T", "P", "E"]

  /// At most five columns: `999`, `12.3k`, `18.4E`; digits are cut off, not rounded.
  public static func compact(_ value: UInt64) -> String {
    guard value >= 1000 else { return "\(value)" }
    var unit: UInt64 = 1000
    var index = 0
    while index < letters.count - 1, value / unit >= 1000 {
      unit *= 1000
      index += 1
    }
    let whole = value / unit
    let tenths = value % unit / (unit / 10)
    return whole >= 100 ? "\(whole)\(letters[index])" : "\(whole).\(tenths)\(letters[index])"
  }

  /// As ``compact(_:)``, with a sign in front of numbers below 0.
  public static func compact(_ value: Int) -> String {
    (value < 0 ? "-" : "") + compact(UInt64(value.magnitude))
  }

  /// Microseconds with two decimals, rounded: 1234 ns is `1.23`.
  public static func microseconds(_ nanoseconds: UInt64) -> String {
    let hundredths = nanoseconds / 10 + (nanoseconds % 10 >= 5 ? 1 : 0)
    return "\(hundredths / 100).\(padded(hundredths % 100, to: 2))"
  }

  /// Microseconds with all three decimals: 53 ns is `0.053`.
  public static func exactMicroseconds(_ nanoseconds: UInt64) -> String {
    "\(nanoseconds / 1000).\(padded(nanoseconds % 1000, to: 3))"
  }

  /// Seconds with two decimals, cut off.
  public static func seconds(_ nanoseconds: UInt64) -> String {
    let hundredths = nanoseconds / 10_000_000
    return "\(hundredths / 100).\(padded(hundredths % 100, to: 2))"
  }

  /// A rate as a whole number; `-` for what is not a number of 0 or more.
  public static func rate(_ value: Double) -> (full: String, compact: String) {
    guard value >= 0, value.isFinite else { return ("-", "-") }
    let whole = value < 0x1p64 ? UInt64(value) : UInt64.max
    return ("\(whole)", compact(whole))
  }

  /// How far `model` is from `kernel`, in percent with a sign and one decimal. `-` when the
  /// kernel's number is 0 and the model's is not: there is no such percentage.
  public static func difference(model: Int, kernel: Int) -> String {
    if model == kernel { return "0.0 %" }
    guard kernel != 0 else { return "-" }
    let percent = (Double(model) - Double(kernel)) / Double(kernel).magnitude * 100
    let sign = percent < 0 ? "-" : "+"
    let tenths = (percent.magnitude * 10).rounded()
    guard tenths < 1e12 else { return sign + "1e9 % or more" }
    let whole = UInt64(tenths)
    return "\(sign)\(whole / 10).\(whole % 10) %"
  }

  /// The count with its noun: `1 page`, `2 pages`.
  public static func counted(_ count: UInt64, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
  }

  /// As ``counted(_:_:)`` for a count that is never below 0.
  public static func counted(_ count: Int, _ noun: String) -> String {
    counted(UInt64(clamping: count), noun)
  }

  private static func padded(_ value: UInt64, to width: Int) -> String {
    let digits = "\(value)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
