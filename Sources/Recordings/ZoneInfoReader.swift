// Reads /proc/zoneinfo: the zones of a recorded machine, their watermarks and per-CPU lists.

/// The per-CPU lists of one zone on one CPU; all numbers are pages.
public struct ZonePerCPUDescription: Equatable, Sendable {
  public let cpu: Int
  public fileprivate(set) var count = 0
  public fileprivate(set) var high = 0
  public fileprivate(set) var batch = 0
  /// nil when the kernel is older than the tuning of highs (before 6.7).
  public fileprivate(set) var highMin: Int?
  public fileprivate(set) var highMax: Int?
}

/// One zone; all numbers are pages below 2^52.
public struct ZoneDescription: Equatable, Sendable {
  public let node: Int
  /// The kernel's name, for instance "Normal".
  public let name: String
  public fileprivate(set) var freePages = 0
  /// What `min`, `low`, `high` and `promo` have more than their formulas give; nil when the kernel
  /// prints none (before 6.1).
  public fileprivate(set) var boost: Int?
  public fileprivate(set) var min = 0
  public fileprivate(set) var low = 0
  public fileprivate(set) var high = 0
  /// nil when the kernel is too old to print it.
  public fileprivate(set) var promo: Int?
  public fileprivate(set) var spanned = 0
  public fileprivate(set) var present = 0
  /// Where the kernel prints none (before 3.9), the present pages.
  public fileprivate(set) var managed = 0
  /// First page frame; 0 when the zone spans none.
  public fileprivate(set) var startPFN = 0
  /// The reserves against requests that could use higher zones, by zone from the lowest.
  public fileprivate(set) var protection: [Int] = []
  /// The zone's counter of free pages; nil for a zone without pages.
  public fileprivate(set) var nrFreePages: Int?
  /// In ascending order of CPUs; empty for a zone without pages.
  public fileprivate(set) var perCPU: [ZonePerCPUDescription] = []

  /// Highest number of a node that is accepted.
  public static let nodeMax = ProcZoneName.nodeMax

  /// One past the last page frame.
  public var endPFN: Int { startPFN + spanned }
}

/// Reads the text of /proc/zoneinfo.
public struct ZoneInfoReader {
  /// Highest CPU number that is accepted.
  public static let cpuMax = 8191

  private enum Key: CaseIterable { case free, min, low, high, spanned, present, start }

  private var zones: [ZoneDescription] = []
  private var seen: Set<Key> = []

  /// The zones in the order of the text, at least one. `file` is for messages only.
  ///
  /// Throws at the first line that has a wanted name but not its number, and at a zone that lacks
  /// a watermark or a size. Names that are not wanted are passed over.
  public static func read(
    _ bytes: [UInt8], file: String
  ) throws(TraceInputError) -> [ZoneDescription] {
    var reader = ZoneInfoReader()
    var text = ProcText(file: file)
    try text.forEachLine(of: bytes) { (text, words) throws(TraceInputError) in
      try reader.readLine(words, text)
    }
    guard !reader.zones.isEmpty else { throw text.error("a line `Node N, zone NAME`") }
    try reader.checkComplete(text)
    return reader.zones
  }

  private mutating func readLine(_ words: ProcWords, _ text: ProcText) throws(TraceInputError) {
    if words.begins(with: "Node") {
      guard let name = ProcZoneName(words) else { throw text.error("`Node N, zone NAME`") }
      if !zones.isEmpty { try checkComplete(text) }
      zones.append(ZoneDescription(node: name.node, name: name.zone))
      seen = []
    } else if !zones.isEmpty {
      try readZone(words, text)
    }
  }

  private mutating func readZone(_ words: ProcWords, _ text: ProcText) throws(TraceInputError) {
    let last = zones.count - 1
    if words.begins(with: "pages", "free") {
      zones[last].freePages = try number(words, 2, text, .free)
    } else if words.isWord(0, "boost") {
      zones[last].boost = try number(words, 1, text)
    } else if words.isWord(0, "min") {
      zones[last].min = try number(words, 1, text, .min)
    } else if words.isWord(0, "low") {
      zones[last].low = try number(words, 1, text, .low)
    } else if words.isWord(0, "high") {
      zones[last].high = try number(words, 1, text, .high)
    } else if words.isWord(0, "promo") {
      zones[last].promo = try number(words, 1, text)
    } else if words.isWord(0, "spanned") {
      zones[last].spanned = try number(words, 1, text, .spanned)
    } else if words.isWord(0, "present") {
      zones[last].present = try number(words, 1, text, .present)
      zones[last].managed = zones[last].present
    } else if words.isWord(0, "managed") {
      zones[last].managed = try number(words, 1, text)
    } else if words.isWord(0, "start_pfn:") {
      zones[last].startPFN = try number(words, 1, text, .start)
    } else if words.isWord(0, "nr_free_pages") {
      zones[last].nrFreePages = try number(words, 1, text)
    } else if words.isWord(0, "protection:") {
      guard let numbers = words.numbers(from: 1), !numbers.isEmpty else {
        throw text.error("page counts in parentheses")
      }
      zones[last].protection = numbers
    } else {
      try readPerCPU(words, text, zone: last)
    }
  }

  private mutating func readPerCPU(
    _ words: ProcWords, _ text: ProcText, zone: Int
  ) throws(TraceInputError) {
    if words.isWord(0, "cpu:") {
      let cpu = try number(words, 1, text)
      guard cpu <= Self.cpuMax, cpu > zones[zone].perCPU.last?.cpu ?? -1 else {
        throw text.error("CPUs in ascending order, 0...\(Self.cpuMax)")
      }
      zones[zone].perCPU.append(ZonePerCPUDescription(cpu: cpu))
      return
    }
    let last = zones[zone].perCPU.count - 1
    guard last >= 0 else { return }
    if words.isWord(0, "count:") {
      zones[zone].perCPU[last].count = try number(words, 1, text)
    } else if words.isWord(0, "high:") {
      zones[zone].perCPU[last].high = try number(words, 1, text)
    } else if words.isWord(0, "batch:") {
      zones[zone].perCPU[last].batch = try number(words, 1, text)
    } else if words.isWord(0, "high_min:") {
      zones[zone].perCPU[last].highMin = try number(words, 1, text)
    } else if words.isWord(0, "high_max:") {
      zones[zone].perCPU[last].highMax = try number(words, 1, text)
    }
  }

  private mutating func number(
    _ words: ProcWords, _ index: Int, _ text: ProcText, _ key: Key? = nil
  ) throws(TraceInputError) -> Int {
    guard let number = words.number(index) else { throw text.error("a number below 2^52") }
    if let key { seen.insert(key) }
    return number
  }

  /// Called where the last zone ends.
  private func checkComplete(_ text: ProcText) throws(TraceInputError) {
    let zone = zones[zones.count - 1]
    for key in Key.allCases where !seen.contains(key) {
      if key == .start && zone.spanned == 0 { continue }
      let name = key == .start ? "start_pfn" : "\(key)"
      throw text.error("`\(name)` of zone \(zone.name) of node \(zone.node) before here")
    }
  }
}
