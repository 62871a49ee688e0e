// The machine that the sections `machine` and `allocator` of a config describe.

import JSON5
import PageAllocator
import Workloads

/// The memory of a plan, before its kernel threads are known.
struct BuiltMachine {
  /// Where the machine came from; nil for one described in words.
  private(set) var recorded: RecordedMachine?
  private let layouts: [ZoneLayout]
  /// Pages of the shared page cache unless the config says otherwise: a sixteenth of memory.
  let standardCacheSlots: Int

  /// Reads the sections, and fills in what of the plan follows from them.
  init(
    _ root: ConfigurationObject, _ files: NamedFileReader, _ plan: inout RunPlan
  ) throws(ConfigurationError) {
    let empty = try ConfigurationObject(
      JSON5Node(.object([]), at: root.position), path: MachineOptions.section.path)
    let machine = try root.object(empty.path) ?? empty
    try MachineOptions.section.read(machine, into: &plan.machine)
    recorded = try MachineFiles(machine, plan.machine, files).machine()
    if let recorded {
      layouts = recorded.layouts
    } else {
      layouts = try Self.layOut(machine, plan.machine)
    }
    try machine.finish()
    let pages = recorded.map { $0.layouts.reduce(0) { $0 + $1.managedPages } }
    standardCacheSlots = min(max((pages ?? Int(plan.machine.memory / 4096)) / 16, 64), 65_536)
    plan.workerCPUs = recorded?.cpuCount ?? plan.machine.cpus
    var tunables = AllocatorTunables.section.standard
    try AllocatorTunables.section.read(from: root, into: &tunables)
    tunables.pageblockOrder = Order(plan.machine.pageblockOrder)
    plan.allocator.tunables = recorded?.tunables(tunables) ?? tunables
    try setNodes(machine, &plan)
  }

  /// Gives a plan the memory, its nodes, and a CPU for each kernel thread.
  func place(_ plan: inout RunPlan) {
    let nodes = recorded?.nodeCount ?? plan.machine.nodes
    let threads = plan.workloads.count(where: \.kind.isKernelThread)
    plan.allocator.zones = layouts
    plan.allocator.nodeCount = nodes
    plan.allocator.nodeOfCPU =
      nodesOfCPUs(plan, nodes) + [Int](repeating: 0, count: threads)
    plan.nodeNumbers = recorded?.nodeNumbers ?? Array(0..<nodes)
    plan.machineRemarks = recorded.map { $0.remarks + $0.differenceRemarks } ?? []
    if plan.machine.take == .numbers {
      plan.allocator.givenSizes = recorded?.sizes(plan.allocator.tunables)
    }
    plan.allocator.start = recorded?.start(plan.trace?.resolved)
  }

  /// Puts each CPU on the node that most of its pages came from, unless the config says where.
  mutating func takeNodes(from trace: TracePlan?, _ options: MachineOptions) {
    if let trace, options.nodeOfCPU == nil { recorded?.takeNodes(from: trace.resolved) }
  }

  private func nodesOfCPUs(_ plan: RunPlan, _ nodes: Int) -> [Int] {
    recorded?.nodeOfCPU ?? plan.machine.nodeOfCPU
      ?? (0..<plan.workerCPUs).map { $0 * nodes / plan.workerCPUs }
  }

  /// Puts the CPUs where the config says, by the kernel's numbers of the nodes.
  private mutating func setNodes(
    _ machine: ConfigurationObject, _ plan: inout RunPlan
  ) throws(ConfigurationError) {
    guard let said = plan.machine.nodeOfCPU else { return }
    let numbers = recorded?.nodeNumbers ?? Array(0..<plan.machine.nodes)
    let cpus = recorded?.cpuCount ?? plan.machine.cpus
    if said.count != cpus {
      throw machine.error(
        "nodeOfCPU", "\(said.count) nodes, but the machine has \(cpus) CPUs",
        hint: "one for each CPU")
    }
    let places = said.map { numbers.firstIndex(of: $0) }
    if let position = places.firstIndex(of: nil) {
      throw machine.error(
        "nodeOfCPU", "CPU \(position) on node \(said[position]), which has no memory",
        hint: "the nodes are \(numbers.map(String.init).joined(separator: ", "))")
    }
    recorded?.setNodes(ofCPU: places.compactMap(\.self))
  }

  private static func layOut(
    _ machine: ConfigurationObject, _ options: MachineOptions
  ) throws(ConfigurationError) -> [ZoneLayout] {
    let block = Order.max.pages
    func pages(_ bytes: UInt64) -> Int { Int(bytes / 4096) / block * block }
    let perNode = pages(options.memory / UInt64(options.nodes))
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
    for node in 0..<options.nodes {
      let dma = node == 0 ? pages(options.dma) : 0
      let dma32 = node == 0 ? pages(options.dma32) : 0
      let rest = perNode - dma - dma32
      let movable = rest * options.movablePercent / 100 / block * block
      if perNode < block || rest - movable < block {
        throw machine.error(
          "memory", "node \(node) has no room for a Normal zone",
          hint: "at least 4MiB for each node beside dma, dma32 and the movable part")
      }
      add(node, .dma, dma)
      add(node, .dma32, dma32)
      add(node, .normal, rest - movable)
      add(node, .movable, movable)
    }
    return layouts
  }
}
