// The sections `machine` and `allocator` of a config.

import JSON5
import Machine
import PageAllocator
import Recordings
import Workloads

/// The machine that a config describes, in words or by a kernel's files.
struct MachineConfiguration {
  /// CPUs that run workers, 1 ... `Machine.workerCountMax`.
  let cpus: Int
  /// Nodes, 1 ... `Zone.nodeCountMax`.
  let nodes: Int
  /// Where the machine came from; nil for one described in words.
  let recorded: RecordedMachine?
  /// The files named, by key.
  let files: [(key: String, name: String)]
  let memoryBytes: UInt64
  let dmaBytes: UInt64
  let dma32Bytes: UInt64
  let movablePercent: Int
  let tunables: AllocatorTunables
  private let layouts: [ZoneLayout]

  init(
    _ root: ConfigurationObject, _ read: NamedFileReader
  ) throws(ConfigurationError) {
    let given = try root.object("machine")
    let empty = try ConfigurationObject(JSON5Node(.object([]), at: root.position), path: "machine")
    let machine = given ?? empty
    (files, recorded) = try Self.readFiles(machine, read)
    var tunables = try Self.readTunables(root)
    if let recorded {
      cpus = recorded.cpuCount
      nodes = recorded.nodeCount
      memoryBytes = UInt64(recorded.layouts.reduce(0) { $0 + $1.managedPages }) * 4096
      (dmaBytes, dma32Bytes, movablePercent) = (0, 0, 0)
      self.tunables = recorded.tunables(tunables)
      layouts = recorded.layouts
    } else {
      cpus = try machine.int("cpus", in: 1...Machine.workerCountMax, default: 8)
      nodes = try machine.int("nodes", in: 1...Zone.nodeCountMax, default: 1)
      memoryBytes = try machine.size("memory", in: 4 << 20...1 << 40, default: 1 << 30)
      dmaBytes = try machine.size("dma", in: 0...1 << 30, default: 0)
      dma32Bytes = try machine.size("dma32", in: 0...4 << 30, default: 0)
      movablePercent = try machine.int("movablePercent", in: 0...90, default: 0)
      tunables.pageblockOrder = Order(try machine.int("pageblockOrder", in: 3...9, default: 9))
      self.tunables = tunables
      layouts = try Self.layOut(
        machine, memory: memoryBytes, nodes: nodes, dma: dmaBytes, dma32: dma32Bytes,
        movablePercent: movablePercent)
    }
    try machine.finish()
  }

  /// Pages of the shared page cache unless the config says otherwise: a sixteenth of memory.
  var standardCacheSlots: Int { min(max(Int(memoryBytes / 4096) / 16, 64), 65_536) }

  /// The allocator's plan on this machine with `threads` kernel threads.
  func plan(threads: Int, _ policies: PolicyConfiguration, trace: TracePlan?) -> AllocatorPlan {
    let workers = (0..<cpus).map { $0 * nodes / cpus }
    var tunables = tunables
    tunables.perCPUProtection = policies.perCPUProtection
    tunables.bulkSource = policies.bulkSource
    var plan = AllocatorPlan(
      zones: layouts, nodeCount: nodes,
      nodeOfCPU: workers + [Int](repeating: 0, count: threads), tunables: tunables)
    plan.start = recorded?.start(trace?.resolved)
    return plan
  }

  private static func readTunables(
    _ root: ConfigurationObject
  ) throws(ConfigurationError) -> AllocatorTunables {
    var tunables = AllocatorTunables()
    guard let allocator = try root.object("allocator") else { return tunables }
    tunables.batchScaleMax = try allocator.int("batchScaleMax", in: 0...6, default: 5)
    tunables.watermarkBoostFactor = try allocator.int(
      "watermarkBoostFactor", in: 0...1_000_000, default: 15_000)
    tunables.watermarkScaleFactor = try allocator.int(
      "watermarkScaleFactor", in: 1...3000, default: 10)
    tunables.minFreeKBytes = try allocator.optionalInt("minFreeKBytes", in: 128...1 << 30)
    tunables.perCPUHighFraction = try allocator.int("perCPUHighFraction", in: 0...1000, default: 0)
    tunables.lowmemReserveRatio = try allocator.ints(
      "lowmemReserveRatio", in: 0...1_000_000, default: [256, 256, 32, 0])
    tunables.perCPUBatch = try allocator.optionalInt("batch", in: 1...AllocatorTunables.batchMax)
    tunables.perCPUHigh = try allocator.optionalInt("high", in: 0...1 << 30)
    tunables.freeHighBatch = try allocator.bool("freeHighBatch", default: true)
    tunables.groupByMobility = try allocator.bool("groupByMobility", default: true)
    if tunables.lowmemReserveRatio.count > 4 {
      throw allocator.error(
        "lowmemReserveRatio", "more than four ratios",
        hint: "one each for DMA, DMA32, Normal, Movable")
    }
    try allocator.finish()
    return tunables
  }

