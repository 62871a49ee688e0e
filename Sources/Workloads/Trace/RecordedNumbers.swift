// The derived numbers of a recorded machine beside the kernel's own.

import Machine
import PageAllocator
import Recordings

extension RecordedMachine {
  /// One number that the model computed, beside the kernel's.
  public struct Comparison: Sendable, Equatable {
    /// Node and zone: `0 Normal`.
    public let zone: String
    /// The number's name in the file.
    public let name: String
    /// What the file says; watermarks without their boost.
    public let kernel: Int
    /// What the formulas give.
    public let model: Int
  }

  /// Every derived number of every zone of a modelled kind, beside the file's.
  public func comparison(_ tunables: AllocatorTunables) -> [Comparison] {
    zip(all, computedSizes(tunables)).flatMap { zone, computed in
      Self.kind(zone.name) == nil ? [] : comparison(zone, computed)
    }
  }

  private func comparison(_ zone: ZoneDescription, _ computed: ZoneSizes) -> [Comparison] {
    let marks = RecordedMarks(zone)
    var rows: [Comparison] = []
    func row(_ name: String, _ kernel: Int, _ model: Int) {
      let label = "\(zone.node) \(zone.name)"
      rows.append(Comparison(zone: label, name: name, kernel: kernel, model: model))
    }
    row("min", marks.min, computed.min)
    row("low", zone.low - marks.boost, computed.low)
    row("high", zone.high - marks.boost, computed.high)
    if let promo = zone.promo { row("promo", promo - marks.boost, computed.promo) }
    for (kind, kernel) in protectionByKind(zone) {
      row("protection[\(kind.name)]", kernel, computed.protection[kind.rawValue])
    }
    for lists in zone.perCPU where zone.managed > 0 {
      row("cpu \(lists.cpu) batch", lists.batch, computed.batch)
      if let highMin = lists.highMin { row("cpu \(lists.cpu) high_min", highMin, computed.highMin) }
      if let highMax = lists.highMax { row("cpu \(lists.cpu) high_max", highMax, computed.highMax) }
    }
    return rows
  }

  /// The reserves of a zone, by the kind that requests come from: a column for each zone that the
  /// file lists for the node, in order.
  func protectionByKind(_ zone: ZoneDescription) -> [(kind: ZoneKind, pages: Int)] {
    let columns = all.filter { $0.node == zone.node }.map { Self.kind($0.name) }
    return zip(columns, zone.protection).compactMap { kind, pages in kind.map { ($0, pages) } }
  }

  /// The numbers of all zones of the file by the kernel's formulas; those of zones that are not
  /// modelled mean nothing.
  func computedSizes(_ tunables: AllocatorTunables) -> [ZoneSizes] {
    let cpus = nodeNumbers.indices.map { node in nodeOfCPU.count { $0 == node } }
    return ZoneSizes.compute(
      zones: all.map { zone in
        let kind = Self.kind(zone.name)
        return (kind ?? .normal, node(of: zone), kind == nil ? 0 : zone.managed)
      }, cpusOfNode: cpus.map { $0 == 0 ? cpuCount : $0 }, tunables)
  }

  /// The rules of older kernels by which the file's numbers are not those of the model.
  func ruleRemarks() -> [String] {
    var remarks: [String] = []
    let lists = zones.flatMap { zone in zone.perCPU.map { (zone, $0) } }
    if !lists.isEmpty,
      lists.allSatisfy({ $1.highMin == nil && $1.high == 6 * $1.batch })
    {
      remarks.append("high is 6 times batch, as of kernels before 5.14; the model tunes it")
    }
    if lists.contains(where: { $0.managed >= 1 << 18 && $1.batch == 31 }) {
      remarks.append("batches are at most 31, as of kernels before 4.20; the model's at most 63")
    }
    let hasNarrowGaps = zip(zones, marks).contains { $0.managed / 1000 > $1.gap }
    if hasNarrowGaps && marks.allSatisfy({ $0.gap <= $0.min / 4 + 1 }) {
      remarks.append("watermarks have no watermark_scale_factor, as of kernels before 4.6")
    }
    for (zone, marks) in zip(zones, marks) where marks.boost > 0 {
      let how = marks.isEstimated ? ", by its gaps" : ""
      remarks.append(
        "the watermarks of zone \(zone.node) \(zone.name) are boosted by \(marks.boost)"
          + " pages\(how): taken off, and the zone starts with it")
    }
    return remarks
  }
}
