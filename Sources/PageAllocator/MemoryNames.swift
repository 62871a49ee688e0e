// What the words of the allocator are called in traces and reports: the kernel's names of its own
// fields, with the zone, CPU or frame that they belong to.

import Machine

extension PageAllocator {
  /// Tells the machine how the allocator's words are called.
  func nameMemory(of machine: Machine) {
    let (nodes, zones, cpus) = (nodeCount, zoneCount, machine.cpuCount)
    let zoneNames = (0..<zones).map { Self.zoneName(zone($0), isAlone: nodes == 1) }
    for (index, name) in zoneNames.enumerated() {
      machine.name(zone(index).words, count: Zone.Word.size) {
        "zone \(name) " + Self.zoneWord($0)
      }
      machine.name(zone(index).words.lock, name)
      for cpu in 0..<cpus {
        let owner = zones == 1 ? "cpu\(cpu)" : "cpu\(cpu) \(name)"
        let pcp = perCPUPages(cpu: cpu, zone: index)
        machine.name(pcp.words, count: PerCPUPages.Word.size) {
          "pcp[\(owner)]." + Self.perCPUWord($0)
        }
        machine.name(pcp.lock, owner)
      }
    }
    let frameCount = frames.frameCount
    machine.name(frames.words) { index in
      let (node, word) = index.quotientAndRemainder(dividingBy: FrameTable.nodeWords)
      let fields = ["next", "prev", "word", "refcount"]
      let field = word < fields.count ? fields[word] : "padding"
      if node < frameCount { return "frame 0x" + String(node, radix: 16) + ".\(field)" }
      return Self.headName(node - frameCount, zoneNames, cpus) + ".\(field)"
    }
    machine.name(stamps) { "frame 0x" + String($0, radix: 16) + ".private" }
    machine.name(pageblocks) { "pageblock \($0) migratetype" }
  }

  private static func zoneName(_ zone: Zone, isAlone: Bool) -> String {
    isAlone ? zone.kind.name : "\(zone.kind.name) of node \(zone.node)"
  }

  private static func zoneWord(_ index: Int) -> String {
    switch Zone.Word(rawValue: index) {
    case .watermarkMin: return "min watermark"
    case .watermarkLow: return "low watermark"
    case .watermarkHigh: return "high watermark"
    case .watermarkPromo: return "promo watermark"
    case .watermarkBoost: return "watermark_boost"
    case .flags: return "flags"
    case .reservedHighAtomic: return "nr_reserved_highatomic"
    case .freeHighAtomic: return "nr_free_highatomic"
    case .freePages: return "nr_free_pages"
    case .freePagesBlocks: return "nr_free_pages_blocks"
    default: break
    }
    if index == FreeArea.Word.parked.rawValue { return "trylock_free_pages" }
    let area = index - FreeArea.Word.freeBlocks.rawValue
    if area < 0 || area >= 11 * Migratetype.count { return "word \(index)" }
    return "free_area[\(area / Migratetype.count)].nr_free "
      + "\(Migratetype(index: area % Migratetype.count))"
  }

  private static func perCPUWord(_ index: Int) -> String {
    switch PerCPUPages.Word(rawValue: index) {
    case .count: "count"
    case .high: "high"
    case .highMin: "high_min"
    case .highMax: "high_max"
    case .batch: "batch"
    case .flags: "flags"
    case .allocFactor: "alloc_factor"
    case .freeCount: "free_count"
    case .work: "work"
    default: "word \(index)"
    }
  }

  /// The head of a buddy list or, behind those of all zones, of a per-CPU list.
  private static func headName(_ head: Int, _ zoneNames: [String], _ cpus: Int) -> String {
    let buddies = zoneNames.count * FreeArea.headCount
    if head < buddies {
      let area = head % FreeArea.headCount
      let type = Migratetype(index: area % Migratetype.count)
      return
        "\(zoneNames[head / FreeArea.headCount]) free_area[\(area / Migratetype.count)] \(type)"
    }
    let list = (head - buddies) % PerCPUPages.headCount
    let owner = (head - buddies) / PerCPUPages.headCount
    let zone = zoneNames.count == 1 ? "" : " \(zoneNames[owner % zoneNames.count])"
    return "pcp[cpu\(owner / zoneNames.count)\(zone)].lists[\(list)]"
  }
}
