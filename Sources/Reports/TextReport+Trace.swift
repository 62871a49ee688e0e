// A replayed recording: what the kernel did and what the model did, side by side.

import Outcomes

extension TextReport {
  /// Remarks that are shown.
  static let traceRemarksMax = 20

  /// The comparison; nothing if no recording was replayed.
  static func trace(_ run: RunBody) -> [String] {
    guard let trace = run.trace else { return [] }
    let skipped = trace.skipped == 0 ? "" : ", \(trace.skipped) skipped"
    var lines = TextLayout.wrapped(
      "Trace \(trace.file): \(NumberText.counted(trace.replayed, "operation")) replayed\(skipped)",
      rest: "  ")
    lines += traceZones(trace)
    lines += machineNumbers(trace)
    for remark in trace.remarks.prefix(traceRemarksMax) {
      lines += TextLayout.wrapped("remark: \(remark)", rest: "  ")
    }
    let more = trace.remarks.count - traceRemarksMax
    if more > 0 { lines.append(NumberText.counted(more, "more remark")) }
    return lines
  }

  private static func traceZones(_ trace: TraceOutcome) -> [String] {
    guard !trace.zones.isEmpty else { return [] }
    var table = TextTable([
      .text("zone"), .text("what"), .number("kernel"), .number("model"), .number("difference"),
    ])
    for zone in trace.zones {
      let rows = [
        ("pages taken", zone.takenKernel, zone.takenModel),
        ("pages drained", zone.drainedKernel, zone.drainedModel),
        ("fallbacks", zone.fallbacksKernel, zone.fallbacksModel),
      ]
      for (index, row) in rows.enumerated() {
        table.add([
          .text(index == 0 ? zone.zone : ""), .text(row.0), .int(row.1), .int(row.2),
          .text(NumberText.difference(model: row.2, kernel: row.1)),
        ])
      }
    }
    return table.lines()
  }

  private static func machineNumbers(_ trace: TraceOutcome) -> [String] {
    let total = trace.machine.count
    guard total > 0 else { return [] }
    let different = trace.machine.filter { $0.kernel != $0.model }
    guard !different.isEmpty else {
      return ["machine: all of \(NumberText.counted(total, "number")) equal the kernel's"]
    }
    var table = TextTable([
      .text("zone"), .text("number"), .number("kernel"), .number("model"), .number("difference"),
    ])
    for row in different {
      table.add([
        .text(row.zone), .text(row.name), .int(row.kernel), .int(row.model),
        .text(NumberText.difference(model: row.model, kernel: row.kernel)),
      ])
    }
    let heading = "machine: \(total - different.count) of \(NumberText.counted(total, "number"))"
    return [heading + " equal the kernel's; these differ:"] + table.lines()
  }
}
