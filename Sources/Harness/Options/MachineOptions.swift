// The section `machine` of a config.

import JSON5
import Machine
import PageAllocator
import Recordings
import Workloads

/// Where the numbers of a recorded machine come from.
enum RecordedNumbers: String, CaseIterable, Sendable {
  case formulas, numbers
}

/// The machine as a config describes it: in words, or by a kernel's files.
struct MachineOptions: Sendable, Equatable {
  var zoneinfo: String?
  var buddyinfo: String?
  var pagetypeinfo: String?
  var take = RecordedNumbers.formulas
  var cpus = 8
  var nodes = 1
  /// Bytes, as of all memory.
  var memory: UInt64 = 1 << 30
  var dma: UInt64 = 0
  var dma32: UInt64 = 0
  var movablePercent = 0
  /// By the kernel's numbers of the nodes; nil for what the files tell, or even shares.
  var nodeOfCPU: [Int]?
  var pageblockOrder = AllocatorTunables().pageblockOrder.index

  static let section = ConfigurationSection(
    "machine", MachineOptions(),
    [
      .optional(
        "zoneinfo", \.zoneinfo, .fileName,
        "a copy of /proc/zoneinfo: builds the machine of a recording; excludes the keys below"
          + " the three files"),
      .optional(
        "buddyinfo", \.buddyinfo, .fileName,
        "a copy of /proc/buddyinfo from the same moment; needs zoneinfo"),
      .optional(
        "pagetypeinfo", \.pagetypeinfo, .fileName,
        "a copy of /proc/pagetypeinfo from the same moment; needs zoneinfo"),
      .option(
        "take", \.take,
        .named(RecordedNumbers.allCases, by: \.rawValue),
        "formulas computes the watermarks, batches and lengths of lists that follow from the files,"
          + " numbers takes those of zoneinfo as they are"
      ).only { $0.zoneinfo != nil },
      .optional(
        "nodeOfCPU", \.nodeOfCPU,
        // What is at the ends depends on how many CPUs and nodes there are.
        .list(of: .int(in: 0...ZoneDescription.nodeMax)).told(ends: [[0]]),
        default: "as the files and the recording show, else in equal shares",
        "the node of each CPU, by the kernel's numbers"),
    ]
      + inWords.map { option in option.only { $0.zoneinfo == nil } })

  /// Bytes of all memory at most.
  private static let memoryMax = UInt64(RecordedMachine.frameCountMax) * 4096

  private static let inWords: [ConfigurationOption<MachineOptions>] = [
    .option("cpus", \.cpus, .int(in: 1...Machine.workerCountMax), "CPUs that run workloads"),
    .option(
      "nodes", \.nodes, .int(in: 1...Zone.nodeCountMax),
      "NUMA nodes; CPUs and memory are divided evenly, in order"),
    .option(
      "memory", \.memory, .size(in: 4 << 20...memoryMax),
      "memory of all nodes together; a frame of 4 KiB costs 24 bytes once it is used"),
    .option(
      "dma", \.dma, .size(in: 0...1 << 30),
      "ZONE_DMA, part of the memory of node 0; 0 for none"),
    .option(
      "dma32", \.dma32, .size(in: 0...4 << 30),
      "ZONE_DMA32, part of the memory of node 0; 0 for none"),
    .option(
      "movablePercent", \.movablePercent, .int(in: 0...90),
      "part of each node, beyond DMA and DMA32, that is ZONE_MOVABLE, percent"),
    .option(
      "pageblockOrder", \.pageblockOrder, .int(in: RecordedMachine.pageblockOrders),
      "order of a pageblock: the unit in which memory has a type"),
  ]
}

extension ConfigurationForm where Value == String {
  /// The name of a file, as seen from the current directory.
  static var fileName: Self { .string.told(type: "file name") }
}
