// The memory at the end of a run: pages by zone, and free blocks as /proc/buddyinfo prints them.

import Outcomes

extension RunReport {
  /// Managed and free pages, and watermarks.
  static func zones(_ run: RunBody) -> ReportSection? {
    let names = ["min", "low", "high", "promo"]
    let watermarkCount = min(run.zones.map(\.watermarks.count).max() ?? 0, names.count)
    var table = ReportTable(
      [.text("zone"), .number("managed"), .number("free")]
        + names.prefix(watermarkCount).map { .number($0) })
    for zone in run.zones {
      var cells: [ReportTable.Cell] = [
        .text("\(zone.node) \(zone.name)"), .int(zone.managed), .int(zone.free),
      ]
      for index in 0..<watermarkCount {
        let isKnown = zone.watermarks.indices.contains(index)
        cells.append(isKnown ? .int(zone.watermarks[index]) : .text("-"))
      }
      table.add(cells)
    }
    return ReportSection("Memory at the end, in pages", table)
  }

  /// Free blocks by order, in the form of /proc/buddyinfo.
  static func buddyinfo(_ run: RunBody) -> ReportSection? {
    let zones = run.zones.filter { !$0.freeBlocks.isEmpty }
    let orders = zones.map(\.freeBlocks.count).max() ?? 0
    var table = ReportTable(
      [.text("")] + (0..<orders).map { _ in .number("", widthMin: 6) }, gap: 1)
    for zone in zones {
      let name = TextLayout.trailing(zone.name, 8)
      let blocks = (0..<orders).map { order -> ReportTable.Cell in
        order < zone.freeBlocks.count ? .int(zone.freeBlocks[order]) : .text("-")
      }
      table.add([.text("Node \(zone.node), zone \(name)")] + blocks)
    }
    return ReportSection("Free blocks at the end (/proc/buddyinfo)", table)
  }
}
