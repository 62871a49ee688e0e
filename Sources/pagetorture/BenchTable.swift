// A bench as a table: a row for each phase with the lists' length pinned, and one with the model's
// own.

import Bench
import Reports

/// Renders benches.
enum BenchTable {
  /// The lines of all cases.
  ///
  /// - Parameter load: of the machine, before and after; nil where it is not known.
  static func lines(
    _ cases: [BenchCase], _ options: BenchOptions, load: (before: Double?, after: Double?)
  ) -> [String] {
    let ledger = options.ledger ? "on" : "off"
    let loads = [load.before, load.after].map { $0.map(BenchMeasure.text) ?? "unknown" }
    let intro = [
      "ns of CPU per page (phase pair: per pair), median (minimum-maximum) of \(options.runs) runs",
      "batch \(options.batch), high \(options.high) on both sides, or high tuned by the model; "
        + "\(options.frames) frames",
      "page structs: \(BenchOptions.modelPageBytes) bytes (model), "
        + "\(BenchOptions.referencePageBytes) (reference)",
      "model: statistics \(options.statistics.name), ledger \(ledger); "
        + "load before \(loads[0]), after \(loads[1])",
      "",
    ]
    return intro + TextRenderer.lines(table(cases), columnsMax: 132) + failures(cases)
  }

  private static func table(_ cases: [BenchCase]) -> ReportTable {
    var table = ReportTable(
      [
        .text("pattern"), .text("phase"), .number("threads"), .text("lists"), .number("model"),
        .number("reference"), .number("ratio"),
      ] + ModelVariant.protections.map { .number($0.protection.name) })
    for done in cases {
      for measure in done.measures {
        guard let lists = lists(measure.side),
          let reference = done.measure("reference", measure.phase)
        else { continue }
        table.add(
          [
            .text(done.pattern.rawValue), .text(measure.phase), .int(done.threads),
            .text(lists), .text(text(measure)), .text(text(reference)),
            .text(ratio(measure, reference)),
          ] + protections(done, measure))
      }
    }
    return table
  }

  /// The median under each other protection, in the row that is as these are but for that.
  private static func protections(_ done: BenchCase, _ row: BenchMeasure) -> [ReportTable.Cell] {
    ModelVariant.protections.map { variant in
      let measure = row.side == "model" ? done.measure(variant.name, row.phase) : nil
      return .text(measure.map { BenchMeasure.text($0.median) } ?? "-")
    }
  }

  /// What the model did with its lists: their length pinned or tuned, or left for whole blocks;
  /// nil for a side without a row of its own.
  private static func lists(_ side: String) -> String? {
    switch side {
    case "model": "pinned"
    case "model-tuned": "tuned"
    case "model-blocks": "blocks"
    default: nil
    }
  }

  private static func text(_ measure: BenchMeasure) -> String {
    let numbers = [measure.median, measure.minimum, measure.maximum].map(BenchMeasure.text)
    return "\(numbers[0]) (\(numbers[1])-\(numbers[2]))"
  }

  private static func ratio(_ measure: BenchMeasure, _ reference: BenchMeasure) -> String {
    reference.median > 0 ? BenchMeasure.text(measure.median / reference.median) : "-"
  }

  /// What kept a row from meaning what it says.
  private static func failures(_ cases: [BenchCase]) -> [String] {
    let failed = cases.flatMap(\.measures).filter { $0.failures > 0 }
    return (failed.isEmpty ? [] : [""])
      + failed.map {
        "\($0.side), \($0.pattern.rawValue) \($0.phase), threads \($0.threads): "
          + "\($0.failures) calls of \($0.operations) operations got too little memory"
      }
  }
}
