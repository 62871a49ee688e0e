// The node of each CPU of a recorded machine.

import PageAllocator
import Recordings

extension RecordedMachine {
  /// By how many CPUs each node has, if the files tell: as many in a row; else in equal shares.
  func likelyNodeOfCPU() -> [Int] {
    placed([Int?](repeating: nil, count: cpuCount))
      ?? (0..<cpuCount).map { $0 * nodeCount / cpuCount }
  }

  /// The nodes of all CPUs when some are known: the others in order where there is room.  nil if
  /// the files do not tell how many CPUs each node has.
  ///
  /// The shortest tuned length of a list is a zone's low watermark over the CPUs of its node, or of
  /// the machine for a node without CPUs.
  private func placed(_ known: [Int?]) -> [Int]? {
    if nodeCount == 1 { return nil }
    var room: [Int] = []
    for node in nodeNumbers.indices {
      guard let count = cpus(ofNode: node) else { return nil }
      room.append(count == cpuCount ? 0 : count)
    }
    if room.reduce(0, +) != cpuCount { return nil }
    for node in known.compactMap(\.self) { room[node] -= 1 }
    return known.map { node in
      if let node { return node }
      let free = room.firstIndex { $0 > 0 } ?? 0
      room[free] -= 1
      return free
    }
  }

  private func cpus(ofNode node: Int) -> Int? {
    var counts = Array(1...cpuCount)
    var isTold = false
    for (zone, marks) in zip(zones, marks) where self.node(of: zone) == node {
      guard let lists = zone.perCPU.first, let highMin = lists.highMin,
        highMin > lists.batch * 4
      else { continue }
      isTold = true
      counts = counts.filter { marks.low / $0 == highMin }
    }
    return isTold && counts.count == 1 ? counts.first : nil
  }

  /// Puts each CPU on the node that most of its pages came from; one that took none where the files
  /// leave room, or where it was.
  public mutating func takeNodes(from trace: ResolvedTrace) {
    let known = (0..<cpuCount).map { cpu in
      cpu < trace.flows.count ? mostUsedNode(trace.flows[cpu]) : nil
    }
    let others = placed(known) ?? nodeOfCPU
    setNodes(ofCPU: zip(known, others).map { $0 ?? $1 })
  }

  private func mostUsedNode(_ flows: [TraceZoneFlow]) -> Int? {
    var pages = [Int](repeating: 0, count: nodeCount)
    for (zone, flow) in zip(zones, flows) {
      pages[node(of: zone)] += flow.allocatedFromPerCPUPages + flow.directPages
    }
    let most = pages.max() ?? 0
    return most == 0 ? nil : pages.firstIndex(of: most)
  }
}
