// Where the zones of a recorded machine lie in the model.

import PageAllocator
import Recordings

extension RecordedMachine {
  /// Each zone at its own frames, or, where these are too far apart, behind the zone before.
  static func makeLayouts(
    _ zones: [ZoneDescription], _ nodes: [Int], _ types: PageTypeInfo?, file: String
  ) throws(TraceInputError) -> [ZoneLayout] {
    if let own = layOut(zones, nodes, types, keepsFrames: true) { return own }
    if let moved = layOut(zones, nodes, types, keepsFrames: false) { return moved }
    throw TraceInputError(
      file: file, limit: "at most \(frameCountMax) frames", found: "zones that span more")
  }

  /// nil if the zones do not fit.
  private static func layOut(
    _ zones: [ZoneDescription], _ nodes: [Int], _ types: PageTypeInfo?, keepsFrames: Bool
  ) -> [ZoneLayout]? {
    let alignment = Order.max.pages
    let block = types?.pagesPerBlock ?? 512
    var layouts: [ZoneLayout?] = zones.map { _ in nil }
    var end = 0
    for index in zones.indices.sorted(by: { zones[$0].startPFN < zones[$1].startPFN }) {
      let zone = zones[index]
      let listed = types?.blocks.first { $0.node == zone.node && $0.zone == zone.name }
      let blocks = max((listed?.blocks ?? []).reduce(0, +), (zone.managed + block - 1) / block)
      let start = keepsFrames ? max(zone.startPFN & ~(alignment - 1), end) : end
      guard let kind = kind(zone.name), start < frameCountMax, blocks <= frameCountMax / block,
        start + blocks * block <= frameCountMax
      else { return nil }
      layouts[index] = ZoneLayout(
        node: nodes.firstIndex(of: zone.node) ?? 0, kind: kind,
        start: PageFrameNumber(UInt32(start)), spannedPages: blocks * block,
        managedPages: zone.managed)
      end = (start + blocks * block + alignment - 1) & ~(alignment - 1)
    }
    let memory = zones.reduce(0) { $0 + $1.managed }
    return keepsFrames && end > 2 * memory + (1 << 20) ? nil : layouts.compactMap(\.self)
  }
}
