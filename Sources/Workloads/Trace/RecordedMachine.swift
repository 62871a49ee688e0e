// The machine that a kernel describes in /proc/zoneinfo, buddyinfo and pagetypeinfo, for the model.
//
// Given   managed, present, spanned and start of each zone; the minima, from which min_free_kbytes
//         follows, and the gaps, from which watermark_scale_factor does; the boost, the per-CPU
//         counts and highs, and the free blocks, as they are.
// Derived every other number, by the kernel's formulas; `comparison` holds them against the file.
// Omits   Holes: a zone's frames follow one another from its start, as many as its pageblocks have.
//         Zones of other kinds than the model's, named by `remarks`.

import Machine
import PageAllocator
import Recordings

/// A machine built from what a kernel said of its own.
public struct RecordedMachine: Sendable {
  /// Zones that are modelled: those with memory, in the order of the file.
  public let zones: [ZoneDescription]
  /// The same zones for the allocator; nodes are positions in `nodeNumbers`.
  public let layouts: [ZoneLayout]
  /// The kernel's numbers of the nodes, ascending.
  public let nodeNumbers: [Int]
  /// CPUs that the zones list.
  public let cpuCount: Int
  /// The node of each CPU, as a position in `nodeNumbers`.
  public private(set) var nodeOfCPU: [Int]
  /// The watermarks of `zones` without their boost.
  let marks: [RecordedMarks]
  /// What is not modelled of the machine, and by which rule its numbers differ, a line each.
  public private(set) var remarks: [String] = []
  /// Every zone of the file, those without memory included.
  let all: [ZoneDescription]
  let buddyInfo: [BuddyInfoZone]?
  let pageTypeInfo: PageTypeInfo?

  /// Frames that a machine may have: 1 TiB of memory.
  public static let frameCountMax = 1 << 28

  /// The machine of these files.
  ///
  /// - Parameters:
  ///   - file: named in errors.
  ///   - buddyInfo: nil to take all free memory in the largest blocks.
  ///   - pageTypeInfo: nil to take all memory as movable.
  /// - Throws: ``TraceInputError`` for a machine beyond the limits of the model.
  public init(
    _ zones: [ZoneDescription], file: String, buddyInfo: [BuddyInfoZone]?,
    pageTypeInfo: PageTypeInfo?
  ) throws(TraceInputError) {
    all = zones
    let modelled = zones.filter { $0.managed > 0 && Self.kind($0.name) != nil }
    self.zones = modelled
    self.buddyInfo = buddyInfo
    self.pageTypeInfo = pageTypeInfo
    nodeNumbers = Set(modelled.map(\.node)).sorted()
    cpuCount = (modelled.flatMap { $0.perCPU.map(\.cpu) }.max() ?? -1) + 1
    try RecordedLimits.check(self.zones, nodeNumbers, cpuCount, pageTypeInfo, file: file)
    layouts = try Self.makeLayouts(modelled, nodeNumbers, pageTypeInfo, file: file)
    marks = modelled.map { RecordedMarks($0) }
    nodeOfCPU = []
    nodeOfCPU = likelyNodeOfCPU()
    remarks = omissions() + pageSizeRemarks() + ruleRemarks()
  }

  /// The kind of a zone by its name; nil for those that are not modelled.
  static func kind(_ name: String) -> ZoneKind? { ZoneKind.allCases.first { $0.name == name } }

  /// Nodes with memory, 1 ... `Zone.nodeCountMax`.
  public var nodeCount: Int { nodeNumbers.count }

  /// The node of `zone` as a position in `nodeNumbers`.
  func node(of zone: ZoneDescription) -> Int { nodeNumbers.firstIndex(of: zone.node) ?? 0 }

  /// Sets the node of each CPU, as positions in `nodeNumbers`.
  public mutating func setNodes(ofCPU nodes: [Int]) {
    precondition(nodes.count == cpuCount && nodes.allSatisfy { nodeNumbers.indices.contains($0) })
    nodeOfCPU = nodes
  }

  /// The tunables that the files imply, over those given.
  public func tunables(_ base: AllocatorTunables) -> AllocatorTunables {
    var tunables = base
    tunables.minFreeKBytes = minFreeKBytes
    tunables.watermarkScaleFactor = watermarkScaleFactor ?? base.watermarkScaleFactor
    if let types = pageTypeInfo { tunables.pageblockOrder = Order(types.pageblockOrder) }
    return tunables
  }

  private func omissions() -> [String] {
    all.compactMap { zone in
      if zone.managed == 0 || Self.kind(zone.name) != nil { return nil }
      return "zone \(zone.name) of node \(zone.node), \(zone.managed) pages, is not modelled:"
        + " events of its frames are passed over"
    }
  }
}
