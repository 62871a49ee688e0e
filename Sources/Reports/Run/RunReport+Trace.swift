// A replayed recording: what the kernel did and what the model did, side by side.

import Outcomes

extension RunReport {
  /// Remarks that are shown.
  static let traceRemarksMax = 20

  /// The comparison; nil if no recording was replayed.
  static func trace(_ run: RunBody) -> ReportSection? {
    guard let trace = run.trace else { return nil }
    let skipped = trace.skipped == 0 ? "" : ", \(trace.skipped) skipped"
    let replayed = NumberText.counted(trace.replayed, "operation")
    var blocks: [ReportBlock] = [.sentence("Trace \(trace.file): \(replayed) replayed\(skipped)")]
    blocks += traceZones(trace)
    blocks += machineNumbers(trace)
    blocks += trace.remarks.prefix(traceRemarksMax).map { .sentence("remark: \($0)") }
    let more = trace.remarks.count - traceRemarksMax
    if more > 0 { blocks.append(.sentence(NumberText.counted(more, "more remark"))) }
    return ReportSection(nil, blocks)
  }

  private static func traceZones(_ trace: TraceOutcome) -> [ReportBlock] {
    guard !trace.zones.isEmpty else { return [] }
    var table = ReportTable([
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
    return [.table(table)]
  }

  private static func machineNumbers(_ trace: TraceOutcome) -> [ReportBlock] {
    let total = trace.machine.count
    guard total > 0 else { return [] }
    let different = trace.machine.filter { $0.kernel != $0.model }
    guard !different.isEmpty else {
      let all = NumberText.counted(total, "number")
      return [.sentence("machine: all of \(all) equal the kernel's")]
    }
    var table = ReportTable([
      .text("zone"), .text("number"), .number("kernel"), .number("model"), .number("difference"),
    ])
    for row in different {
      table.add([
        .text(row.zone), .text(row.name), .int(row.kernel), .int(row.model),
        .text(NumberText.difference(model: row.model, kernel: row.kernel)),
      ])
    }
    let heading = "machine: \(total - different.count) of \(NumberText.counted(total, "number"))"
    return [.sentence(heading + " equal the kernel's; these differ:"), .table(table)]
  }
}
