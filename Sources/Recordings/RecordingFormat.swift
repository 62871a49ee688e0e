// Recordings in forms that this reader does not read, by their first bytes.

/// A form of a recording that another program turns into text first.
public enum RecordingFormat: CaseIterable, Sendable {
  case gzip, xz, zstandard, traceDat, perfData, commonTraceFormat, lttngText

  /// The form of a recording; nil for text that the reader may read.
  public static func unreadable(_ bytes: [UInt8]) -> RecordingFormat? {
    if let format = allCases.first(where: { !$0.magic.isEmpty && bytes.starts(with: $0.magic) }) {
      return format
    }
    let head = bytes.prefix(1024)
    return contains(Array("{ cpu_id = ".utf8), head) ? .lttngText : nil
  }

  /// The first bytes; empty for a text.
  private var magic: [UInt8] {
    switch self {
    case .gzip: [0x1F, 0x8B]
    case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A]
    case .zstandard: [0x28, 0xB5, 0x2F, 0xFD]
    case .traceDat: [0x17, 0x08, 0x44] + Array("tracing".utf8)
    case .perfData: Array("PERFILE2".utf8)
    case .commonTraceFormat: [0xC1, 0x1F, 0xFC, 0xC1]
    case .lttngText: []
    }
  }

  /// What it is.
  public var what: String {
    switch self {
    case .gzip: "gzipped"
    case .xz: "packed by xz"
    case .zstandard: "packed by zstd"
    case .traceDat: "a trace.dat of trace-cmd"
    case .perfData: "a perf.data of perf"
    case .commonTraceFormat: "a binary trace of LTTng"
    case .lttngText: "a trace of LTTng"
    }
  }

  /// What to run first; `file` is the recording.
  public func advice(file: String) -> String {
    switch self {
    case .gzip: "run `zcat \(file)` first"
    case .xz: "run `xzcat \(file)` first"
    case .zstandard: "run `zstdcat \(file)` first"
    case .traceDat: "run `trace-cmd report -i \(file)` first"
    case .perfData: "run `perf script -i \(file)` first"
    case .commonTraceFormat, .lttngText:
      "its events lack what a replay needs; record with `perf record -a -e 'kmem:mm_page*'` and run"
        + " `perf script`"
    }
  }

  private static func contains(_ words: [UInt8], _ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: words) }
  }
}
