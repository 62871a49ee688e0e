// The limits of the model that a recorded machine may be beyond.

import Machine
import PageAllocator
import Recordings

enum RecordedLimits {
  /// - Throws: ``TraceInputError`` with the limit and the machine's number.
  static func check(
    _ zones: [ZoneDescription], _ nodes: [Int], _ cpuCount: Int, _ types: PageTypeInfo?,
    file: String
  ) throws(TraceInputError) {
    func check(_ what: String, _ count: Int, atMost limit: Int) throws(TraceInputError) {
      if count <= limit { return }
      throw TraceInputError(file: file, limit: "at most \(limit) \(what)", found: "\(count)")
    }
    if zones.isEmpty {
      throw TraceInputError(
        file: file, limit: "zones DMA, DMA32, Normal and Movable", found: "none of them with memory"
      )
    }
    if cpuCount == 0 {
      throw TraceInputError(
        file: file, line: 1, expected: "per-CPU lists of at least one CPU, `cpu: 0`")
    }
    try check("zones", zones.count, atMost: Zone.countMax)
    try check("nodes", nodes.count, atMost: Zone.nodeCountMax)
    try check("CPUs", cpuCount, atMost: Machine.workerCountMax)
    let frames = zones.reduce(0) { $0 &+ $1.managed }
    try check("pages of memory", frames, atMost: RecordedMachine.frameCountMax)
    if let types, !RecordedMachine.pageblockOrders.contains(types.pageblockOrder) {
      let orders = RecordedMachine.pageblockOrders
      let size = RecordedMachine.pageKiB(pageblockOrder: types.pageblockOrder)
      let pages = size.map { ", which have pages of \($0) KiB; the model's have 4" } ?? ""
      throw TraceInputError(
        file: file, limit: "pageblocks of order \(orders.lowerBound) to \(orders.upperBound)",
        found: "those of order \(types.pageblockOrder)\(pages)")
    }
  }
}

extension RecordedMachine {
  /// Orders that a pageblock may have.
  public static let pageblockOrders = 3...9

  /// The size of a page by that of a pageblock, which is a huge page: nil for 4 KiB and for what no
  /// kernel has.
  static func pageKiB(pageblockOrder: Int) -> Int? { [13: 64, 11: 16][pageblockOrder] }

  /// A remark if batches are those of larger pages.
  func pageSizeRemarks() -> [String] {
    var votes: [Int: Int] = [:]
    for zone in zones where zone.managed >= 1 << 14 {
      guard let batch = zone.perCPU.first?.batch else { continue }
      let size = [4, 16, 64].first { kib in
        [512, 1024].contains { batch == Self.batch(zone.managed, pageKiB: kib, capKiB: $0) }
      }
      votes[size ?? 4, default: 0] += 1
    }
    guard let (size, count) = votes.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }),
      size > 4
    else { return [] }
    return [
      "batches of \(count) zones are those of pages of \(size) KiB; the model has pages of 4 KiB,"
        + " so batches, lists and reserves that follow from bytes differ"
    ]
  }

  /// zone_batchsize() for pages of some size, which grows up to some size of memory.
  static func batch(_ managed: Int, pageKiB: Int, capKiB: Int) -> Int {
    let base = min(managed >> 10, capKiB / pageKiB) / 4
    if base <= 1 { return 1 }
    let scaled = base + base / 2
    return (1 << (Int.bitWidth - 1 - scaled.leadingZeroBitCount)) - 1
  }
}