  private static func layOut(
    _ machine: ConfigurationObject, memory: UInt64, nodes: Int, dma: UInt64, dma32: UInt64,
    movablePercent: Int
  ) throws(ConfigurationError) -> [ZoneLayout] {
    let block = Order.max.pages
    func pages(_ bytes: UInt64) -> Int { Int(bytes / 4096) / block * block }
    let perNode = pages(memory / UInt64(nodes))
    var layouts: [ZoneLayout] = []
    var start = 0
    func add(_ node: Int, _ kind: ZoneKind, _ count: Int) {
      if count == 0 { return }
      layouts.append(
        ZoneLayout(
          node: node, kind: kind, start: PageFrameNumber(UInt32(start)), spannedPages: count,
          managedPages: count))
      start += count
    }
    for node in 0..<nodes {
      let low = node == 0 ? pages(dma) + pages(dma32) : 0
      let movable = (perNode - low) * movablePercent / 100 / block * block
      let normal = perNode - low - movable
      if perNode < block || normal < block {
        throw machine.error(
          "memory", "node \(node) has no room for a Normal zone",
          hint: "at least 4MiB for each node beside dma, dma32 and the movable part")
      }
      add(node, .dma, node == 0 ? pages(dma) : 0)
      add(node, .dma32, node == 0 ? pages(dma32) : 0)
      add(node, .normal, normal)
      add(node, .movable, movable)
    }
    return layouts
  }

  private static func readFiles(
    _ machine: ConfigurationObject, _ read: NamedFileReader
  ) throws(ConfigurationError) -> ([(key: String, name: String)], RecordedMachine?) {
    var files: [(key: String, name: String)] = []
    var texts: [String: [UInt8]] = [:]
    for key in ["zoneinfo", "buddyinfo", "pagetypeinfo"] {
      guard let name = try machine.optionalString(key) else { continue }
      files.append((key, name))
      texts[key] = try NamedFile.read(name, for: key, in: machine, read)
    }
    guard let zoneInfo = texts["zoneinfo"] else {
      if let stray = files.first {
        throw machine.error(
          stray.key, "a machine is not described by \(stray.key) alone",
          hint: "set machine.zoneinfo too")
      }
      return (files, nil)
    }
    let types = try parse(machine) { () throws(TraceInputError) -> PageTypeInfo? in
      guard let text = texts["pagetypeinfo"] else { return nil }
      return try PageTypeInfoReader.read(text, file: named("pagetypeinfo"))
    }
    if let types, types.pageblockOrder < 3 || types.pageblockOrder > 9 {
      throw machine.error(
        "pagetypeinfo", "pageblocks of order \(types.pageblockOrder) are not modelled",
        hint: "3 to 9")
    }
    let recorded = try parse(machine) { () throws(TraceInputError) -> RecordedMachine in
      let zones = try ZoneInfoReader.read(zoneInfo, file: named("zoneinfo"))
      var buddies: [BuddyInfoZone]?
      if let text = texts["buddyinfo"] {
        buddies = try BuddyInfoReader.read(text, file: named("buddyinfo"))
      }
      return try RecordedMachine(
        zones, file: named("zoneinfo"), buddyInfo: buddies, pageTypeInfo: types)
    }
    if let (zone, inBlocks, inZoneInfo) = recorded.mismatch {
      throw machine.error(
        texts["pagetypeinfo"] == nil ? "buddyinfo" : "pagetypeinfo",
        "\(inBlocks) free pages in zone \(zone), but zoneinfo says \(inZoneInfo)",
        hint: "files of one machine, read at the same time")
    }
    return (files, recorded)

    func named(_ key: String) -> String { files.first { $0.key == key }?.name ?? key }
  }

  /// What `read` gives; its error at the line of the kernel's file.
  private static func parse<Value>(
    _ machine: ConfigurationObject, _ read: () throws(TraceInputError) -> Value
  ) throws(ConfigurationError) -> Value {
    do throws(TraceInputError) {
      return try read()
    } catch {
      throw ConfigurationError(
        at: SourcePosition(file: error.file, line: error.line, column: 1), path: "",
        message: "not what a kernel writes here", hint: "expected \(error.expected)")
    }
  }
}
