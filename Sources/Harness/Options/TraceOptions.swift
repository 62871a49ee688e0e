// The section `trace` of a config.

import JSON5

/// What a config says of a recording to replay.
struct TraceOptions: Sendable, Equatable {
  var file = ""
  var decays = true
  /// Microseconds; nil for the one that fits the recording best.
  var decayPhase: Int? = 100_000

  /// True if several phases are to be tried.
  var fitsPhase: Bool { decays && decayPhase == nil }

  static let section = ConfigurationSection(
    "trace", TraceOptions(),
    [
      .required("file", \.file, .fileName, "the recording; - for standard input"),
      .option(
        "decay", \.decays, .bool,
        "whether per-CPU lists decay, once a second of recorded time on each CPU"),
      .option(
        "decayPhase", \.decayPhase,
        ConfigurationForm<Int>.microseconds(in: 0...1_000_000_000).or(word: "fit"),
        "recorded time from the start to the first decay; fit replays the recording with ten"
          + " phases and keeps the one that is nearest to the kernel"
      ).shown { $0.decays },
    ])
}

extension ConfigurationForm where Value == Int {
  /// A duration of so many nanoseconds, of which whole microseconds count.
  fileprivate static func microseconds(in range: ClosedRange<UInt64>) -> Self {
    let form = ConfigurationForm<UInt64>.duration(in: range)
    return form.converted({ Int($0 / 1000) }, back: { UInt64($0) * 1000 })
  }
}
